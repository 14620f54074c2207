// Package totp is the authenticator app: time-based one-time passwords of RFC
// 6238 with SHA-1, six digits and steps of 30 seconds, which is what every app
// supports.
//
// It decides how a secret is made and shown, which steps are accepted (settled
// point 2: the current one and the one before) and that each step is accepted
// once (TO-04). It refuses to count tries: package signin did before it calls.
// Start reading at Factor.
package totp
