// Package emailcode is the code that travels to the user's mailbox: a second
// factor of low assurance.
//
// It decides that its proofs rest on the mailbox (settled point 3), so they
// satisfy no step-up and do not follow another proof of the same mailbox, and
// that codes go to the confirmed address alone (OT-05). It refuses to know how a
// code is made and compared: package challenge does. Start reading at Factor.
package emailcode
