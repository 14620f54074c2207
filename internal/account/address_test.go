package account_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/sallyport/sallyport/internal/account"
	"github.com/sallyport/sallyport/internal/fault"
)

func TestParseAddress(t *testing.T) {
	for in, want := range map[string]account.Address{
		"ada@example.org":         {Display: "ada@example.org", Canonical: "ada@example.org"},
		" Ada.L+x@Example.ORG ":   {Display: "Ada.L+x@example.org", Canonical: "ada.l+x@example.org"},
		"ada@example.org.":        {Display: "ada@example.org", Canonical: "ada@example.org"},
		"ada@bücher.example":      {Display: "ada@xn--bcher-kva.example", Canonical: "ada@xn--bcher-kva.example"},
		"ada@BÜCHER.example":      {Display: "ada@xn--bcher-kva.example", Canonical: "ada@xn--bcher-kva.example"},
		"jose\u0301@example.org":  {Display: "josé@example.org", Canonical: "josé@example.org"},
		"JOSÉ@example.org":        {Display: "JOSÉ@example.org", Canonical: "josé@example.org"},
		"straße@example.org":      {Display: "straße@example.org", Canonical: "strasse@example.org"},
		"Σίσυφος@example.org":     {Display: "Σίσυφος@example.org", Canonical: "σίσυφοσ@example.org"},
		"!#$%&'*+-/=?^_`{|}~@a.b": {Display: "!#$%&'*+-/=?^_`{|}~@a.b", Canonical: "!#$%&'*+-/=?^_`{|}~@a.b"},
	} {
		got, err := account.ParseAddress(in)
		if err != nil || got != want {
			t.Errorf("RC-09 %q: got %+v, %v, want %+v", in, got, err, want)
		}
	}
	for _, in := range []string{
		"", "@", "a@", "@b.c", "a@b", "a@localhost", "a@b..c", "a@.b.c", "a@-b.c", "a@b-.c", "a@1.2.3.4", "a@[1.2.3.4]", "a@b.1",
		"a@b@c.d", "a@b.c,d@e.f", "a@b.c;d@e.f", "a@b.c d@e.f", "Ada <a@b.c>", "<a@b.c>", "a@b.c (comment)", "a (x)@b.c",
		"a@b.c\r\nBcc: x@y.z", "a\n@b.c", "a\x00@b.c", "a@b.c\x00", `"a b"@c.d`, `"a"@c.d`, ".a@b.c", "a.@b.c", "a..b@c.d", "a b@c.d",
		"a\u202e@b.c", "a\u200b@b.c", "a@b_c.d", "a\xff@b.c", "mailto:a@b.c ", strings.Repeat("a", 65) + "@b.c",
		strings.Repeat("é", 33) + "@b.c", "a@" + strings.Repeat("b", 64) + ".c", "a@" + strings.Repeat("bb.", 85) + "cc",
	} {
		if got, err := account.ParseAddress(in); fault.Of(err) != fault.CodeInvalidRequest {
			t.Errorf("RC-09 %q: got %+v, %v, want %s", in, got, err, fault.CodeInvalidRequest)
		}
	}
}

func TestCanonicalOrRaw(t *testing.T) {
	for in, want := range map[string]string{
		"Ada@Example.org": "ada@example.org", "rubbish": "invalid:rubbish", "a\x00b": "invalid:ab", "a\xffb": "invalid:ab", "": "invalid:",
	} {
		if got := account.CanonicalOrRaw(in); got != want {
			t.Errorf("RL-02 %q: got %q, want %q", in, got, want)
		}
	}
	if got := account.CanonicalOrRaw(strings.Repeat("x", 10_000)); len(got) > 300 {
		t.Errorf("got %d bytes, want a short key", len(got))
	}
}

func TestCleanName(t *testing.T) {
	for in, want := range map[string]string{
		"": "", " Ada Lovelace ": "Ada Lovelace", "Jose\u0301": "José", strings.Repeat("é", 100): strings.Repeat("é", 100), "O'Neil 3rd 🙂": "O'Neil 3rd 🙂",
	} {
		if got, err := account.CleanName(in); err != nil || got != want {
			t.Errorf("%q: got %q, %v, want %q", in, got, err, want)
		}
	}
	for _, in := range []string{"a\nb", "a\x1b[31m", "a\u202eb", "a\xff", strings.Repeat("a", 101), "a\x00"} {
		if got, err := account.CleanName(in); fault.Of(err) != fault.CodeInvalidRequest {
			t.Errorf("%q: got %q, %v, want %s", in, got, err, fault.CodeInvalidRequest)
		}
	}
}

// FuzzParseAddress holds what every accepted address is: one address, short,
// plain, and canonical once and for all.
func FuzzParseAddress(f *testing.F) {
	for _, s := range []string{"ada@example.org", "Σ@bücher.example", "ǅ@a.b", "İ@a.b", "a@b.c,d@e.f", "a\r\n@b.c", "ﬀ@a.b"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, in string) {
		a, err := account.ParseAddress(in)
		if err != nil {
			return
		}
		for _, s := range []string{a.Display, a.Canonical} {
			if len(s) > account.MaxAddress || strings.Count(s, "@") != 1 || strings.ContainsAny(s, " ,;<>()\r\n\x00\"") || !utf8.ValidString(s) {
				t.Errorf("RC-09 %q: got %q, want one plain address", in, s)
			}
		}
		again, err := account.ParseAddress(a.Canonical)
		if err != nil || again.Canonical != a.Canonical {
			t.Errorf("RC-09 %q: got %q, and of that %q, %v, want it to stay", in, a.Canonical, again.Canonical, err)
		}
		shown, err := account.ParseAddress(a.Display)
		if err != nil || shown.Canonical != a.Canonical {
			t.Errorf("RC-09 %q: the shown form is %q, %v, want the same account as %q", in, shown.Canonical, err, a.Canonical)
		}
	})
}
