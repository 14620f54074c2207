package password_test

import (
	"context"
	"errors"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/sallyport/sallyport/internal/factor/password"
)

// Valid pieces to build bad hashes around.
const (
	salt16 = "AAECAwQFBgcICQoLDA0ODw"
	tag32  = "gYJZtjEAJqjg26xdLmknq8/bB7MiWPrE9hsYuA+SkIU"
	bc53   = "abcdefghijklmnopqrstuuFiPhXf1sVd3pCCRO.uVh34H/qI/ZsuS"
	argon  = "$argon2id$v=19$m=19456,t=2,p=1$" + salt16 + "$" + tag32
)

// badHashes are stored hashes that must not be acted upon.
var badHashes = []struct {
	name, encoded string
	why           error
}{
	{"PW-07 argon2 memory above 256 MiB", "$argon2id$v=19$m=262145,t=2,p=1$" + salt16 + "$" + tag32, password.ErrOutOfBounds},
	{"PW-07 argon2 memory at the end of 32 bits", "$argon2id$v=19$m=4294967295,t=2,p=1$" + salt16 + "$" + tag32, password.ErrOutOfBounds},
	{"PW-07 argon2 memory beyond 32 bits", "$argon2id$v=19$m=4294967296,t=2,p=1$" + salt16 + "$" + tag32, password.ErrUnrecognised},
	{"PW-07 argon2 memory below its lanes", "$argon2id$v=19$m=15,t=2,p=2$" + salt16 + "$" + tag32, password.ErrOutOfBounds},
	{"PW-07 argon2 17 passes", "$argon2id$v=19$m=19456,t=17,p=1$" + salt16 + "$" + tag32, password.ErrOutOfBounds},
	{"PW-07 argon2 no pass", "$argon2id$v=19$m=19456,t=0,p=1$" + salt16 + "$" + tag32, password.ErrOutOfBounds},
	{"PW-07 argon2 9 lanes", "$argon2id$v=19$m=19456,t=2,p=9$" + salt16 + "$" + tag32, password.ErrOutOfBounds},
	{"PW-07 argon2 257 lanes", "$argon2id$v=19$m=19456,t=2,p=257$" + salt16 + "$" + tag32, password.ErrOutOfBounds},
	{"PW-07 argon2 no lane", "$argon2id$v=19$m=19456,t=2,p=0$" + salt16 + "$" + tag32, password.ErrOutOfBounds},
	{"PW-07 argon2 no salt", "$argon2id$v=19$m=19456,t=2,p=1$$" + tag32, password.ErrOutOfBounds},
	{"PW-07 argon2 no tag", "$argon2id$v=19$m=19456,t=2,p=1$" + salt16 + "$", password.ErrOutOfBounds},
	{"PW-07 argon2 short tag", "$argon2id$v=19$m=19456,t=2,p=1$" + salt16 + "$AAAA", password.ErrOutOfBounds},
	{"PW-07 argon2 long tag", "$argon2id$v=19$m=19456,t=2,p=1$" + salt16 + "$" + strings.Repeat("AAAA", 22), password.ErrOutOfBounds},
	{"PW-07 argon2 peppered tag of another size", "$argon2id-hmac-sha256$v=19$m=19456,t=2,p=1,keyid=k1$" + salt16 + "$" + salt16, password.ErrOutOfBounds},
	{"PW-07 bcrypt cost 16", "$2b$16$" + bc53, password.ErrOutOfBounds},
	{"PW-07 bcrypt cost 31", "$2b$31$" + bc53, password.ErrOutOfBounds},
	{"PW-07 bcrypt cost 3", "$2b$03$" + bc53, password.ErrUnrecognised},
	{"PW-07 pbkdf2 rounds", "$pbkdf2-sha256$i=2000001$" + salt16 + "$" + tag32, password.ErrOutOfBounds},
	{"PW-07 pbkdf2 no rounds", "$pbkdf2-sha256$i=0$" + salt16 + "$" + tag32, password.ErrOutOfBounds},
	{"PW-07 pbkdf2 rounds of Django", "pbkdf2_sha256$2000001$saltsaltsalt$K9hLUqr3anqxn385l+1V+ZASmzyoT4IhKlqlr0xqEkQ=", password.ErrOutOfBounds},
	{"PW-07 pbkdf2 short salt of Django", "pbkdf2_sha256$1000$salt$K9hLUqr3anqxn385l+1V+ZASmzyoT4IhKlqlr0xqEkQ=", password.ErrOutOfBounds},
	{"PW-07 scrypt N", "$scrypt$ln=19,r=8,p=1$" + salt16 + "$" + tag32, password.ErrOutOfBounds},
	{"PW-07 scrypt N of 64 bits", "$scrypt$ln=64,r=8,p=1$" + salt16 + "$" + tag32, password.ErrOutOfBounds},
	{"PW-07 scrypt memory", "$scrypt$ln=18,r=9,p=1$" + salt16 + "$" + tag32, password.ErrOutOfBounds},
	{"PW-07 scrypt work", "$scrypt$ln=17,r=8,p=16$" + salt16 + "$" + tag32, password.ErrOutOfBounds},
	{"PW-07 scrypt r", "$scrypt$ln=1,r=33,p=1$" + salt16 + "$" + tag32, password.ErrOutOfBounds},
	{"PW-07 scrypt p", "$scrypt$ln=1,r=1,p=17$" + salt16 + "$" + tag32, password.ErrOutOfBounds},
	{"PW-07 scrypt N of Django", "scrypt$524288$saltsaltsalt$8$1$" + tag32 + "=", password.ErrOutOfBounds},
	{"PW-07 longer than any hash", argon + strings.Repeat("A", 512), password.ErrOutOfBounds},
	{"plain text", "hunter2hunter2hunter2", password.ErrUnrecognised},
	{"a dollar", "$", password.ErrUnrecognised},
	{"argon2d", strings.Replace(argon, "argon2id", "argon2d", 1), password.ErrUnrecognised},
	{"argon2 of version 16", strings.Replace(argon, "v=19", "v=16", 1), password.ErrUnrecognised},
	{"argon2 without version", strings.Replace(argon, "v=19$", "", 1), password.ErrUnrecognised},
	{"argon2 in another order", strings.Replace(argon, "m=19456,t=2", "t=2,m=19456", 1), password.ErrUnrecognised},
	{"argon2 with a sign", strings.Replace(argon, "t=2", "t=+2", 1), password.ErrUnrecognised},
	{"argon2 with a leading zero", strings.Replace(argon, "t=2", "t=02", 1), password.ErrUnrecognised},
	{"argon2 with its own keyid", strings.Replace(argon, "p=1", "p=1,keyid=k1", 1), password.ErrUnrecognised},
	{"argon2 peppered without keyid", strings.Replace(argon, "argon2id", "argon2id-hmac-sha256", 1), password.ErrUnrecognised},
	{"argon2 with padding", argon + "=", password.ErrUnrecognised},
	{"argon2 with bits left over", strings.Replace(argon, salt16, salt16[:21]+"x", 1), password.ErrUnrecognised},
	{"argon2 with a line break in the salt", strings.Replace(argon, salt16, salt16[:4]+"\n"+salt16[4:], 1), password.ErrUnrecognised},
	{"argon2 with one part more", argon + "$", password.ErrUnrecognised},
	{"Django argon2 of an unknown kind", "argon2$argon2x$v=19$m=64,t=1,p=1$" + salt16 + "$" + tag32, password.ErrUnrecognised},
	{"bcrypt 2x", "$2x$05$" + bc53, password.ErrUnrecognised},
	{"bcrypt 2x by Django", "bcrypt$$2x$05$" + bc53, password.ErrUnrecognised},
	{"bcrypt too short", "$2b$05$" + bc53[1:], password.ErrUnrecognised},
	{"bcrypt of another alphabet", "$2b$05$" + strings.Replace(bc53, "a", "+", 1), password.ErrUnrecognised},
	{"pbkdf2 with a wrong length", "$pbkdf2-sha256$i=1000,l=31$" + salt16 + "$" + tag32, password.ErrUnrecognised},
	{"pbkdf2 of SHA-1", "$pbkdf2$1000$" + salt16 + "$" + tag32, password.ErrUnrecognised},
	{"scrypt of Django with an odd N", "scrypt$16385$saltsaltsalt$8$1$" + tag32 + "=", password.ErrUnrecognised},
	{"SHA-512 crypt", "$6$saltsalt$" + strings.Repeat("a", 86), password.ErrUnrecognised},
}

