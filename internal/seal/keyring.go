package seal

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"strings"
)

// The layout of a sealed value: version, key id, nonce, ciphertext, tag.
const (
	version   = 1
	idSize    = 8
	headSize  = 1 + idSize
	nonceSize = 12
	tagSize   = 16
	// Overhead is how many bytes a sealed value is longer than the secret in it.
	Overhead = headSize + nonceSize + tagSize
)

// Errors of Open. Neither says anything about the secret.
var (
	// ErrUnknownKey says the value was sealed under a key that is not on the list.
	ErrUnknownKey = errors.New("seal: sealed under a key that SECRET_KEY does not list")
	// ErrBroken says the value was changed, cut, or belongs to another place.
	ErrBroken = errors.New("seal: the sealed value is damaged or belongs to another row")
)

// Keyring seals and opens under the keys of SECRET_KEY. It never changes and is
// safe for concurrent use. Printing it shows no key.
type Keyring struct {
	keys []key // the first seals; never empty
}

type key struct {
	id   [idSize]byte
	prk  []byte // HKDF pseudo-random key, from which each purpose derives its own
	aead cipher.AEAD
}

// NewKeyring builds a ring from the values of SECRET_KEY, the sealing key first.
// It refuses an empty list, a value given twice and every value that CheckKey
// refuses; the error names the position in the list and never the value.
func NewKeyring(secretKeys []string) (*Keyring, error) {
	if len(secretKeys) == 0 {
		return nil, errors.New("seal: SECRET_KEY is empty")
	}
	ring := &Keyring{}
	for i, secret := range secretKeys {
		k, err := newKey(secret)
		if err != nil {
			return nil, fmt.Errorf("seal: SECRET_KEY value %d: %w", i+1, err)
		}
		if ring.find(k.id[:]) != nil {
			return nil, fmt.Errorf("seal: SECRET_KEY value %d: given twice", i+1)
		}
		ring.keys = append(ring.keys, k)
	}
	return ring, nil
}

func newKey(secret string) (key, error) {
	secret = strings.TrimSpace(secret)
	if err := CheckKey(secret); err != nil {
		return key{}, err
	}
	k, err := extract(secret, "sallyport")
	if err != nil {
		return key{}, err
	}
	sealing := k.derive("seal/aes-256-gcm")
	sum := sha256.Sum256(sealing)
	copy(k.id[:], sum[:])
	k.aead, err = newAEAD(sealing)
	return k, err
}

// extract begins a key: HKDF-Extract (RFC 5869 §2.2).
func extract(secret, salt string) (key, error) {
	prk, err := hkdf.Extract(sha256.New, []byte(secret), []byte(salt))
	return key{prk: prk}, err
}

// newAEAD is AES-GCM that makes its own random nonce and puts it in front.
func newAEAD(sealing []byte) (cipher.AEAD, error) {
	block, err := aes.NewCipher(sealing)
	if err != nil {
		return nil, err
	}
	return cipher.NewGCMWithRandomNonce(block)
}

// derive gives the 32-byte key for one purpose (RFC 5869 §2.3).
func (k key) derive(purpose string) []byte {
	out, err := hkdf.Expand(sha256.New, k.prk, purpose, sha256.Size)
	if err != nil { // only for more than 255 blocks; one is asked for
		panic(err)
	}
	return out
}

func (r *Keyring) find(id []byte) *key {
	for i := range r.keys {
		if string(r.keys[i].id[:]) == string(id) {
			return &r.keys[i]
		}
	}
	return nil
}

// Seal returns plain encrypted under the first key, bound to its place in the
// database. The nonce is random: one key must not seal more than 2^32 values
// (NIST SP 800-38D §8.3).
func (r *Keyring) Seal(plain []byte, table, row, column string) []byte {
	k := &r.keys[0]
	out := make([]byte, headSize, headSize+nonceSize+len(plain)+tagSize)
	out[0] = version
	copy(out[1:], k.id[:])
	return k.aead.Seal(out, nil, plain, place(out, table, row, column)) //nolint:gosec // G407: the AEAD makes its own random nonce (cipher.NewGCMWithRandomNonce)
}

// Open returns the secret inside sealed. It returns ErrUnknownKey when the key is
// not on the list, and ErrBroken when a bit differs or the value was sealed for
// another table, row or column.
func (r *Keyring) Open(sealed []byte, table, row, column string) ([]byte, error) {
	if len(sealed) < Overhead || sealed[0] != version {
		return nil, ErrBroken
	}
	head, body := sealed[:headSize], sealed[headSize:]
	k := r.find(head[1:])
	if k == nil {
		return nil, ErrUnknownKey
	}
	plain, err := k.aead.Open(nil, nil, body, place(head, table, row, column))
	if err != nil {
		return nil, ErrBroken
	}
	return plain, nil
}

// Stale reports whether sealed is not under the first key, so that the
// re-encryption command has to open it and seal it again (OP-03).
func (r *Keyring) Stale(sealed []byte) bool {
	return len(sealed) < headSize || sealed[0] != version || string(sealed[1:headSize]) != string(r.keys[0].id[:])
}

// String hides the keys.
func (r *Keyring) String() string { return fmt.Sprintf("keyring of %d", len(r.keys)) }

// GoString hides the keys from %#v too.
func (r *Keyring) GoString() string { return r.String() }

// place is the additional data: head, table, row and column, each with its
// length in front, so that no two places give the same bytes.
func place(head []byte, table, row, column string) []byte {
	out := make([]byte, 0, len(head)+len(table)+len(row)+len(column)+12)
	out = append(out, head...)
	for _, part := range []string{table, row, column} {
		out = prefixed(out, part)
	}
	return out
}

// prefixed appends part with its length in front.
func prefixed[T string | []byte](out []byte, part T) []byte {
	out = binary.BigEndian.AppendUint32(out, uint32(len(part)))
	return append(out, part...)
}
