package seal_test

import (
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/sallyport/sallyport/internal/seal"
)

const (
	keyA = "q7Fv0pL2xZ9mT4cWn8RbJ5sYd1HgKu6E-aXoViPyQ3w"
	keyB = "Zt3Kq9Lw5Rx1Vb7Nc2Md8Fg4Hj6Sp0Ya-uEoIiTrWqXy"
)

func newRing(t testing.TB, keys ...string) *seal.Keyring {
	t.Helper()
	ring, err := seal.NewKeyring(keys)
	if err != nil {
		t.Fatalf("NewKeyring: got error %v, want none", err)
	}
	return ring
}

func TestSealAndOpen(t *testing.T) {
	ring := newRing(t, keyA)
	for _, plain := range [][]byte{{}, []byte("x"), []byte("JBSWY3DPEHPK3PXP"), bytes.Repeat([]byte{0}, 100_000)} {
		t.Run(fmt.Sprintf("OP-02 %d bytes", len(plain)), func(t *testing.T) {
			sealed := ring.Seal(plain, "user_mfa", "row-1", "secret")
			if got, want := len(sealed), len(plain)+seal.Overhead; got != want {
				t.Errorf("length: got %d, want %d", got, want)
			}
			got, err := ring.Open(sealed, "user_mfa", "row-1", "secret")
			if err != nil || !bytes.Equal(got, plain) {
				t.Errorf("Open: got %d bytes and error %v, want the %d sealed ones", len(got), err, len(plain))
			}
		})
	}
}

func TestSealedTwiceDiffers(t *testing.T) {
	t.Run("OP-02 the nonce is random", func(t *testing.T) {
		ring := newRing(t, keyA)
		seen := map[string]bool{}
		for range 1000 {
			sealed := ring.Seal([]byte("same"), "t", "r", "c")
			nonce := string(sealed[9:21])
			if seen[nonce] {
				t.Fatalf("nonce %x: got it twice, want it once", nonce)
			}
			seen[nonce] = true
		}
	})
}

func TestAnotherPlaceDoesNotOpen(t *testing.T) {
	ring := newRing(t, keyA)
	sealed := ring.Seal([]byte("secret of alice"), "user_mfa", "alice", "secret")
	for _, c := range []struct{ name, table, row, column string }{
		{"another row", "user_mfa", "bob", "secret"},
		{"another table", "oauth_accounts", "alice", "secret"},
		{"another column", "user_mfa", "alice", "phone"},
		{"empty row", "user_mfa", "", "secret"},
		{"letter case", "user_mfa", "Alice", "secret"},
		{"bytes moved from table to row", "user_mf", "aalice", "secret"},
		{"bytes moved from row to column", "user_mfa", "alic", "esecret"},
		{"separator inside the row", "user_mfa", "alice|secret", ""},
	} {
		t.Run("OP-02 "+c.name, func(t *testing.T) {
			got, err := ring.Open(sealed, c.table, c.row, c.column)
			if !errors.Is(err, seal.ErrBroken) || got != nil {
				t.Errorf("got %q and error %v, want nothing and %v", got, err, seal.ErrBroken)
			}
		})
	}
}

func TestDamageDoesNotOpen(t *testing.T) {
	ring := newRing(t, keyA, keyB)
	sealed := ring.Seal([]byte("JBSWY3DPEHPK3PXP"), "user_mfa", "alice", "secret")
	t.Run("OP-02 every flipped bit", func(t *testing.T) {
		for bit := range len(sealed) * 8 {
			bad := bytes.Clone(sealed)
			bad[bit/8] ^= 1 << (bit % 8)
			if got, err := ring.Open(bad, "user_mfa", "alice", "secret"); err == nil {
				t.Errorf("bit %d flipped: got %q, want an error", bit, got)
			}
		}
	})
	t.Run("OP-02 every shorter and longer value", func(t *testing.T) {
		for n := range len(sealed) {
			if got, err := ring.Open(sealed[:n], "user_mfa", "alice", "secret"); err == nil {
				t.Errorf("first %d bytes: got %q, want an error", n, got)
			}
		}
		if got, err := ring.Open(append(bytes.Clone(sealed), 0), "user_mfa", "alice", "secret"); err == nil {
			t.Errorf("one byte more: got %q, want an error", got)
		}
	})
	t.Run("OP-02 the id of another key of the list in front", func(t *testing.T) {
		other := newRing(t, keyB).Seal(nil, "user_mfa", "alice", "secret")
		bad := append(bytes.Clone(other[:9]), sealed[9:]...)
		if _, err := ring.Open(bad, "user_mfa", "alice", "secret"); !errors.Is(err, seal.ErrBroken) {
			t.Errorf("got error %v, want %v", err, seal.ErrBroken)
		}
	})
}

