package token

import (
	"crypto"
	"crypto/sha256"

	"github.com/sallyport/sallyport/internal/recent"
)

// cache remembers tokens whose signature and fixed claims were found good, by
// their SHA-256, so that no token itself is kept in memory. What changes with
// time is not remembered: the verifier asks for it on every use.
type cache = recent.Map[[sha256.Size]byte, *verified]

// verified is a token found good, and the key that showed it.
type verified struct {
	claims Claims
	kid    string
	public crypto.PublicKey
}
