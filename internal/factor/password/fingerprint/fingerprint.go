package fingerprint

import (
	"crypto/sha1" //nolint:gosec // a fingerprint for a list of public words; nothing rests on its strength
	"encoding/binary"
	"strings"

	"golang.org/x/text/unicode/norm"
)

// Size is the number of bytes of a digest that Of keeps.
const Size = 8

// Of returns the first 8 bytes of the SHA-1 of text, as a big-endian number.
func Of(text string) uint64 {
	sum := sha1.Sum([]byte(text)) //nolint:gosec // see the import
	return FromDigest(sum[:])
}

// FromDigest is Of for a digest that was computed elsewhere; it needs at least
// 8 bytes.
func FromDigest(sum []byte) uint64 { return binary.BigEndian.Uint64(sum) }

// Fold gives the form in which passwords are compared with a block-list: NFC and
// lower case, so that "PassWord" is as common as "password".
func Fold(text string) string { return norm.NFC.String(strings.ToLower(text)) }