func TestRotation(t *testing.T) {
	before, during, after := newRing(t, keyA), newRing(t, keyB, keyA), newRing(t, keyB)
	old := before.Seal([]byte("kept"), "t", "r", "c")

	t.Run("OP-03 the old key opens while it is listed", func(t *testing.T) {
		got, err := during.Open(old, "t", "r", "c")
		if err != nil || string(got) != "kept" {
			t.Errorf("got %q and error %v, want %q", got, err, "kept")
		}
	})
	t.Run("OP-03 Stale marks what has to be sealed again", func(t *testing.T) {
		fresh := during.Seal([]byte("kept"), "t", "r", "c")
		if got := during.Stale(old); !got {
			t.Errorf("Stale of the old value: got %v, want true", got)
		}
		if got := during.Stale(fresh); got {
			t.Errorf("Stale of the new value: got %v, want false", got)
		}
		if got := before.Stale(old); got {
			t.Errorf("Stale before the rotation: got %v, want false", got)
		}
		for _, odd := range [][]byte{nil, {1}, append([]byte{2}, fresh[1:]...)} {
			if !during.Stale(odd) {
				t.Errorf("Stale of %x: got false, want true", odd)
			}
		}
		if got, err := after.Open(fresh, "t", "r", "c"); err != nil || string(got) != "kept" {
			t.Errorf("after the rotation: got %q and error %v, want %q", got, err, "kept")
		}
	})
	t.Run("OP-03 a key taken off the list is named as the cause", func(t *testing.T) {
		if _, err := after.Open(old, "t", "r", "c"); !errors.Is(err, seal.ErrUnknownKey) {
			t.Errorf("got error %v, want %v", err, seal.ErrUnknownKey)
		}
	})
}

// The value was sealed by the first version of this package. If it stops
// opening, so does every database.
func TestLayoutIsStable(t *testing.T) {
	t.Run("OP-02 a value of the first version opens", func(t *testing.T) {
		sealed, err := hex.DecodeString(firstVersion)
		if err != nil {
			t.Fatal(err)
		}
		got, err := newRing(t, keyA).Open(sealed, "signing_keys", "kid-1", "private")
		if err != nil || string(got) != "layout one" {
			t.Errorf("got %q and error %v, want %q", got, err, "layout one")
		}
	})
}

func TestKeyringHidesItsKeys(t *testing.T) {
	ring := newRing(t, keyA)
	for _, format := range []string{"%v", "%s", "%+v", "%#v"} {
		if got, want := fmt.Sprintf(format, ring), "keyring of 1"; got != want {
			t.Errorf("%s: got %q, want %q", format, got, want)
		}
	}
}

func TestSpacesAroundAKeyDoNotCount(t *testing.T) {
	sealed := newRing(t, keyA).Seal([]byte("x"), "t", "r", "c")
	if _, err := newRing(t, " "+keyA+"\n").Open(sealed, "t", "r", "c"); err != nil {
		t.Errorf("the same key read from a file with a line feed: got error %v, want none", err)
	}
}

func TestKeyringRefusesLists(t *testing.T) {
	for _, c := range []struct {
		name string
		keys []string
		want string
	}{
		{"none", nil, "empty"},
		{"a weak second value", []string{keyA, "k3Jd9Xq2"}, "value 2"},
		{"an empty second value", []string{keyA, ""}, "value 2"},
		{"the same value twice", []string{keyA, keyB, keyA}, "value 3: given twice"},
	} {
		t.Run("TK-06 "+c.name, func(t *testing.T) {
			ring, err := seal.NewKeyring(c.keys)
			if err == nil || ring != nil || !strings.Contains(err.Error(), c.want) {
				t.Fatalf("got %v and error %v, want an error with %q", ring, err, c.want)
			}
			for _, k := range c.keys {
				if k != "" && strings.Contains(err.Error(), k) {
					t.Errorf("the error repeats the key: %v", err)
				}
			}
		})
	}
}

func FuzzOpen(f *testing.F) {
	ring := newRing(f, keyA, keyB)
	good := ring.Seal([]byte("secret"), "t", "r", "c")
	f.Add(good)
	f.Add(newRing(f, keyB).Seal([]byte("other"), "t", "r", "c"))
	f.Add([]byte{})
	f.Add(good[:seal.Overhead])
	f.Fuzz(func(t *testing.T, sealed []byte) {
		ring.Stale(sealed)
		plain, err := ring.Open(sealed, "t", "r", "c")
		if err == nil && string(plain) != "secret" && string(plain) != "other" {
			t.Errorf("%x: got %q, want a refusal of what was never sealed", sealed, plain)
		}
		if err == nil {
			return
		}
		if !errors.Is(err, seal.ErrBroken) && !errors.Is(err, seal.ErrUnknownKey) {
			t.Errorf("%x: got error %v, want one of the two that are documented", sealed, err)
		}
	})
}
