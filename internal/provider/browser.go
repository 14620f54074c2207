package provider

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"

	"github.com/sallyport/sallyport/internal/opaque"
)

// secret is what a cookie keeps in one browser for the length of one passage.
// The verifier of PKCE and the nonce follow from it, so the database holds
// neither, and an answer cannot be redeemed without the browser that began
// (OA-01 to OA-03).
type secret string

func newSecret() secret {
	var b [32]byte
	rand.Read(b[:]) // never fails: crypto/rand aborts the program instead
	return secret(base64.RawURLEncoding.EncodeToString(b[:]))
}

// readSecret recognises a cookie's value.
func readSecret(s string) (secret, bool) {
	b, err := opaque.Decode(s)
	return secret(s), err == nil && len(b) == 32
}

// derive gives the value for one use: 43 characters, as PKCE asks for.
func (s secret) derive(use string) string {
	mac := hmac.New(sha256.New, []byte(s))
	mac.Write([]byte(use))
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}

func (s secret) hash() []byte {
	sum := sha256.Sum256([]byte(s))
	return sum[:]
}

// matches reports whether this is the secret with that hash.
func (s secret) matches(hash []byte) bool { return subtle.ConstantTimeCompare(s.hash(), hash) == 1 }
