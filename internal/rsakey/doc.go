// Package rsakey decides which RSA keys are fit to verify signatures with: ours,
// those that providers publish, those of passkeys.
//
// It decides by size, by exponent, and by the mark that one broken library leaves
// in its keys. It refuses to know who holds a key and what it signs. Start reading
// at Check.
package rsakey
