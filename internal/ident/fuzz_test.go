package ident_test

import (
	"strings"
	"testing"

	"github.com/sallyport/sallyport/internal/ident"
)

// FuzzValid holds that an id from outside is valid in one spelling only, and
// that a valid one has nothing a query, a path or a log could stumble over.
func FuzzValid(f *testing.F) {
	for _, s := range []string{
		ident.New(), strings.ToUpper(ident.New()), "{" + ident.New() + "}", "urn:uuid:" + ident.New(), ident.New() + "\n",
		"00000000-0000-0000-0000-000000000000", "0190aaaa000070008000000000000000", "",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if !ident.Valid(s) {
			return
		}
		if len(s) != 36 || strings.Trim(s, "0123456789abcdef-") != "" || strings.Count(s, "-") != 4 {
			t.Errorf("%q: got valid", s)
		}
		if at, ok := ident.Time(s); ok != (s[14] == '7') || ok && (at.Year() < 1970 || at.Nanosecond()%1e6 != 0) {
			t.Errorf("%q: got %v, %v, want the time of version 7 to the millisecond", s, at, ok)
		}
	})
}
