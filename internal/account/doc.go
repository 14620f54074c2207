// Package account knows users: sign-up, e-mail verification, password,
// recovery, profile and the end of an account.
//
// It decides what a valid address is (RC-09), what a password change ends
// (PW-10), what a mail link may do (RC-02) and that nobody learns from an answer
// whether an address has an account (RC-01, RC-10). It refuses to know how a
// sign-in goes on after the password: that is package signin. Start reading at
// Service.
package account
