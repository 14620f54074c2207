// Package opaque makes and recognises the secrets that are handed out and later
// handed back: refresh tokens, attempt tokens, mail links, tickets.
//
// A token is a prefix that names its one purpose and 256 random bits. The
// database keeps only its SHA-256, which is enough for a secret of that size
// (ASVS 11.4.2). A token shown for another purpose is refused by its prefix and
// again by its hash, which covers the prefix (TK-03). Decode reads base64url of which
// each value has one spelling, wherever such text comes back from outside. Start
// reading at New.
package opaque
