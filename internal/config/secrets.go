package config

import (
	"encoding/hex"
	"regexp"
	"strings"

	"github.com/sallyport/sallyport/internal/opaque"
	"github.com/sallyport/sallyport/internal/seal"
)

// Secrets are the keys that protect data at rest, and those of backends.
type Secrets struct {
	Keys        []Secret     // SECRET_KEY: the first seals, all open; seal.CheckKey accepts each
	ServiceKeys []ServiceKey // SERVICE_KEYS
}

// ServiceKey lets one backend publish and introspect. Only the hash of the key
// is kept.
type ServiceKey struct {
	Name string // who uses it; appears in the audit log
	Hash []byte // what opaque.Hash(opaque.Service, key) returns
}

func (s *Secrets) block() block {
	return block{
		title: "Secrets",
		about: "The keys that protect data at rest, and those your backends show.",
		settings: []Setting{
			{
				Name: "SECRET_KEY", Secret: true, into: keys(&s.Keys),
				Derived: "made on the first start of a local run and kept in secret.key beside the database",
				Help:    "Seals what the database must not reveal. 32 random bytes as text, such as `openssl rand -base64 32` prints. To change it, put the new one in front, comma-separated: the first seals, all open. Without it the sealed data is lost: keep a copy apart from the database.",
			},
			{
				Name: "SERVICE_KEYS", Secret: true, into: serviceKeys(&s.ServiceKeys),
				Help: "Keys of backends that may call POST /api/v1/realtime/publish and POST /api/v1/auth/introspect, as a comma list of NAME:KEY, or NAME:sha256:HASH so that this file holds no usable key. `sallyport key service NAME` makes one and prints both forms.",
			},
		},
		check: func(c *Config) []Problem {
			if len(c.Secrets.Keys) > 0 || c.Local() {
				return nil
			}
			return []Problem{{"SECRET_KEY", "it is missing, and this run is not local", "Set it to what `openssl rand -base64 32` prints"}}
		},
	}
}

// KeyTexts returns the values of SECRET_KEY, as seal.NewKeyring takes them.
func (s Secrets) KeyTexts() []string {
	texts := make([]string, len(s.Keys))
	for i, k := range s.Keys {
		texts[i] = k.Reveal()
	}
	return texts
}

func keys(to *[]Secret) value {
	parse := func(s string) (Secret, *refusal) {
		if err := seal.CheckKey(s); err != nil {
			return Secret{}, refuse("it is "+err.Error(), "Use what `openssl rand -base64 32` prints")
		}
		return NewSecret(s), nil
	}
	return unlessTwice(list(to, "comma list of secrets", parse, Secret.String))
}

// unlessTwice refuses a comma list that holds the same item twice.
func unlessTwice(v value) value {
	set := v.set
	v.set = func(s string) *refusal {
		seen := map[string]bool{}
		for _, item := range items(s) {
			if seen[item] {
				return refuse("the same item stands in it twice", "Keep one of the two")
			}
			seen[item] = true
		}
		return set(s)
	}
	return v
}

var keyName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_.-]{0,31}$`)

// ValidServiceName reports whether name may stand in SERVICE_KEYS.
func ValidServiceName(name string) bool { return keyName.MatchString(name) }

func serviceKeys(to *[]ServiceKey) value {
	const mend = "Write NAME:KEY or NAME:sha256:HASH, as `sallyport key service NAME` prints them"
	parse := func(s string) (ServiceKey, *refusal) {
		name, key, ok := strings.Cut(s, ":")
		if !ok || !ValidServiceName(name) {
			return ServiceKey{}, refuse("it has no name of 1 to 32 letters, digits, dots, dashes or underscores in front", mend)
		}
		if text, ok := strings.CutPrefix(key, "sha256:"); ok {
			hash, err := hex.DecodeString(text)
			if err != nil || len(hash) != 32 {
				return ServiceKey{}, refuse("the hash is not 64 hex digits", mend)
			}
			return ServiceKey{name, hash}, nil
		}
		hash, err := opaque.Hash(opaque.Service, key)
		if err != nil {
			return ServiceKey{}, refuse("the key was not made by Sallyport", mend)
		}
		return ServiceKey{name, hash}, nil
	}
	show := func(k ServiceKey) string { return k.Name + ":" + hidden }
	return unlessTwice(list(to, "comma list of NAME:KEY", parse, show))
}
