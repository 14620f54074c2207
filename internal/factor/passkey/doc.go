// Package passkey holds the ceremonies of WebAuthn Level 3: registering a passkey
// or security key, signing in with one, and answering a sign-in or a step-up.
//
// It decides what a response must say before anything of it is believed: the
// challenge (32 bytes, once, five minutes, bound to ceremony, user and session),
// the type, the origin, the flags, the counter. It decides when a check of the
// person by the authenticator counts (WA-12), and that an unknown address gets an
// answer like any other (WA-14). It refuses to know whether a passkey is enough
// to sign in, who may add or remove one, and what HTTP is. Signatures and CBOR
// are left to go-webauthn, which no other room imports. Start reading at Factor,
// then check.go.
package passkey
