package password_test

import (
	"context"
	"strings"
	"testing"
	"unicode/utf8"

	"golang.org/x/text/secure/precis"

	"github.com/sallyport/sallyport/internal/factor/password"
	"github.com/sallyport/sallyport/internal/fault"
)

func TestNormalize(t *testing.T) {
	same := map[string]string{
		"PW-02 printing ASCII":           ` !"#$%&'()*+,-./09:;<=>?@AZ[\]^_` + "`az{|}~",
		"PW-02 emoji":                    "😀🎉",
		"PW-02 emoji with selector":      "❤️",
		"PW-02 emoji joined":             "👨‍👩‍👧",
		"PW-02 emoji of recent Unicode":  "\U0001FAE9",
		"PW-03 outer spaces stay":        "  two  spaces  ",
		"PW-03 case stays":               "PassWord",
		"PW-03 compatibility forms stay": "ﬁne ｆｕｌｌ",
	}
	for name, in := range same {
		t.Run(name, func(t *testing.T) {
			if got, err := password.Normalize(in); got != in || err != nil {
				t.Errorf("Normalize(%q) = %q, %v; want it unchanged", in, got, err)
			}
		})
	}
	changed := []struct{ name, in, want string }{
		{"PW-03 decomposed becomes composed", "cafe\u0301", "caf\u00e9"},
		{"PW-03 jamo become a syllable", "\u1100\u1161", "\uac00"},
		{"PW-03 any space is a space", "a\u00a0b\u3000c\u2009d", "a b c d"},
	}
	for _, c := range changed {
		t.Run(c.name, func(t *testing.T) {
			if got, err := password.Normalize(c.in); got != c.want || err != nil {
				t.Errorf("Normalize(%q) = %q, %v; want %q", c.in, got, err, c.want)
			}
		})
	}
}

func TestNormalizeRefuses(t *testing.T) {
	cases := []struct{ name, in, field string }{
		{"empty", "", "empty"},
		{"not UTF-8", "abc\xff", "not_text"},
		{"NUL", "abc\x00def", "control_character"},
		{"tab", "abc\tdef", "control_character"},
		{"line break", "abc\n", "control_character"},
		{"C1 control", "abc\u0085", "control_character"},
	}
	h := newHasher(t, password.Options{})
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			_, err := password.Normalize(c.in)
			wantRefused(t, err, fault.CodeInvalidRequest, c.field)
			_, err = h.Hash(context.Background(), c.in)
			wantRefused(t, err, fault.CodeInvalidRequest, c.field)
			_, err = h.Verify(context.Background(), "", c.in)
			wantRefused(t, err, fault.CodeInvalidRequest, c.field)
			wantRefused(t, password.Policy{}.Check(c.in), fault.CodeWeakPassword, c.field)
		})
	}
}

func TestTooLong(t *testing.T) {
	long := strings.Repeat("correct horse ", 80)
	h := newHasher(t, password.Options{})
	t.Run("PW-02 1024 bytes are accepted", func(t *testing.T) {
		if password.TooLong(long[:1024]) {
			t.Error("TooLong(1024 bytes) = true, want false")
		}
		wantVerdict(t, h, hash(t, h, long[:1024]), long[:1024], password.Verdict{Match: true})
	})
	t.Run("PW-02 1025 bytes are refused before any work", func(t *testing.T) {
		if !password.TooLong(long[:1025]) {
			t.Error("TooLong(1025 bytes) = false, want true")
		}
		ended, cancel := context.WithCancel(context.Background())
		cancel() // any work would fail with this
		_, err := h.Hash(ended, long[:1025])
		wantRefused(t, err, fault.CodeInvalidRequest, "too_long")
		_, err = h.Verify(ended, "", long[:1025])
		wantRefused(t, err, fault.CodeInvalidRequest, "too_long")
		wantRefused(t, password.Policy{}.Check(long[:1025]), fault.CodeWeakPassword, password.ReasonTooLong)
	})
	t.Run("PW-02 the limit counts bytes as sent", func(t *testing.T) {
		if emoji := strings.Repeat("😀", 257); !password.TooLong(emoji) {
			t.Errorf("TooLong(%d bytes) = false, want true", len(emoji))
		}
	})
}

func FuzzNormalize(f *testing.F) {
	for _, s := range []string{"", "cafe\u0301", "a\u00a0b", "❤️", "\xff", "x\x00", "\u1100\u1161", "\u0344"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, in string) {
		got, err := password.Normalize(in)
		profile, profileErr := precis.OpaqueString.String(in)
		if utf8.ValidString(in) && profileErr == nil && (err != nil || got != profile) {
			t.Fatalf("Normalize(%q) = %q, %v; RFC 8265 says %q", in, got, err, profile)
		}
		if err != nil {
			return
		}
		if again, err := password.Normalize(got); again != got || err != nil {
			t.Fatalf("Normalize(%q) = %q, %v; want it unchanged", got, again, err)
		}
	})
}
