package password

import (
	"crypto/subtle"
	"fmt"
	"strings"

	"golang.org/x/crypto/argon2"
)

// Sizes of what Hash writes, in bytes (PW-06).
const (
	saltSize = 16
	tagSize  = 32
)

// pepperedName is the algorithm name of argon2id followed by HMAC-SHA-256. It
// differs from plain "argon2id" so that no other program takes such a tag for
// one that argon2 made.
const pepperedName = "argon2id-hmac-sha256"

// ownHash is an argon2id hash as Hash writes it:
//
//	$argon2id$v=19$m=19456,t=2,p=1$SALT$TAG
//	$argon2id-hmac-sha256$v=19$m=19456,t=2,p=1,keyid=ID$SALT$TAG
//
// The second form has HMAC-SHA-256(pepper ID, argon2id tag) in place of the tag.
// It serves imported argon2id hashes of other parameters too, and is simply
// outdated then.
type ownHash struct {
	params    Params
	keyID     string // of the pepper; empty for none
	salt, tag []byte
}

func (o ownHash) encode() string {
	name, key := string(FormatArgon2id), ""
	if o.keyID != "" {
		name, key = pepperedName, ",keyid="+o.keyID
	}
	return fmt.Sprintf("$%s$v=%d$m=%d,t=%d,p=%d%s$%s$%s", name, argon2.Version,
		o.params.MemoryKiB, o.params.Time, o.params.Threads, key,
		strictRaw.EncodeToString(o.salt), strictRaw.EncodeToString(o.tag))
}

func (o ownHash) derive(text string, size int) []byte {
	return argon2.IDKey([]byte(text), o.salt, o.params.Time, o.params.MemoryKiB, o.params.Threads, uint32(size))
}

func (o ownHash) format() Format    { return FormatArgon2id }
func (o ownHash) memoryKiB() uint32 { return o.params.MemoryKiB }

// matches derives and compares. Without its pepper a hash matches nothing, but
// costs the same.
func (o ownHash) matches(h *Hasher, _, text string) bool {
	if o.keyID == "" {
		return subtle.ConstantTimeCompare(o.derive(text, len(o.tag)), o.tag) == 1
	}
	key, found := h.pepper.ByID(o.keyID)
	if !found {
		h.missingPepper(o.keyID)
	}
	got := season(o.derive(text, tagSize), key)
	return subtle.ConstantTimeCompare(got, o.tag) == 1 && found
}

// outdated compares with what Hash would write now. Any difference counts, a
// lower cost too: with one cost for all, the time of an answer tells nothing
// about whose hash it was.
func (o ownHash) outdated(h *Hasher) bool {
	return o.params != h.params || o.keyID != currentID(h.pepper) ||
		len(o.salt) < saltSize || len(o.tag) != tagSize
}

// argon2iHash is an imported hash of the variant argon2i.
type argon2iHash struct{ ownHash }

func (a argon2iHash) format() Format { return FormatArgon2i }

func (a argon2iHash) matches(_ *Hasher, raw, text string) bool {
	return anyForm(raw, text, func(p string) bool {
		got := argon2.Key([]byte(p), a.salt, a.params.Time, a.params.MemoryKiB, a.params.Threads, uint32(len(a.tag)))
		return subtle.ConstantTimeCompare(got, a.tag) == 1
	})
}

func (a argon2iHash) outdated(*Hasher) bool { return true }

// parseArgon reads name, version, parameters, salt and tag.
func parseArgon(parts []string) (storedHash, error) {
	if len(parts) != 5 || parts[1] != "v=19" {
		return nil, fmt.Errorf("%w: argon2 of another layout or version", ErrUnrecognised)
	}
	numbersPart, keyID, err := splitKeyID(parts[0], parts[2])
	if err != nil {
		return nil, err
	}
	n, ok := numbers(numbersPart, "m", "t", "p")
	if !ok {
		return nil, fmt.Errorf("%w: argon2 parameters", ErrUnrecognised)
	}
	o := ownHash{params: Params{MemoryKiB: uint32(n[0]), Time: uint32(n[1]), Threads: uint8(min(n[2], 255))}, keyID: keyID}
	if err := o.params.bounded(); err != nil {
		return nil, err
	}
	if o.salt, o.tag, err = saltAndTag(parts[3], parts[4]); err != nil {
		return nil, err
	}
	if keyID != "" && len(o.tag) != tagSize {
		return nil, fmt.Errorf("%w: peppered tag of %d bytes, want %d", ErrOutOfBounds, len(o.tag), tagSize)
	}
	if parts[0] == string(FormatArgon2i) {
		return argon2iHash{o}, nil
	}
	return o, nil
}

// splitKeyID cuts ",keyid=…" off the parameters of the peppered form, which
// must have one; the plain forms must not.
func splitKeyID(name, params string) (numbersPart, keyID string, err error) {
	before, id, found := strings.Cut(params, ",keyid=")
	if found != (name == pepperedName) || (found && !validKeyID(id)) {
		return "", "", fmt.Errorf("%w: keyid", ErrUnrecognised)
	}
	return before, id, nil
}
