package passkey_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/hex"
	"math/big"
	"testing"
	"time"
)

// newCA is a certificate that no attestation leads to.
func newCA(t *testing.T) *x509.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := x509.CreateCertificate(rand.Reader, &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "Another CA"}, IsCA: true, BasicConstraintsValid: true,
		NotBefore: noon.Add(-time.Hour), NotAfter: noon.AddDate(50, 0, 0),
	}, &x509.Certificate{Subject: pkix.Name{CommonName: "Another CA"}}, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	c, err := x509.ParseCertificate(raw)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// modelOf reads the AAGUID out of a vector's attestation object: it stands
// before the length and the bytes of the credential id.
func modelOf(v vector) string {
	object := hex.EncodeToString(v.Registration.Attestation)
	for i := 0; i+len(v.CredentialID)*2 <= len(object); i += 2 {
		if object[i:i+len(v.CredentialID)*2] == hex.EncodeToString(v.CredentialID) {
			id := object[i-36 : i-4]
			return id[:8] + "-" + id[8:12] + "-" + id[12:16] + "-" + id[16:20] + "-" + id[20:]
		}
	}
	return ""
}
