package fingerprint_test

import (
	"encoding/hex"
	"testing"

	"github.com/sallyport/sallyport/internal/factor/password/fingerprint"
)

func TestOf(t *testing.T) {
	// The example of FIPS 180: SHA-1 of "abc".
	sum, err := hex.DecodeString("a9993e364706816aba3e25717850c26c9cd0d89d")
	if err != nil {
		t.Fatal(err)
	}
	const want = uint64(0xa9993e364706816a)
	if got := fingerprint.Of("abc"); got != want {
		t.Errorf("Of = %x, want %x", got, want)
	}
	if got := fingerprint.FromDigest(sum); got != want {
		t.Errorf("FromDigest = %x, want %x", got, want)
	}
}

func TestFold(t *testing.T) {
	cases := []struct{ name, in, want string }{
		{"PW-05 case is no matter", "PassWord", "password"},
		{"PW-05 accents in either form", "E\u0301cole", "\u00e9cole"},
		{"PW-05 other scripts", "ПАРОЛЬ", "пароль"},
		{"PW-05 nothing else changes", " p@ss w0rd ", " p@ss w0rd "},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			if got := fingerprint.Fold(c.in); got != c.want {
				t.Errorf("Fold(%q) = %q, want %q", c.in, got, c.want)
			}
		})
	}
}
