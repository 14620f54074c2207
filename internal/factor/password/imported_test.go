package password_test

import (
	"strings"
	"testing"

	"golang.org/x/crypto/bcrypt"

	"github.com/sallyport/sallyport/internal/factor/password"
)

// TestVectors checks hashes that other programs made: every format is read, only
// the right password matches, and all but our own form are to be replaced.
func TestVectors(t *testing.T) {
	h := newHasher(t, password.Options{Pepper: keys{"", map[string][]byte{"k1": k1()}}})
	seen := map[string]bool{}
	for _, v := range vectors(t) {
		seen[v.Format] = true
		t.Run(strings.ReplaceAll("PW-12 "+v.Name, "/", " "), func(t *testing.T) {
			if got, err := password.Known(v.Hash); string(got) != v.Format || err != nil {
				t.Fatalf("Known(%q) = %q, %v; want %q", v.Hash, got, err, v.Format)
			}
			rehash := v.Name != "argon2id default"
			wantVerdict(t, h, v.Hash, v.Password, password.Verdict{Match: true, Rehash: rehash})
			wantVerdict(t, h, v.Hash, v.Password[:len(v.Password)-1]+"~", password.Verdict{})
			wantVerdict(t, h, v.Hash, strings.ToUpper(v.Password), password.Verdict{})
		})
	}
	for _, f := range []password.Format{password.FormatArgon2id, password.FormatArgon2i, password.FormatBcrypt,
		password.FormatPBKDF2SHA256, password.FormatPBKDF2SHA512, password.FormatScrypt} {
		if !seen[string(f)] {
			t.Errorf("no vector for %q", f)
		}
	}
}

func TestBcryptIsNeverCut(t *testing.T) {
	h := newHasher(t, password.Options{})
	exact := strings.Repeat("x", 72)
	var encoded string
	for _, v := range vectors(t) {
		if v.Name == "bcrypt 72 bytes" {
			encoded = v.Hash
		}
	}
	cases := []struct {
		name, typed string
		want        password.Verdict
	}{
		{"PW-12 72 bytes match", exact, password.Verdict{Match: true, Rehash: true}},
		{"PW-12 73 bytes that begin alike do not", exact + "x", password.Verdict{}},
		{"PW-12 1000 bytes that begin alike do not", exact + strings.Repeat("y", 928), password.Verdict{}},
		{"PW-12 71 bytes do not", exact[1:], password.Verdict{}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) { wantVerdict(t, h, encoded, c.typed, c.want) })
	}
	t.Run("PW-12 72 code points of more bytes do not", func(t *testing.T) {
		wide := strings.Repeat("é", 72)
		cut, err := bcrypt.GenerateFromPassword([]byte(wide[:72]), bcrypt.MinCost)
		if err != nil {
			t.Fatal(err)
		}
		wantVerdict(t, h, string(cut), wide, password.Verdict{})
	})
}

func TestImportedTextForm(t *testing.T) {
	h := newHasher(t, password.Options{})
	const composed, decomposed = "caf\u00e9 au lait", "cafe\u0301 au lait"
	match := password.Verdict{Match: true, Rehash: true}
	for name, hashed := range map[string]string{"composed": composed, "decomposed": decomposed} {
		t.Run("PW-12 another system hashed the "+name+" form", func(t *testing.T) {
			encoded, err := bcrypt.GenerateFromPassword([]byte(hashed), bcrypt.MinCost)
			if err != nil {
				t.Fatal(err)
			}
			wantVerdict(t, h, string(encoded), hashed, match)
			wantVerdict(t, h, string(encoded), hashed+"x", password.Verdict{})
		})
	}
}

func TestReplacingAnImport(t *testing.T) {
	t.Run("PW-12 the first sign-in replaces it for good", func(t *testing.T) {
		h := newHasher(t, password.Options{})
		old, err := bcrypt.GenerateFromPassword([]byte(good), bcrypt.MinCost)
		if err != nil {
			t.Fatal(err)
		}
		wantVerdict(t, h, string(old), good, password.Verdict{Match: true, Rehash: true})
		wantVerdict(t, h, hash(t, h, good), good, password.Verdict{Match: true})
	})
}
