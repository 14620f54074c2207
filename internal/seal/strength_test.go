package seal_test

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"strings"
	"testing"

	"github.com/sallyport/sallyport/internal/seal"
)

func TestWeakKeysAreRefused(t *testing.T) {
	for _, c := range []struct {
		name, key string
		want      error
	}{
		{"empty", "", seal.ErrShort},
		{"31 characters of text", keyA[:31], seal.ErrShort},
		{"16 bytes in hex", "9f86d081884c7d659a2feaa0c55ad015", seal.ErrShort},
		{"31 bytes in hex", "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a", seal.ErrShort},
		{"one character", strings.Repeat("x", 64), seal.ErrMonotone},
		{"zeroes in hex", strings.Repeat("0", 64), seal.ErrMonotone},
		{"zeroes in base64", base64.StdEncoding.EncodeToString(make([]byte, 32)), seal.ErrMonotone},
		{"two characters", strings.Repeat("ab", 32), seal.ErrMonotone},
		{"a short value repeated", strings.Repeat("k3Jd9Xq2", 5), seal.ErrMonotone},
		{"a value twice", "k3Jd9Xq2mW7pRt5v" + "k3Jd9Xq2mW7pRt5v", seal.ErrMonotone},
		{"the alphabet", "abcdefghijklmnopqrstuvwxyzABCDEFGHIJ", seal.ErrMonotone},
		{"backwards", "zyxwvutsrqponmlkjihgfedcbaZYXWVUTSRQ", seal.ErrMonotone},
		{"counting", strings.Repeat("0123456789", 7), seal.ErrWellKnown},
		{"changeme", "changeme-changeme-changeme-123456", seal.ErrWellKnown},
		{"CHANGE_ME in capitals", "CHANGE_ME_q7Fv0pL2xZ9mT4cWn8RbJ5sYd1", seal.ErrWellKnown},
		{"your-secret-key", "your-secret-key-here-q7Fv0pL2xZ9mT4c", seal.ErrWellKnown},
		{"password", "MyPassword-q7Fv0pL2xZ9mT4cWn8RbJ5sYd", seal.ErrWellKnown},
		{"5 KiB", strings.Repeat(keyA, 120), seal.ErrLong},
	} {
		t.Run("TK-06 "+c.name, func(t *testing.T) {
			if got := seal.CheckKey(c.key); !errors.Is(got, c.want) {
				t.Errorf("CheckKey: got %v, want %v", got, c.want)
			}
			if _, err := seal.NewKeyring([]string{c.key}); !errors.Is(err, c.want) {
				t.Errorf("NewKeyring: got %v, want %v", err, c.want)
			}
		})
	}
}

func TestGoodKeysAreAccepted(t *testing.T) {
	for _, c := range []struct{ name, key string }{
		{"32 characters of text", "q7Fv0pL2xZ9mT4cWn8RbJ5sYd1HgKu6E"},
		{"a sentence", "nine grey herons walk along our muddy river"},
		{"32 bytes in hex", "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"},
		{"32 bytes in padded base64", "n4bQgYhMfWWaL+qgxVrQFaO/TxsrC4Is0V1sFbDwCgg="},
		{"letters outside ASCII", "Grüße aus Köln, wo die Möwen über den Rhein fliegen"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if err := seal.CheckKey(c.key); err != nil {
				t.Errorf("got %v, want it accepted", err)
			}
		})
	}
}

func TestGeneratedKeysPass(t *testing.T) {
	for range 2000 {
		if k := seal.GenerateKey(); len(k) != 43 || seal.CheckKey(k) != nil {
			t.Fatalf("GenerateKey: got %q refused with %v, want 43 characters accepted", k, seal.CheckKey(k))
		}
		var b [32]byte
		rand.Read(b[:])
		if k := hex.EncodeToString(b[:]); seal.CheckKey(k) != nil {
			t.Fatalf("hex %q: got %v, want it accepted", k, seal.CheckKey(k))
		}
	}
}
