package password

import (
	"crypto/hmac"
	"crypto/sha256"
	"errors"
	"fmt"
)

// Peppers is a set of secret keys kept outside the database (PW-11). With one,
// a stolen database alone does not let anybody test guesses.
//
// A pepper is applied as HMAC-SHA-256 over the argon2id tag, and the stored
// hash names its key. To rotate: make a new key current and keep the old one
// reachable by its id; each user moves over at the next sign-in. To stop:
// return no current key.
type Peppers interface {
	// Current returns the key for new hashes; an empty id means that new hashes
	// get none. The id has 1 to 32 characters of A-Z a-z 0-9 / + . - and the
	// key at least 32 bytes.
	Current() (id string, key []byte)
	// ByID returns the key of that id, or false when there is none.
	ByID(id string) (key []byte, ok bool)
}

// minPepper is the least size of a pepper in bytes.
const minPepper = 32

// noPeppers stands for Options.Pepper being nil.
type noPeppers struct{}

func (noPeppers) Current() (string, []byte)  { return "", nil }
func (noPeppers) ByID(string) ([]byte, bool) { return nil, false }

func currentID(p Peppers) string {
	id, _ := p.Current()
	return id
}

// season applies a pepper to the tag that argon2 made.
func season(tag, key []byte) []byte {
	m := hmac.New(sha256.New, key)
	m.Write(tag)
	return m.Sum(nil)
}

// usable returns the current key, or an error if it is not fit for use.
func usable(p Peppers) (id string, key []byte, err error) {
	id, key = p.Current()
	switch {
	case id == "":
		return "", nil, nil
	case !validKeyID(id):
		return "", nil, errors.New("password: the pepper's id must be 1 to 32 characters of A-Z a-z 0-9 / + . -")
	case len(key) < minPepper:
		return "", nil, fmt.Errorf("password: the pepper %q has %d bytes, at least %d are needed", id, len(key), minPepper)
	}
	return id, key, nil
}

func validKeyID(id string) bool {
	if id == "" || len(id) > 32 {
		return false
	}
	for _, c := range []byte(id) {
		switch {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9',
			c == '/', c == '+', c == '.', c == '-':
		default:
			return false
		}
	}
	return true
}
