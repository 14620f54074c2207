package provider_test

import (
	"encoding/base64"
	"strings"
	"testing"

	"github.com/sallyport/sallyport/internal/provider"
)

// FuzzReadSecret holds that a cookie is recognised if it is what a fresh passage
// may get, and in that one spelling (OA-01).
func FuzzReadSecret(f *testing.F) {
	good := provider.NewSecret()
	for _, s := range []string{good, good + "\n", "\r" + good, good + "=", good[1:], strings.ToUpper(good), strings.Repeat("A", 42) + "B", ""} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		b, err := base64.RawURLEncoding.DecodeString(s)
		canonical := err == nil && len(b) == 32 && base64.RawURLEncoding.EncodeToString(b) == s
		if got := provider.ReadSecret(s); got != canonical {
			t.Errorf("%q: got recognised %v, want %v", s, got, canonical)
		}
	})
}
