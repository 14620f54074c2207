package config

import (
	"encoding/base64"
	"encoding/hex"
	"regexp"
	"strings"

	"github.com/sallyport/sallyport/internal/seal"
)

// Password is what a password must be and what it costs to hash.
type Password struct {
	MinLength    int     // PASSWORD_MIN_LENGTH, in code points
	BreachedFile string  // PASSWORD_BREACHED_FILE; empty: the built-in list only
	Argon2       Argon2  // ARGON2_*
	Peppers      Peppers // PASSWORD_PEPPER
}

// Argon2 is the cost of one argon2id hash and how many run at once.
type Argon2 struct {
	MemoryKiB   uint32 // ARGON2_MEMORY_KIB
	Time        uint32 // ARGON2_TIME: passes
	Parallelism uint8  // ARGON2_PARALLELISM: lanes
	Concurrent  int    // ARGON2_CONCURRENT; 0: as many as there are cores
}

// Pepper is a key that is mixed into password hashes and kept outside the
// database (PW-11).
type Pepper struct {
	ID  string // stands in front of each hash that used it
	Key Key    // at least 32 bytes
}

// Peppers is the list of PASSWORD_PEPPER: the first is used for new hashes, all
// are known.
type Peppers []Pepper

// Current returns the pepper for new hashes; an empty id where there is none.
func (ps Peppers) Current() (id string, key []byte) {
	if len(ps) == 0 {
		return "", nil
	}
	return ps[0].ID, ps[0].Key.Bytes()
}

// ByID returns the pepper of that id.
func (ps Peppers) ByID(id string) (key []byte, ok bool) {
	for _, p := range ps {
		if p.ID == id {
			return p.Key.Bytes(), true
		}
	}
	return nil, false
}

func (p *Password) block() block {
	return block{
		title: "Passwords",
		about: "What a password must be, and what one try costs. The least cost of argon2id is that of the OWASP cheat sheet and cannot be lowered.",
		settings: []Setting{
			{
				Name: "PASSWORD_MIN_LENGTH", Default: "15", Unit: "characters", into: whole(&p.MinLength, 8, 64),
				Help: "The fewest characters of a password that may be somebody's only factor (NIST SP 800-63B-4 asks for 15). 8 is the floor.",
			},
			{
				Name: "PASSWORD_BREACHED_FILE", into: text(&p.BreachedFile),
				Help: "A file of passwords to refuse besides the built-in list: one a line, in plain text or as SHA-1 in hex, as the known collections of breached passwords come. At most 8388608 lines.",
			},
			{
				Name: "PASSWORD_PEPPER", Secret: true, into: peppers(&p.Peppers),
				Help: "Keys mixed into each password hash, as a comma list of ID:KEY with at least 32 random bytes in base64 or hex. The first is used for new hashes; keep the others until every hash has moved on. Without the right pepper no password fits.",
			},
			{
				Name: "ARGON2_MEMORY_KIB", Default: "19456", Unit: "KiB", into: whole(&p.Argon2.MemoryKiB, 12288, 262144),
				Help: "Memory of one hash. Stored hashes follow at the next sign-in.",
			},
			{
				Name: "ARGON2_TIME", Default: "2", Unit: "passes", into: whole(&p.Argon2.Time, 1, 16),
				Help: "Passes over that memory. 1 needs 47104 KiB, 2 need 19456 KiB, 3 or more need 12288 KiB.",
			},
			{
				Name: "ARGON2_PARALLELISM", Default: "1", Unit: "lanes", into: whole(&p.Argon2.Parallelism, 1, 8),
				Help: "Lanes of one hash.",
			},
			{
				Name: "ARGON2_CONCURRENT", Default: "0", Unit: "hashes", into: whole(&p.Argon2.Concurrent, 0, 256),
				Help: "Hashes that run at the same time; 0 means as many as there are cores. Each takes ARGON2_MEMORY_KIB of memory; further tries wait up to 2 s, then get 503.",
			},
		},
		check: func(c *Config) []Problem { return c.Password.Argon2.check() },
	}
}

// check holds the least costs of the OWASP cheat sheet (PW-06).
func (a Argon2) check() []Problem {
	least := uint32(12288)
	switch a.Time {
	case 1:
		least = 47104
	case 2:
		least = 19456
	}
	if a.MemoryKiB >= least {
		return nil
	}
	return []Problem{{"ARGON2_MEMORY_KIB", "the hash is too cheap for its number of passes",
		"Use at least 47104 with ARGON2_TIME=1, 19456 with 2, or 12288 with 3 and more"}}
}

var pepperID = regexp.MustCompile(`^[A-Za-z0-9.-]{1,32}$`)

// minKey is the fewest bytes of a pepper.
const minKey = 32

// parseKey reads a key in hex or in either base64 alphabet, padded or not.
func parseKey(s string) (Key, *refusal) {
	const mend = "Use at least 32 random bytes in base64 or hex, as `openssl rand -base64 32` prints them"
	b, err := hex.DecodeString(s)
	if err != nil {
		std := strings.NewReplacer("-", "+", "_", "/").Replace(strings.TrimRight(s, "="))
		if b, err = base64.RawStdEncoding.DecodeString(std); err != nil {
			return Key{}, refuse("the key is neither base64 nor hex", mend)
		}
	}
	if len(b) < minKey {
		return Key{}, refuse("the key is shorter than 32 bytes", mend)
	}
	if err := seal.CheckKey(s); err != nil {
		return Key{}, refuse("the key is "+err.Error(), mend)
	}
	return NewKey(b), nil
}

func peppers(to *Peppers) value {
	parse := func(s string) (Pepper, *refusal) {
		id, text, ok := strings.Cut(s, ":")
		if !ok || !pepperID.MatchString(id) {
			return Pepper{}, refuse("it has no id of 1 to 32 letters, digits, dots or dashes in front", "Write ID:KEY, such as p1:, followed by what `openssl rand -base64 32` prints")
		}
		key, bad := parseKey(text)
		return Pepper{id, key}, bad
	}
	v := list((*[]Pepper)(to), "comma list of ID:KEY", parse, func(p Pepper) string { return p.ID + ":" + hidden })
	set := v.set
	v.set = func(s string) *refusal {
		seen := map[string]bool{}
		for _, item := range items(s) {
			id, _, _ := strings.Cut(item, ":")
			if seen[id] {
				return refuse("the same id stands in it twice", "Give each pepper an id of its own")
			}
			seen[id] = true
		}
		return set(s)
	}
	return v
}
