package opaque_test

import (
	"encoding/base64"
	"errors"
	"testing"

	"github.com/sallyport/sallyport/internal/opaque"
)

func TestDecode(t *testing.T) {
	for _, tt := range []struct{ name, text, want string }{
		{"empty", "", ""},
		{"bytes", "-_8A", "\xfb\xff\x00"},
		{"without padding", "YQ", "a"},
	} {
		got, err := opaque.Decode(tt.text)
		if err != nil || string(got) != tt.want {
			t.Errorf("%s: got %q, %v; want %q", tt.name, got, err, tt.want)
		}
	}
	for name, text := range map[string]string{
		"padding": "YQ==", "stray bits": "YR", "line feed": "Y\nQ", "carriage return": "YQ\r", "the other alphabet": "+/8A", "half a byte": "Y", "blank": "Y Q",
	} {
		if got, err := opaque.Decode(text); !errors.Is(err, opaque.ErrSpelling) {
			t.Errorf("%s: got %q, %v; want ErrSpelling", name, got, err)
		}
	}
}

// FuzzDecode holds that what is read was spelled in the only way.
func FuzzDecode(f *testing.F) {
	for _, seed := range []string{"", "YQ", "YR", "Y\nQ", "-_8A"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		got, err := opaque.Decode(text)
		if err == nil && base64.RawURLEncoding.EncodeToString(got) != text {
			t.Errorf("got %q read as %x, which is spelled %q", text, got, base64.RawURLEncoding.EncodeToString(got))
		}
	})
}
