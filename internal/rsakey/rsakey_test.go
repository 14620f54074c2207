package rsakey_test

import (
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"errors"
	"math/big"
	"testing"

	"github.com/sallyport/sallyport/internal/rsakey"
	"github.com/sallyport/sallyport/internal/vectortest"
)

// bits returns an odd number of that many bits that is no power of 65537 modulo
// the small primes.
func bits(n uint) *big.Int {
	one := big.NewInt(1)
	return new(big.Int).Sub(new(big.Int).Lsh(one, n), one)
}

func TestCheck(t *testing.T) {
	for _, tc := range []struct {
		name string
		n    *big.Int
		e    int
		want error
	}{
		{"none", nil, 65537, rsakey.ErrSize},
		{"zero", new(big.Int), 65537, rsakey.ErrSize},
		{"below zero", new(big.Int).Neg(bits(2048)), 65537, rsakey.ErrSize},
		{"2047 bits", bits(2047), 65537, rsakey.ErrSize},
		{"2048 bits", bits(2048), 65537, nil},
		{"8192 bits", bits(8192), 65537, nil},
		{"8193 bits", bits(8193), 65537, rsakey.ErrSize},
		{"exponent 3", bits(2048), 3, nil},
		{"the largest exponent", bits(2048), 1<<31 - 1, nil},
		{"exponent 0", bits(2048), 0, rsakey.ErrExponent},
		{"exponent 1", bits(2048), 1, rsakey.ErrExponent},
		{"exponent 2", bits(2048), 2, rsakey.ErrExponent},
		{"even exponent", bits(2048), 65536, rsakey.ErrExponent},
		{"exponent below zero", bits(2048), -3, rsakey.ErrExponent},
		{"a larger exponent", bits(2048), 1<<31 + 1, rsakey.ErrExponent},
	} {
		t.Run("TK-06 "+tc.name, func(t *testing.T) {
			if err := rsakey.Check(&rsa.PublicKey{N: tc.n, E: tc.e}); !errors.Is(err, tc.want) {
				t.Errorf("got %v, want %v", err, tc.want)
			}
		})
	}
}

func TestFreshKeysAreFit(t *testing.T) {
	k, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	if err := rsakey.Check(&k.PublicKey); err != nil {
		t.Errorf("got %v, want a fresh key accepted", err)
	}
}

// TestFactorableKey takes a key of the broken library from Wycheproof.
func TestFactorableKey(t *testing.T) {
	groups, _ := vectortest.Load[struct {
		Comment string `json:"comment"`
		Public  struct {
			Keys []struct{ N string }
		} `json:"public"`
	}](t, "json_web_key")
	found := 0
	for _, g := range groups {
		if g.Comment != "jws_rsa_roca_key" {
			continue
		}
		for _, k := range g.Public.Keys {
			n, err := base64.RawURLEncoding.DecodeString(k.N)
			if err != nil {
				t.Fatal(err)
			}
			found++
			if err := rsakey.Check(&rsa.PublicKey{N: new(big.Int).SetBytes(n), E: 65537}); !errors.Is(err, rsakey.ErrBroken) {
				t.Errorf("CVE-2017-15361: got %v, want ErrBroken", err)
			}
		}
	}
	if found == 0 {
		t.Error("the set has no such key")
	}
}
