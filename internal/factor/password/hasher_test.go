package password_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/sallyport/sallyport/internal/factor/password"
)

func TestHash(t *testing.T) {
	h := newHasher(t, password.Options{})
	first, second := hash(t, h, good), hash(t, h, good)

	t.Run("PW-06 is a PHC string of the default cost", func(t *testing.T) {
		shape := regexp.MustCompile(`^\$argon2id\$v=19\$m=19456,t=2,p=1\$([A-Za-z0-9+/]{22})\$([A-Za-z0-9+/]{43})$`)
		m := shape.FindStringSubmatch(first)
		if m == nil {
			t.Fatalf("got %q, want %s", first, shape)
		}
		salt, _ := base64.RawStdEncoding.DecodeString(m[1])
		tag, _ := base64.RawStdEncoding.DecodeString(m[2])
		if len(salt) != 16 || len(tag) != 32 {
			t.Errorf("got salt of %d and tag of %d bytes, want 16 and 32", len(salt), len(tag))
		}
	})
	t.Run("PW-06 has a fresh salt each time", func(t *testing.T) {
		if first == second {
			t.Errorf("two hashes of one password are the same: %q", first)
		}
	})
	t.Run("PW-06 round trip", func(t *testing.T) {
		wantVerdict(t, h, first, good, password.Verdict{Match: true})
		wantVerdict(t, h, first, good+"x", password.Verdict{})
		wantVerdict(t, h, first, "completely different", password.Verdict{})
	})
}

func TestVerifyIsExact(t *testing.T) {
	h := newHasher(t, password.Options{})
	match, no := password.Verdict{Match: true}, password.Verdict{}
	long := strings.Repeat("0123456789abcdef", 63) + "0123456789abcde" // 1023 bytes
	cases := []struct {
		name, set, typed string
		want             password.Verdict
	}{
		{"PW-03 composed é signs in with decomposed", "crème brûlée à la carte", "cre\u0300me bru\u0302le\u0301e a\u0300 la carte", match},
		{"PW-03 decomposed é signs in with composed", "cafe\u0301 au lait", "caf\u00e9 au lait", match},
		{"PW-03 last byte changed fails", long + "x", long + "y", no},
		{"PW-03 nothing is cut", long + "x", long, no},
		{"PW-03 no trim at the front", " spaced out ", "spaced out ", no},
		{"PW-03 no trim at the end", " spaced out ", " spaced out", no},
		{"PW-03 no case folding", "Case Matters Here", "case matters here", no},
		{"PW-02 64 code points with spaces and emoji", strings.Repeat("ab 😀❤️👨‍👩‍👧 ", 8), strings.Repeat("ab 😀❤️👨‍👩‍👧 ", 8), match},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			wantVerdict(t, h, hash(t, h, c.set), c.typed, c.want)
		})
	}
}

func TestRehash(t *testing.T) {
	low := newHasher(t, password.Options{Params: password.Params{MemoryKiB: 12288, Time: 3, Threads: 1}})
	high := newHasher(t, password.Options{Params: password.Params{MemoryKiB: 24576, Time: 2, Threads: 1}})
	encoded := hash(t, low, good)
	t.Run("PW-06 not while the policy stands", func(t *testing.T) {
		wantVerdict(t, low, encoded, good, password.Verdict{Match: true})
	})
	t.Run("PW-06 rehash when the policy rises", func(t *testing.T) {
		wantVerdict(t, high, encoded, good, password.Verdict{Match: true, Rehash: true})
	})
	t.Run("PW-06 rehash when the policy falls, so that all cost the same", func(t *testing.T) {
		wantVerdict(t, low, hash(t, high, good), good, password.Verdict{Match: true, Rehash: true})
	})
	t.Run("PW-06 never after a wrong password", func(t *testing.T) {
		wantVerdict(t, high, encoded, "wrong", password.Verdict{})
	})
}

func TestParamsFloor(t *testing.T) {
	cases := []struct {
		name string
		p    password.Params
		ok   bool
	}{
		{"default", password.DefaultParams(), true},
		{"one pass at its floor", password.Params{MemoryKiB: 47104, Time: 1, Threads: 1}, true},
		{"one pass below", password.Params{MemoryKiB: 47103, Time: 1, Threads: 1}, false},
		{"two passes at their floor", password.Params{MemoryKiB: 19456, Time: 2, Threads: 1}, true},
		{"two passes below", password.Params{MemoryKiB: 19455, Time: 2, Threads: 1}, false},
		{"three passes at their floor", password.Params{MemoryKiB: 12288, Time: 3, Threads: 1}, true},
		{"many passes below", password.Params{MemoryKiB: 12287, Time: 16, Threads: 1}, false},
		{"no lanes", password.Params{MemoryKiB: 19456, Time: 2}, false},
		{"no passes", password.Params{MemoryKiB: 65536, Threads: 1}, false},
		{"more memory than is read back", password.Params{MemoryKiB: 256<<10 + 1, Time: 2, Threads: 1}, false},
		{"more passes than are read back", password.Params{MemoryKiB: 19456, Time: 17, Threads: 1}, false},
		{"more lanes than are read back", password.Params{MemoryKiB: 19456, Time: 2, Threads: 9}, false},
	}
	for _, c := range cases {
		t.Run("PW-06 "+c.name, func(t *testing.T) {
			if err := c.p.Validate(); (err == nil) != c.ok {
				t.Errorf("Validate(%+v) = %v, want ok %v", c.p, err, c.ok)
			}
			if _, err := password.New(password.Options{Params: c.p}); (err == nil) != c.ok {
				t.Errorf("New with %+v: %v, want ok %v", c.p, err, c.ok)
			}
		})
	}
}

