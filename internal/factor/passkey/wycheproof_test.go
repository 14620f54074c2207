package passkey_test

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"
	"crypto/x509"
	"encoding/binary"
	"math/big"
	"testing"

	"github.com/sallyport/sallyport/internal/factor/passkey"
	"github.com/sallyport/sallyport/internal/vectortest"
)

type signatureGroup struct {
	Key   vectortest.Hex `json:"publicKeyDer"`
	Tests []struct {
		vectortest.Vector
		Msg vectortest.Hex `json:"msg"`
		Sig vectortest.Hex `json:"sig"`
	} `json:"tests"`
}

// TestWycheproof runs signatures as authenticators write them: ECDSA in DER.
func TestWycheproof(t *testing.T) {
	for _, set := range []string{
		"ecdsa_secp256r1_sha256", "ecdsa_secp384r1_sha384", "ecdsa_secp521r1_sha512", "ed25519",
		"rsa_signature_2048_sha256", "rsa_signature_3072_sha256", "rsa_signature_4096_sha256", "rsa_signature_8192_sha256",
	} {
		t.Run("WA-16 "+set, func(t *testing.T) {
			tally := vectortest.Tally{Set: set, Code: "factor/passkey: fit key, go-webauthn's verifier"}
			groups, count := vectortest.Load[signatureGroup](t, set)
			for _, g := range groups {
				key := coseOf(t, g.Key)
				for _, v := range g.Tests {
					tally.Judge(t, v.Vector, "", passkey.Verifies(key, v.Msg, v.Sig))
				}
			}
			tally.Done(t, count)
		})
	}
}

// coseOf writes a public key in the form authenticators hand out (RFC 9053 §7,
// RFC 8230 §4).
func coseOf(t *testing.T, der []byte) []byte {
	t.Helper()
	public, err := x509.ParsePKIXPublicKey(der)
	if err != nil {
		t.Fatal(err)
	}
	switch k := public.(type) {
	case *ecdsa.PublicKey:
		raw, err := k.Bytes()
		if err != nil {
			t.Fatal(err)
		}
		head := map[elliptic.Curve][]byte{ // {1: 2, 3: alg, -1: curve, …
			elliptic.P256(): {0xa5, 1, 2, 3, 0x26, 0x20, 1},
			elliptic.P384(): {0xa5, 1, 2, 3, 0x38, 34, 0x20, 2},
			elliptic.P521(): {0xa5, 1, 2, 3, 0x38, 35, 0x20, 3},
		}[k.Curve]
		half := len(raw) / 2
		return append(append(head, octetString(0x21, raw[1:1+half])...), octetString(0x22, raw[1+half:])...)
	case ed25519.PublicKey:
		return append([]byte{0xa4, 1, 1, 3, 0x27, 0x20, 6}, octetString(0x21, k)...)
	case *rsa.PublicKey:
		out := append([]byte{0xa4, 1, 3, 3, 0x39, 1, 0}, octetString(0x20, k.N.Bytes())...)
		return append(out, octetString(0x21, big.NewInt(int64(k.E)).Bytes())...)
	}
	t.Fatalf("got %T, want a key that passkeys have", public)
	return nil
}

// octetString is a member of a CBOR map: its label and bytes.
func octetString(label byte, b []byte) []byte {
	if len(b) < 24 {
		return append([]byte{label, 0x40 | byte(len(b))}, b...)
	}
	return append(binary.BigEndian.AppendUint16([]byte{label, 0x59}, uint16(len(b))), b...)
}