func TestUnusableHash(t *testing.T) {
	for _, c := range badHashes {
		t.Run(strings.ReplaceAll(c.name, "/", " "), func(t *testing.T) {
			if got, err := password.Known(c.encoded); got != "" || !errors.Is(err, c.why) {
				t.Errorf("Known(%q) = %q, %v; want %v", c.encoded, got, err, c.why)
			}
			var a alarms
			spent := &counting{keys: keys{"k1", map[string][]byte{"k1": k1()}}}
			h := newHasher(t, password.Options{Pepper: spent, Alarm: a.raise})
			wantVerdict(t, h, c.encoded, good, password.Verdict{})
			reasons := a.reasons()
			if len(reasons) != 1 || reasons[0] == "" {
				t.Fatalf("alarms = %q, want one", reasons)
			}
			for _, secret := range []string{good, salt16, tag32, bc53, "hunter2"} {
				if strings.Contains(reasons[0], secret) {
					t.Errorf("alarm %q repeats %q", reasons[0], secret)
				}
			}
			if got := spent.used.Load(); got != 1 {
				t.Errorf("hashes computed = %d, want 1, as for any wrong password", got)
			}
		})
	}
}

// counting counts the hashes that were computed: each looks its pepper up once.
type counting struct {
	keys
	used atomic.Int64
}

