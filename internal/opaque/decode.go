package opaque

import (
	"encoding/base64"
	"errors"
	"strings"
)

// ErrSpelling is returned for text that is not the one spelling of a value.
var ErrSpelling = errors.New("opaque: not the one spelling of a value")

// Decode reads base64url (RFC 4648 §5) without padding, without stray bits in the
// last character, and without line breaks, which encoding/base64 would read over.
// Empty text is no bytes.
func Decode(text string) ([]byte, error) {
	if strings.ContainsAny(text, "\r\n") {
		return nil, ErrSpelling
	}
	b, err := base64.RawURLEncoding.Strict().DecodeString(text)
	if err != nil {
		return nil, ErrSpelling
	}
	return b, nil
}
