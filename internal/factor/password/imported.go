package password

import (
	"crypto/pbkdf2"
	"crypto/sha256"
	"crypto/sha512"
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"hash"
	"strings"

	"golang.org/x/crypto/bcrypt"
	"golang.org/x/crypto/scrypt"
)

// Upper bounds of imported formats (PW-07). They allow what current guidance
// and frameworks use, with room, and keep one check within a few seconds.
const (
	maxBcryptCost       = 15
	maxPBKDF2Iterations = 2_000_000
	maxScryptLn         = 18 // N = 2^ln
	maxScryptR          = 32
	maxScryptP          = 16
	maxScryptWorkKiB    = 1 << 20 // memory × p
)

// bcryptLimit is where bcrypt stops reading. A longer password would match its
// own beginning, so it never matches here (PW-12).
const bcryptLimit = 72

// anyForm tries the normal form of a password and, where it differs, the form
// that was typed: another system may have hashed either.
func anyForm(raw, text string, try func(string) bool) bool {
	return try(text) || (raw != text && try(raw))
}

// imported holds what all formats written by other systems share.
type imported struct{}

func (imported) memoryKiB() uint32     { return 8 }
func (imported) outdated(*Hasher) bool { return true }

// bcryptHash is "$2b$10$" and 53 characters; $2a$ and $2y$ are the same.
type bcryptHash struct {
	imported
	encoded string
}

func parseBcrypt(encoded string) (storedHash, error) {
	const length, alphabet = 60, "./ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
	if len(encoded) != length || encoded[3] != '$' || encoded[6] != '$' || strings.Trim(encoded[7:], alphabet) != "" {
		return nil, fmt.Errorf("%w: bcrypt of another layout", ErrUnrecognised)
	}
	cost, err := bcrypt.Cost([]byte(encoded))
	if err != nil {
		return nil, fmt.Errorf("%w: bcrypt cost", ErrUnrecognised)
	}
	if cost > maxBcryptCost {
		return nil, fmt.Errorf("%w: bcrypt cost %d, at most %d", ErrOutOfBounds, cost, maxBcryptCost)
	}
	return bcryptHash{encoded: encoded}, nil
}

func (bcryptHash) format() Format { return FormatBcrypt }

func (b bcryptHash) matches(_ *Hasher, raw, text string) bool {
	return anyForm(raw, text, func(p string) bool {
		fits := len(p) <= bcryptLimit
		if !fits {
			p = p[:bcryptLimit] // for the cost alone: the answer is no
		}
		return bcrypt.CompareHashAndPassword([]byte(b.encoded), []byte(p)) == nil && fits
	})
}

// pbkdf2Hash is PBKDF2 with HMAC over SHA-256 or SHA-512.
type pbkdf2Hash struct {
	imported
	name       Format
	iterations int
	salt, tag  []byte
}

func newPBKDF2(name Format, iterations uint64, salt, tag []byte) (storedHash, error) {
	if iterations < 1 || iterations > maxPBKDF2Iterations {
		return nil, fmt.Errorf("%w: pbkdf2 of %d rounds, allowed 1 to %d", ErrOutOfBounds, iterations, maxPBKDF2Iterations)
	}
	if err := boundLengths(len(salt), len(tag)); err != nil {
		return nil, err
	}
	return pbkdf2Hash{name: name, iterations: int(iterations), salt: salt, tag: tag}, nil
}

// parsePBKDF2 reads both "i=ROUNDS" with an optional ",l=LENGTH" (PHC) and bare
// "ROUNDS" (passlib, which writes "." for "+" in its base64).
func parsePBKDF2(parts []string) (storedHash, error) {
	if len(parts) != 4 {
		return nil, fmt.Errorf("%w: pbkdf2 of another layout", ErrUnrecognised)
	}
	rounds, length, err := pbkdf2Cost(parts[1])
	if err != nil {
		return nil, err
	}
	salt, tag, err := saltAndTag(strings.ReplaceAll(parts[2], ".", "+"), strings.ReplaceAll(parts[3], ".", "+"))
	if err != nil {
		return nil, err
	}
	if length != 0 && length != uint64(len(tag)) {
		return nil, fmt.Errorf("%w: pbkdf2 length", ErrUnrecognised)
	}
	return newPBKDF2(Format(parts[0]), rounds, salt, tag)
}

