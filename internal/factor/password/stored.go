package password

import (
	"encoding/base64"
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// Format names a kind of stored hash.
type Format string

// The formats that Verify reads. Only FormatArgon2id is ever written.
const (
	FormatArgon2id     Format = "argon2id"
	FormatArgon2i      Format = "argon2i"
	FormatBcrypt       Format = "bcrypt"
	FormatPBKDF2SHA256 Format = "pbkdf2-sha256"
	FormatPBKDF2SHA512 Format = "pbkdf2-sha512"
	FormatScrypt       Format = "scrypt"
)

// ErrUnrecognised is the reason for a stored hash in no format known here.
var ErrUnrecognised = errors.New("password: unrecognised hash format")

// ErrOutOfBounds is the reason for a stored hash whose parameters are beyond
// what the server is willing to spend, or whose salt or tag has an odd length.
var ErrOutOfBounds = errors.New("password: hash parameter out of bounds")

// Known tells the format of a hash that Verify can use, for instance before an
// import. Otherwise the error is ErrUnrecognised or ErrOutOfBounds with a reason
// that repeats nothing secret.
func Known(encoded string) (Format, error) {
	stored, err := parse(encoded)
	if err != nil {
		return "", err
	}
	return stored.format(), nil
}

// storedHash is a hash read from the database whose parameters are within
// bounds.
type storedHash interface {
	format() Format
	// memoryKiB is how much memory one check fills.
	memoryKiB() uint32
	// matches compares in constant time. raw is the password as typed, text its
	// normal form.
	matches(h *Hasher, raw, text string) bool
	// outdated says that h would write this hash differently today.
	outdated(h *Hasher) bool
}

// maxEncoded bounds the length of a stored hash; the longest valid one is
// shorter.
const maxEncoded = 512

// Bounds of the salt and the tag of any format, in bytes.
const (
	minSalt, maxSalt = 8, 64
	minTag, maxTag   = 16, 64
)

// parse reads a stored hash of any format and bounds its parameters.
func parse(encoded string) (storedHash, error) {
	if len(encoded) > maxEncoded {
		return nil, fmt.Errorf("%w: longer than %d bytes", ErrOutOfBounds, maxEncoded)
	}
	if strings.ContainsFunc(encoded, notGraphic) {
		return nil, fmt.Errorf("%w: not printable ASCII", ErrUnrecognised)
	}
	if rest, ok := strings.CutPrefix(encoded, "$"); ok {
		return parsePHC(encoded, strings.Split(rest, "$"))
	}
	return parseDjango(encoded)
}

// parsePHC reads a string that starts with "$"; parts are what lies between the
// dollar signs.
func parsePHC(encoded string, parts []string) (storedHash, error) {
	switch parts[0] {
	case "argon2id", "argon2i", pepperedName:
		return parseArgon(parts)
	case "2a", "2b", "2y":
		return parseBcrypt(encoded)
	case "pbkdf2-sha256", "pbkdf2-sha512":
		return parsePBKDF2(parts)
	case "scrypt":
		return parseScrypt(parts)
	}
	return nil, ErrUnrecognised
}

// number reads a decimal without sign and leading zeros, which bounds what it
// may be.
func number(s string) (uint64, bool) {
	if s == "" || len(s) > 10 || (s[0] == '0' && s != "0") {
		return 0, false
	}
	n, err := strconv.ParseUint(s, 10, 32)
	return n, err == nil
}

// numbers reads "a=1,b=2" where the names must be these in this order.
func numbers(s string, names ...string) ([]uint64, bool) {
	fields := strings.Split(s, ",")
	if len(fields) != len(names) {
		return nil, false
	}
	out := make([]uint64, len(names))
	for i, name := range names {
		value, found := strings.CutPrefix(fields[i], name+"=")
		n, ok := number(value)
		if !found || !ok {
			return nil, false
		}
		out[i] = n
	}
	return out, true
}

// saltAndTag decodes the two last parts of a PHC string and bounds their
// lengths.
func saltAndTag(salt64, tag64 string) (salt, tag []byte, err error) {
	salt, saltErr := strictRaw.DecodeString(salt64)
	tag, tagErr := strictRaw.DecodeString(tag64)
	if saltErr != nil || tagErr != nil {
		return nil, nil, fmt.Errorf("%w: salt or tag is not base64", ErrUnrecognised)
	}
	return salt, tag, boundLengths(len(salt), len(tag))
}

func boundLengths(salt, tag int) error {
	if salt < minSalt || salt > maxSalt {
		return fmt.Errorf("%w: salt of %d bytes, allowed %d to %d", ErrOutOfBounds, salt, minSalt, maxSalt)
	}
	if tag < minTag || tag > maxTag {
		return fmt.Errorf("%w: tag of %d bytes, allowed %d to %d", ErrOutOfBounds, tag, minTag, maxTag)
	}
	return nil
}

// notGraphic is true outside printable ASCII without the space. It also keeps
// out the line breaks that Go's base64 decoder would skip.
func notGraphic(r rune) bool { return r <= ' ' || r > '~' }

// strictRaw is the base64 of PHC strings; one text for one value.
var strictRaw = base64.RawStdEncoding.Strict()
