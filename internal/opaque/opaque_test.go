package opaque_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"github.com/sallyport/sallyport/internal/opaque"
)

var kinds = []opaque.Kind{
	opaque.Refresh, opaque.Attempt, opaque.EmailVerify, opaque.PasswordReset, opaque.EmailChange, opaque.EmailUndo, opaque.Ticket,
	opaque.Handover, opaque.Setup, opaque.Device, opaque.OAuthState, opaque.Service,
}

// TestKindsDoNotMix tries every kind as every other.
func TestKindsDoNotMix(t *testing.T) {
	for _, made := range kinds {
		token, hash := opaque.New(made)
		for _, asked := range kinds {
			got, err := opaque.Hash(asked, token)
			if made == asked && (err != nil || !bytes.Equal(got, hash)) {
				t.Errorf("%s: got %x, %v, want its own hash", made, got, err)
			}
			if made != asked && !errors.Is(err, opaque.ErrShape) {
				t.Errorf("TK-03 %s as %s: got %v, want ErrShape", made, asked, err)
			}
		}
	}
}

func TestNew(t *testing.T) {
	seen := map[string]bool{}
	for range 1000 {
		token, hash := opaque.New(opaque.Refresh)
		if len(token) != 4+43 || len(hash) != 32 || seen[token] || strings.Contains(token, string(hash)) {
			t.Fatalf("TK-07 OP-01 got %q and %d bytes, want 256 fresh bits and a SHA-256", token, len(hash))
		}
		seen[token] = true
	}
}

// FuzzHash accepts nothing that New would not write.
func FuzzHash(f *testing.F) {
	token, _ := opaque.New(opaque.Refresh)
	for _, s := range []string{token, token[:46], token[:45] + "A\n", token[:45] + "\rA", token + "A", token[:46] + "_", "spr_", "", "spr_" + strings.Repeat("=", 43), strings.ToUpper(token)} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, in string) {
		hash, err := opaque.Hash(opaque.Refresh, in)
		if err != nil {
			if hash != nil {
				t.Errorf("%q: got a hash with %v", in, err)
			}
			return
		}
		if len(in) != 47 || !strings.HasPrefix(in, "spr_") || strings.Trim(in[4:], "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_") != "" || len(hash) != 32 {
			t.Errorf("%q: got accepted, want only what New writes", in)
		}
	})
}
