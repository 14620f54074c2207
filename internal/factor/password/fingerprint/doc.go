// Package fingerprint gives block-listed passwords their short form.
//
// It decides how a password is folded and hashed so that the list built by
// commongen, an operator's list of breached passwords and the password under
// test meet. It knows no list itself. SHA-1 is no weakness here: nothing is kept
// secret by it, and it is what public lists of breached passwords use.
package fingerprint
