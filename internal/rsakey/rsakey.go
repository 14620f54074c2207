package rsakey

import (
	"crypto/rsa"
	"errors"
	"math"
	"math/big"
)

// The sizes of a modulus in bits. Below MinBits a key can be broken (RFC 7518
// §3.3, NIST SP 800-131A); above MaxBits verifying with it costs more than a
// stranger may ask for.
const (
	MinBits = 2048
	MaxBits = 8192
)

// Why a key is refused.
var (
	ErrSize     = errors.New("rsakey: the modulus has fewer than 2048 or more than 8192 bits")
	ErrExponent = errors.New("rsakey: the exponent is not an odd number from 3 to 2147483647")
	ErrBroken   = errors.New("rsakey: the key was made by a library whose keys can be factored (CVE-2017-15361)")
)

// Check returns why a public key must not be used; nil if it may.
func Check(k *rsa.PublicKey) error {
	switch {
	case k.N == nil || k.N.Sign() <= 0 || k.N.BitLen() < MinBits || k.N.BitLen() > MaxBits:
		return ErrSize
	case k.E < 3 || k.E%2 == 0 || k.E > math.MaxInt32:
		return ErrExponent
	case factorable(k.N):
		return ErrBroken
	}
	return nil
}

// lastPrime ends the primes whose product the broken library built its keys of
// MinBits and more on.
const lastPrime = 701

// factorable finds the mark of CVE-2017-15361: modulo every one of the small
// primes the modulus is a power of 65537. A sound key has it once in more than
// 2^100.
func factorable(n *big.Int) bool {
	for p := int64(3); p <= lastPrime; p += 2 {
		prime := big.NewInt(p)
		if prime.ProbablyPrime(0) && !powerOf65537(new(big.Int).Mod(n, prime).Int64(), p) {
			return false
		}
	}
	return true
}

// powerOf65537 reports whether r is a power of 65537 modulo p.
func powerOf65537(r, p int64) bool {
	power := int64(1)
	for range p {
		if power == r {
			return true
		}
		power = power * 65537 % p
	}
	return false
}
