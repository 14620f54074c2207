package password

import (
	"fmt"
	"math/bits"
	"strings"
)

// parseDjango reads what Django's password hashers write: no leading "$", the
// salt as plain text, base64 with padding.
//
//	pbkdf2_sha256$ROUNDS$SALT$TAG
//	scrypt$N$SALT$R$P$TAG
//	bcrypt$ and argon2$, each followed by a hash in its usual form
func parseDjango(encoded string) (storedHash, error) {
	name, rest, _ := strings.Cut(encoded, "$")
	switch {
	case name == "pbkdf2_sha256":
		return djangoPBKDF2(strings.Split(rest, "$"))
	case name == "scrypt":
		return djangoScrypt(strings.Split(rest, "$"))
	case name == "bcrypt" && strings.HasPrefix(rest, "$2"):
		return parsePHC(rest, strings.Split(rest[1:], "$"))
	case name == "argon2" && strings.HasPrefix(rest, "argon2"):
		return parsePHC("$"+rest, strings.Split(rest, "$"))
	}
	return nil, ErrUnrecognised
}

func djangoPBKDF2(parts []string) (storedHash, error) {
	if len(parts) != 3 {
		return nil, fmt.Errorf("%w: Django pbkdf2 of another layout", ErrUnrecognised)
	}
	rounds, ok := number(parts[0])
	tag, err := strictPadded.DecodeString(parts[2])
	if !ok || err != nil {
		return nil, fmt.Errorf("%w: Django pbkdf2 parameters", ErrUnrecognised)
	}
	return newPBKDF2(FormatPBKDF2SHA256, rounds, []byte(parts[1]), tag)
}

func djangoScrypt(parts []string) (storedHash, error) {
	if len(parts) != 5 {
		return nil, fmt.Errorf("%w: Django scrypt of another layout", ErrUnrecognised)
	}
	n, okN := number(parts[0])
	r, okR := number(parts[2])
	p, okP := number(parts[3])
	tag, err := strictPadded.DecodeString(parts[4])
	if !okN || !okR || !okP || err != nil || bits.OnesCount64(n) != 1 {
		return nil, fmt.Errorf("%w: Django scrypt parameters", ErrUnrecognised)
	}
	return newScrypt(uint64(bits.TrailingZeros64(n)), r, p, []byte(parts[1]), tag)
}
