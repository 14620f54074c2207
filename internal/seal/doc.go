// Package seal protects the secrets the database has to keep in a form that can
// be read back: authenticator secrets, provider tokens, signing keys (OP-02).
//
// It decides which SECRET_KEY values are strong enough, how keys are derived
// from them, and the layout of a sealed value: AES-256-GCM with a random nonce,
// the id of the key in front, and the place of the value (table, row, column)
// authenticated with it, so that a value copied to another row does not open.
// The first key of the list seals, every key of the list opens: that is how a
// key is replaced while the server runs (OP-03).
//
// It refuses to know the database and what is inside a secret. Secrets that only
// have to be recognised are not sealed but hashed: see package opaque. Start
// reading at Keyring.
package seal
