package password_test

import (
	"errors"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/sallyport/sallyport/internal/factor/password"
)

// SHA-1 of "violet kettle orbit sandal" by sha1sum, as downloads write it.
const violet, violetSHA1 = "violet kettle orbit sandal", "2A255CC9E9CBB833EC435DF199BE3A07E12B1A08"

func load(t *testing.T, text string) *password.Blocklist {
	t.Helper()
	b, err := password.LoadBreached(strings.NewReader(text))
	if err != nil {
		t.Fatalf("LoadBreached(%q): %v", text, err)
	}
	return b
}

func TestBreached(t *testing.T) {
	lists := map[string]string{
		"plain":                violet + "\n",
		"plain, other case":    "Violet KETTLE orbit sandal",
		"plain, CRLF":          "first\r\n" + violet + "\r\nlast\r\n",
		"SHA-1":                violetSHA1,
		"SHA-1, lower case":    strings.ToLower(violetSHA1),
		"SHA-1 with count":     "00000000A8DAE4228F821FB418F59826079BF368:4\n" + violetSHA1 + ":12\r\n",
		"mixed and repeated":   "\n\n" + violet + "\n" + violetSHA1 + ":1\n" + violet,
		"beside other encodes": "caf\xe9\n" + violet,
	}
	for name, list := range lists {
		t.Run("PW-05 "+name, func(t *testing.T) {
			p := password.Policy{Breached: load(t, list)}
			wantChecked(t, p, violet, password.ReasonBreached)
			wantChecked(t, p, "Violet Kettle Orbit Sandal", password.ReasonBreached)
			wantChecked(t, p, violet+" too", "")
			wantChecked(t, p, good, "")
		})
	}
	t.Run("PW-05 a composed and a decomposed line are one password", func(t *testing.T) {
		b := load(t, "cre\u0300me bru\u0302le\u0301e forever\ncr\u00e8me br\u00fbl\u00e9e forever\n")
		if got, has := b.Len(), b.Has("CR\u00c8ME br\u00fble\u0301e forever"); got != 1 || !has {
			t.Errorf("Len = %d, Has = %v; want 1, true", got, has)
		}
	})
	t.Run("PW-05 no list refuses nothing", func(t *testing.T) {
		var none *password.Blocklist
		if none.Len() != 0 || none.Has(violet) {
			t.Errorf("nil list: Len = %d, Has = %v; want 0, false", none.Len(), none.Has(violet))
		}
		wantChecked(t, password.Policy{Breached: load(t, "")}, violet, "")
	})
}

func TestLoadBreachedRefuses(t *testing.T) {
	t.Run("PW-05 more lines than it may hold", func(t *testing.T) {
		if b, err := password.LoadBreachedLimit(strings.NewReader("a\nb\nc\n"), 3); err != nil || b.Len() != 3 {
			t.Errorf("3 lines of 3: %v, %v; want all", b.Len(), err)
		}
		if _, err := password.LoadBreachedLimit(strings.NewReader("a\nb\nc\nd\n"), 3); err == nil || !strings.Contains(err.Error(), "most frequent") {
			t.Errorf("4 lines of 3: %v, want an error that says what to do", err)
		}
	})
	t.Run("PW-05 an NTLM list would refuse nothing", func(t *testing.T) {
		_, err := password.LoadBreached(strings.NewReader("first\n32ED87BDB5FDC5E9CBA88547376818D4:24230577\n"))
		if err == nil || !strings.Contains(err.Error(), "line 2") || strings.Contains(err.Error(), "32ED") {
			t.Errorf("got %v, want an error for line 2 that does not repeat it", err)
		}
	})
	t.Run("PW-05 an endless line", func(t *testing.T) {
		if _, err := password.LoadBreached(strings.NewReader("a\n" + strings.Repeat("x", 5000))); err == nil {
			t.Error("got nil, want an error")
		}
	})
	t.Run("PW-05 a reader that fails", func(t *testing.T) {
		broken := errors.New("disk gone")
		if _, err := password.LoadBreached(iotest.ErrReader(broken)); !errors.Is(err, broken) {
			t.Errorf("got %v, want %v", err, broken)
		}
	})
}

func FuzzLoadBreached(f *testing.F) {
	for _, s := range []string{"", "\n", violet, violetSHA1 + ":3\r\n", "32ED87BDB5FDC5E9CBA88547376818D4:2", ":", "\xff", strings.Repeat("a", 40)} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		b, err := password.LoadBreached(strings.NewReader(text))
		if (b == nil) != (err != nil) {
			t.Fatalf("LoadBreached(%q) = %v, %v", text, b, err)
		}
		if lines := strings.Count(text, "\n") + 1; b.Len() > lines {
			t.Fatalf("%d passwords out of %d lines", b.Len(), lines)
		}
	})
}
