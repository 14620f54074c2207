package token

import (
	"strings"

	"github.com/sallyport/sallyport/internal/opaque"
)

// MaxSize is the longest token that is looked at, in bytes (TK-05).
const MaxSize = 8 << 10

// maxKeyID is the longest kid (TK-02).
const maxKeyID = 64

// compact is a JWS in compact form (RFC 7515 §7.1), taken apart and not verified.
type compact struct {
	signed    string // header and payload as they were signed
	payload   string // still encoded
	signature []byte
	header    header
}

// header is what a JOSE header may say to us.
type header struct {
	alg, kid, typ string
}

// split takes a token apart and reads its header.
func split(raw string) (compact, error) {
	var t compact
	last := strings.LastIndexByte(raw, '.')
	first := strings.IndexByte(raw, '.')
	if last == first || strings.IndexByte(raw[first+1:last], '.') >= 0 {
		return t, NotThreeParts
	}
	t.signed, t.payload = raw[:last], raw[first+1:last]
	head, err := decode(raw[:first])
	if err != nil {
		return t, err
	}
	if t.header, err = readHeader(string(head)); err != nil {
		return t, err
	}
	t.signature, err = decode(raw[last+1:])
	return t, err
}

// claims reads the payload.
func (t compact) claims() (Claims, error) {
	payload, err := decode(t.payload)
	if err != nil {
		return Claims{}, err
	}
	return readClaims(string(payload))
}

// decode reads a part, which is never empty.
func decode(part string) ([]byte, error) {
	out, err := opaque.Decode(part)
	if err != nil || part == "" {
		return nil, BadEncoding
	}
	return out, nil
}

// readHeader reads a JOSE header and refuses what could lead to another key or
// another reading of the token (RFC 8725 §3.10, TK-02).
func readHeader(in string) (header, error) {
	var h header
	err := object(in, flat, func(s *scanner, name string) (err error) {
		switch name {
		case "alg":
			h.alg, err = s.text()
		case "kid":
			h.kid, err = s.text()
		case "typ":
			h.typ, err = s.text()
		case "jku", "jwk", "x5u", "x5c", "x5t", "x5t#S256", "crit", "b64", "zip", "enc":
			err = ForbiddenHeader
		default:
			err = s.skip()
		}
		return err
	})
	switch {
	case err != nil:
		return h, err
	case !accessType(h.typ):
		return h, WrongTyp
	case !keyID(h.kid):
		return h, BadKeyID
	}
	return h, nil
}

// accessType accepts the type of RFC 9068 §2.1, compared as a media type (TK-03).
func accessType(typ string) bool {
	return strings.EqualFold(typ, "at+jwt") || strings.EqualFold(typ, "application/at+jwt")
}

// keyID accepts ^[A-Za-z0-9_-]{1,64}$ (TK-02).
func keyID(kid string) bool {
	if kid == "" || len(kid) > maxKeyID {
		return false
	}
	for i := range len(kid) {
		c := kid[i]
		if (c < '0' || '9' < c) && (c < 'A' || 'Z' < c) && (c < 'a' || 'z' < c) && c != '_' && c != '-' {
			return false
		}
	}
	return true
}
