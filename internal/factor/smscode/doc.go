// Package smscode is the code that travels to the user's phone: a restricted
// second factor (settled point 4), because messages can be redirected.
//
// It decides that each code is judged by the budget of package toll before it
// leaves, and what a refusal tells whom: the caller how long to wait, the audit
// log and the metrics why. It refuses to know how a code is made and compared:
// package challenge does. Start reading at Factor.
package smscode