func (c *counting) ByID(id string) ([]byte, bool) {
	c.used.Add(1)
	return c.keys.ByID(id)
}

func TestStrongestAllowed(t *testing.T) {
	for name, encoded := range map[string]string{
		"PW-07 argon2id": "$argon2id$v=19$m=262144,t=16,p=8$" + salt16 + "$" + tag32,
		"PW-07 bcrypt":   "$2b$15$" + bc53,
		"PW-07 pbkdf2":   "$pbkdf2-sha512$i=2000000$" + salt16 + "$" + tag32,
		"PW-07 scrypt":   "$scrypt$ln=17,r=8,p=7$" + salt16 + "$" + tag32,
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := password.Known(encoded); err != nil {
				t.Errorf("Known(%q) = %v, want nil", encoded, err)
			}
		})
	}
}

func TestHeavyImport(t *testing.T) {
	t.Run("PW-08 an import that needs more memory than ours is still checked", func(t *testing.T) {
		h := newHasher(t, password.Options{Concurrent: 2})
		for _, v := range vectors(t) {
			if v.Name == "argon2id four lanes" {
				done := make(chan password.Verdict, 2)
				for range 2 {
					go func() {
						got, _ := h.Verify(context.Background(), v.Hash, v.Password)
						done <- got
					}()
				}
				for range 2 {
					if got, want := <-done, (password.Verdict{Match: true, Rehash: true}); got != want {
						t.Errorf("got %+v, want %+v", got, want)
					}
				}
			}
		}
	})
}

// FuzzKnown feeds the parser of stored hashes. What it accepts as ours must be
// the very text that we would write for it.
func FuzzKnown(f *testing.F) {
	for _, v := range vectors(f) {
		f.Add(v.Hash)
	}
	for _, c := range badHashes {
		f.Add(c.encoded)
	}
	f.Fuzz(func(t *testing.T, encoded string) {
		format, err := password.Known(encoded)
		if (format == "") != (err != nil) {
			t.Fatalf("Known(%q) = %q, %v", encoded, format, err)
		}
		if err != nil && !errors.Is(err, password.ErrUnrecognised) && !errors.Is(err, password.ErrOutOfBounds) {
			t.Fatalf("Known(%q): error of neither kind: %v", encoded, err)
		}
		if got, ours := password.Reencode(encoded); ours && strings.TrimPrefix(strings.TrimPrefix(encoded, "argon2"), "$") != got[1:] {
			t.Fatalf("Known(%q) reads what would be written %q", encoded, got)
		}
	})
}