func pbkdf2Cost(s string) (rounds, length uint64, err error) {
	if n, ok := number(s); ok {
		return n, 0, nil
	}
	if n, ok := numbers(s, "i"); ok {
		return n[0], 0, nil
	}
	if n, ok := numbers(s, "i", "l"); ok && n[1] > 0 {
		return n[0], n[1], nil
	}
	return 0, 0, fmt.Errorf("%w: pbkdf2 parameters", ErrUnrecognised)
}

func (p pbkdf2Hash) format() Format { return p.name }

func (p pbkdf2Hash) matches(_ *Hasher, raw, text string) bool {
	digest := map[Format]func() hash.Hash{FormatPBKDF2SHA256: sha256.New, FormatPBKDF2SHA512: sha512.New}[p.name]
	return anyForm(raw, text, func(password string) bool {
		got, err := pbkdf2.Key(digest, password, p.salt, p.iterations, len(p.tag))
		return err == nil && subtle.ConstantTimeCompare(got, p.tag) == 1
	})
}

// scryptHash is scrypt with N = 2^ln.
type scryptHash struct {
	imported
	ln, r, p  uint64
	salt, tag []byte
}

func newScrypt(ln, r, p uint64, salt, tag []byte) (storedHash, error) {
	if ln < 1 || ln > maxScryptLn || r < 1 || r > maxScryptR || p < 1 || p > maxScryptP {
		return nil, fmt.Errorf("%w: scrypt ln=%d,r=%d,p=%d, allowed up to ln=%d,r=%d,p=%d",
			ErrOutOfBounds, ln, r, p, maxScryptLn, maxScryptR, maxScryptP)
	}
	s := scryptHash{ln: ln, r: r, p: p, salt: salt, tag: tag}
	if kib := s.memoryKiB(); kib > maxMemoryKiB || uint64(kib)*p > maxScryptWorkKiB {
		return nil, fmt.Errorf("%w: scrypt fills %d KiB %d times, at most %d KiB and %d in all",
			ErrOutOfBounds, kib, p, maxMemoryKiB, maxScryptWorkKiB)
	}
	if err := boundLengths(len(salt), len(tag)); err != nil {
		return nil, err
	}
	return s, nil
}

// parseScrypt reads "$scrypt$ln=16,r=8,p=1$SALT$TAG".
func parseScrypt(parts []string) (storedHash, error) {
	if len(parts) != 4 {
		return nil, fmt.Errorf("%w: scrypt of another layout", ErrUnrecognised)
	}
	n, ok := numbers(parts[1], "ln", "r", "p")
	if !ok {
		return nil, fmt.Errorf("%w: scrypt parameters", ErrUnrecognised)
	}
	salt, tag, err := saltAndTag(parts[2], parts[3])
	if err != nil {
		return nil, err
	}
	return newScrypt(n[0], n[1], n[2], salt, tag)
}

func (scryptHash) format() Format { return FormatScrypt }

// memoryKiB is 128·r·N bytes for the big table and 128·r·p for its seeds.
func (s scryptHash) memoryKiB() uint32 {
	return uint32((128*s.r<<s.ln + 128*s.r*s.p) >> 10)
}

func (s scryptHash) matches(_ *Hasher, raw, text string) bool {
	return anyForm(raw, text, func(p string) bool {
		got, err := scrypt.Key([]byte(p), s.salt, 1<<s.ln, int(s.r), int(s.p), len(s.tag))
		return err == nil && subtle.ConstantTimeCompare(got, s.tag) == 1
	})
}

// strictPadded is the base64 that Django writes.
var strictPadded = base64.StdEncoding.Strict()