func TestNewRefuses(t *testing.T) {
	cases := map[string]password.Options{
		"negative Concurrent":      {Concurrent: -1},
		"negative Queue":           {Queue: -1},
		"negative Wait":            {Wait: -time.Second},
		"PW-11 short pepper":       {Pepper: keys{"k1", map[string][]byte{"k1": make([]byte, 31)}}},
		"PW-11 pepper id with $":   {Pepper: keys{"k$1", map[string][]byte{"k$1": k1()}}},
		"PW-11 pepper id too long": {Pepper: keys{strings.Repeat("k", 33), map[string][]byte{strings.Repeat("k", 33): k1()}}},
	}
	for name, o := range cases {
		t.Run(name, func(t *testing.T) {
			if _, err := password.New(o); err == nil {
				t.Errorf("New(%+v) = nil error, want one", o)
			}
		})
	}
}

func TestPepper(t *testing.T) {
	k2 := bytes.Repeat([]byte{2}, 32)
	plain := newHasher(t, password.Options{})
	one := newHasher(t, password.Options{Pepper: keys{"k1", map[string][]byte{"k1": k1()}}})
	both := newHasher(t, password.Options{Pepper: keys{"k2", map[string][]byte{"k1": k1(), "k2": k2}}})
	stopping := newHasher(t, password.Options{Pepper: keys{"", map[string][]byte{"k1": k1()}}})
	seasoned := hash(t, one, good)
	match, stale, no := password.Verdict{Match: true}, password.Verdict{Match: true, Rehash: true}, password.Verdict{}

	t.Run("PW-11 the hash names its key", func(t *testing.T) {
		if want := "$argon2id-hmac-sha256$v=19$m=19456,t=2,p=1,keyid=k1$"; !strings.HasPrefix(seasoned, want) {
			t.Errorf("got %q, want it to begin with %q", seasoned, want)
		}
		if strings.Contains(seasoned, base64.RawStdEncoding.EncodeToString(k1())) {
			t.Error("the hash holds the key")
		}
	})
	cases := []struct {
		name    string
		h       *password.Hasher
		encoded string
		want    password.Verdict
	}{
		{"PW-11 matches with its key", one, seasoned, match},
		{"PW-11 rotation keeps the old key working and renews", both, seasoned, stale},
		{"PW-11 after rotation the new key is used", both, hash(t, both, good), match},
		{"PW-11 a hash from before gets a pepper", one, hash(t, plain, good), stale},
		{"PW-11 a pepper can be given up", stopping, seasoned, stale},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			wantVerdict(t, c.h, c.encoded, good, c.want)
			wantVerdict(t, c.h, c.encoded, "wrong", no)
		})
	}
	t.Run("PW-11 without the key nothing matches and an alarm is raised", func(t *testing.T) {
		var a alarms
		h := newHasher(t, password.Options{Pepper: keys{"k2", map[string][]byte{"k2": k2}}, Alarm: a.raise})
		wantVerdict(t, h, seasoned, good, no)
		if got := a.reasons(); len(got) != 1 || !strings.Contains(got[0], `"k1"`) {
			t.Errorf("alarms = %q, want one that names k1", got)
		}
	})
	t.Run("PW-11 another key of the same name does not match", func(t *testing.T) {
		wantVerdict(t, newHasher(t, password.Options{Pepper: keys{"k1", map[string][]byte{"k1": k2}}}), seasoned, good, no)
	})
}

func TestSpend(t *testing.T) {
	var a alarms
	for name, p := range map[string]password.Peppers{
		"PW-09 plain":       nil,
		"PW-09 with pepper": keys{"k1", map[string][]byte{"k1": k1()}},
	} {
		t.Run(name, func(t *testing.T) {
			h := newHasher(t, password.Options{Pepper: p, Alarm: a.raise})
			if err := h.Spend(context.Background()); err != nil {
				t.Errorf("Spend = %v, want nil", err)
			}
			wantVerdict(t, h, "", good, password.Verdict{})
			if got := a.reasons(); len(got) != 0 {
				t.Errorf("alarms = %q, want none", got)
			}
		})
	}
	t.Run("an ended request does no work", func(t *testing.T) {
		ctx, cancel := context.WithCancel(context.Background())
		cancel()
		if err := newHasher(t, password.Options{}).Spend(ctx); err != context.Canceled {
			t.Errorf("Spend = %v, want %v", err, context.Canceled)
		}
	})
}
