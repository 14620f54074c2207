package seal_test

import (
	"bytes"
	"encoding/hex"
	"testing"

	"github.com/sallyport/sallyport/internal/seal"
)

func TestMAC(t *testing.T) {
	ring := newRing(t, keyA)
	part := func(s string) []byte { return []byte(s) }
	base := ring.MAC("challenge", part("ab"), part("c"))
	if got, want := len(base), 32; got != want {
		t.Fatalf("length: got %d, want %d", got, want)
	}
	if got := ring.MAC("challenge", part("ab"), part("c")); !bytes.Equal(got, base) {
		t.Errorf("the same again: got %x, want %x", got, base)
	}
	for _, c := range []struct {
		name string
		mac  []byte
	}{
		{"another purpose", ring.MAC("ticket", part("ab"), part("c"))},
		{"a byte moved to the next part", ring.MAC("challenge", part("a"), part("bc"))},
		{"one part", ring.MAC("challenge", part("abc"))},
		{"an empty part more", ring.MAC("challenge", part("ab"), part("c"), nil)},
		{"no parts", ring.MAC("challenge")},
		{"another key", newRing(t, keyB).MAC("challenge", part("ab"), part("c"))},
	} {
		t.Run(c.name, func(t *testing.T) {
			if bytes.Equal(c.mac, base) {
				t.Errorf("got the same MAC %x, want another", c.mac)
			}
		})
	}
}

func TestMACsAfterRotation(t *testing.T) {
	stored := newRing(t, keyA).MAC("challenge", []byte("x"))
	ring := newRing(t, keyB, keyA)

	t.Run("OP-03 the first is the one of the first key", func(t *testing.T) {
		all := ring.MACs("challenge", []byte("x"))
		if len(all) != 2 || !bytes.Equal(all[0], ring.MAC("challenge", []byte("x"))) || !bytes.Equal(all[1], stored) {
			t.Errorf("got %x, want the new MAC and then %x", all, stored)
		}
	})
	t.Run("OP-03 what was stored before is still recognised", func(t *testing.T) {
		if !ring.VerifyMAC(stored, "challenge", []byte("x")) {
			t.Error("got false, want true")
		}
	})
	for _, c := range []struct {
		name    string
		mac     []byte
		purpose string
		ring    *seal.Keyring
	}{
		{"another purpose", stored, "ticket", ring},
		{"cut", stored[:31], "challenge", ring},
		{"empty", nil, "challenge", ring},
		{"key taken off the list", stored, "challenge", newRing(t, keyB)},
	} {
		t.Run(c.name, func(t *testing.T) {
			if c.ring.VerifyMAC(c.mac, c.purpose, []byte("x")) {
				t.Error("got true, want false")
			}
		})
	}
}

// Stored MACs must be recognised by later versions.
func TestMACIsStable(t *testing.T) {
	got := hex.EncodeToString(newRing(t, keyA).MAC("challenge", []byte("a"), []byte("bc")))
	if got != firstMAC {
		t.Errorf("got %s, want %s", got, firstMAC)
	}
}
