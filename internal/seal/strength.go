package seal

import (
	"crypto/rand"
	"encoding/base64"
	"errors"
	"strings"
)

const (
	minChars    = 32 // of text; 43 characters of base64 carry 32 bytes
	minHexChars = 64 // hex digits carry half a byte each: 32 bytes again
	maxChars    = 4096
	minDistinct = 8
)

// Why CheckKey refuses a value. None of them repeats it.
var (
	ErrShort     = errors.New("too short: want 32 bytes, as 43 or more characters of base64, 64 hex digits or 32 characters of text")
	ErrLong      = errors.New("too long: at most 4096 characters")
	ErrMonotone  = errors.New("too regular: repeated or consecutive characters")
	ErrWellKnown = errors.New("well known: it contains a word that stands in examples")
)

// GenerateKey returns a fresh value for SECRET_KEY: 32 random bytes in base64url,
// 43 characters.
func GenerateKey() string {
	var b [32]byte
	rand.Read(b[:]) // never fails: crypto/rand aborts the program instead
	return base64.RawURLEncoding.EncodeToString(b[:])
}

// CheckKey refuses a value of SECRET_KEY that is short, regular or taken from an
// example (TK-06). It cannot tell whether a value is random: it stops mistakes.
func CheckKey(secret string) error {
	switch {
	case len(secret) < minChars || len(secret) < minHexChars && onlyHex(secret):
		return ErrShort
	case len(secret) > maxChars:
		return ErrLong
	case wellKnown(secret):
		return ErrWellKnown
	case regular(secret):
		return ErrMonotone
	}
	return nil
}

func onlyHex(s string) bool {
	return strings.Trim(s, "0123456789abcdefABCDEF") == ""
}

// wellKnown looks for words of example files. Each is long enough not to turn up
// in a random value.
func wellKnown(s string) bool {
	s = strings.ToLower(s)
	for _, word := range []string{
		"changeme", "change-me", "change_me", "change me", "changethis", "change-this", "change_this", "change this",
		"replaceme", "replace-me", "replace_me", "your-secret", "your_secret", "yoursecret", "secretkey", "secret-key",
		"secret_key", "supersecret", "super-secret", "super_secret", "topsecret", "password", "placeholder",
		"example", "default", "insecure", "sallyport", "qwertyui", "correcthorse", "correct horse", "12345678",
	} {
		if strings.Contains(s, word) {
			return true
		}
	}
	return false
}

// regular finds few distinct characters, a pattern that repeats, and runs such
// as "aaaa" or "abcd" over more than half of the value.
func regular(s string) bool {
	var seen [256]bool
	distinct, steps := 0, 0
	for i := range len(s) {
		if !seen[s[i]] {
			seen[s[i]] = true
			distinct++
		}
		if i > 0 && s[i]-s[i-1]+1 <= 2 { // the same, one up or one down
			steps++
		}
	}
	repeats := strings.Contains((s + s)[1:2*len(s)-1], s)
	return distinct < minDistinct || repeats || steps > len(s)/2
}
