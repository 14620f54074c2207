// Package challenge is a code that travels to a person and comes back typed:
// how it is made, kept, tried and spent.
//
// It decides that a code is six uniform digits (OT-01), kept as an HMAC under a
// key of the server (OT-04), bound to one challenge, user, purpose, channel and
// sign-in or session (OT-02), tried five times at most and replaced by the next
// one (OT-03), and that it is queued in the transaction that stores it. It
// refuses to know how the channel works, who may ask for a code (packages signin
// and enrolment decide) and what an SMS may cost (package toll decides). Start
// reading at Codes.
package challenge
