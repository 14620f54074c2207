package token

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"fmt"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/sallyport/sallyport/internal/rsakey"
)

// The algorithms a key may have (RFC 7518 §3.1, RFC 8037 §3.1).
const (
	ES256 = "ES256" // ECDSA on P-256 with SHA-256; the default
	EdDSA = "EdDSA" // Ed25519
	RS256 = "RS256" // RSA PKCS #1 v1.5 with SHA-256, for backends that know nothing newer
)

// rsaBits is the size of a new RSA key.
const rsaBits = 3072

// ErrKey is returned for key material that does not fit its record.
var ErrKey = errors.New("token: not a usable signing key")

// Key is one signing key: one row of signing_keys. A key is used with one
// algorithm only, the one recorded with it (RFC 8725 §3.1, TK-01). Printing a key
// does not show its private half.
type Key struct {
	// ID is the kid: the SHA-256 thumbprint of the public key (RFC 7638).
	ID string
	// Alg is ES256, EdDSA or RS256.
	Alg string
	// Private signs. It is sealed at rest; nil in a key that only verifies.
	Private crypto.Signer `json:"-"`
	// Public verifies: *ecdsa.PublicKey, ed25519.PublicKey or *rsa.PublicKey.
	Public crypto.PublicKey
	// CreatedAt is when the key was made; it is published from then on.
	CreatedAt time.Time
	// ActiveFrom is when it begins to sign.
	ActiveFrom time.Time
	// RetiresAt is when no token it signed can be alive any more: from then on it
	// is neither published nor accepted. Zero until a successor is planned.
	RetiresAt time.Time
}

// String names the key without its private half.
func (k Key) String() string { return k.Alg + " key " + k.ID }

// GoString names the key without its private half.
func (k Key) GoString() string { return k.String() }

// retired reports whether the key is out of use at now.
func (k Key) retired(now time.Time) bool {
	return !k.RetiresAt.IsZero() && !now.Before(k.RetiresAt)
}

// fits reports whether signature is this key's over signed. Golang-jwt holds the
// length of the signature to what RFC 7518 §3.4 fixes.
func (k *Key) fits(signed string, signature []byte) bool {
	return method(k.Alg).Verify(signed, signature, k.Public) == nil
}

// same reports whether public is the key's public half.
func (k *Key) same(public crypto.PublicKey) bool {
	p, ok := k.Public.(interface{ Equal(crypto.PublicKey) bool })
	return ok && p.Equal(public)
}

// GenerateKey makes a key that is active from now on. It returns ErrKey for an
// algorithm that is not one of the three.
func GenerateKey(alg string, now time.Time) (Key, error) {
	var private crypto.Signer
	var err error
	switch alg {
	case ES256:
		private, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	case EdDSA:
		_, private, err = ed25519.GenerateKey(rand.Reader)
	case RS256:
		private, err = rsa.GenerateKey(rand.Reader, rsaBits)
	default:
		return Key{}, fmt.Errorf("%w: algorithm %q", ErrKey, alg)
	}
	if err != nil {
		return Key{}, fmt.Errorf("token: generate %s key: %w", alg, err)
	}
	k, err := newKey(private)
	k.CreatedAt, k.ActiveFrom = now, now
	return k, err
}

// MarshalPrivate gives the private key in PKCS #8 DER. Whoever stores it seals it
// first.
func MarshalPrivate(k Key) ([]byte, error) {
	if k.Private == nil {
		return nil, fmt.Errorf("%w: %v has no private half", ErrKey, k)
	}
	return x509.MarshalPKCS8PrivateKey(k.Private)
}

// ParsePrivate reads what MarshalPrivate gave. It returns ErrKey unless the
// material has the recorded id and algorithm, so that a row cannot be made to
// verify under another algorithm. The caller fills in the three instants.
func ParsePrivate(id, alg string, der []byte) (Key, error) {
	parsed, err := x509.ParsePKCS8PrivateKey(der)
	if err != nil {
		return Key{}, fmt.Errorf("%w: not PKCS #8", ErrKey)
	}
	private, ok := parsed.(crypto.Signer)
	if !ok {
		return Key{}, fmt.Errorf("%w: it cannot sign", ErrKey)
	}
	k, err := newKey(private)
	if err != nil {
		return Key{}, err
	}
	if k.ID != id || k.Alg != alg {
		return Key{}, fmt.Errorf("%w: recorded as %s key %q, found %v", ErrKey, alg, id, k)
	}
	return k, nil
}

// newKey derives algorithm and id from the key material.
func newKey(private crypto.Signer) (Key, error) {
	public := private.Public()
	alg, err := algOf(public)
	if err != nil {
		return Key{}, err
	}
	id, err := thumbprint(public)
	return Key{ID: id, Alg: alg, Private: private, Public: public}, err
}

// algOf gives the one algorithm for a public key.
func algOf(public crypto.PublicKey) (string, error) {
	switch p := public.(type) {
	case *ecdsa.PublicKey:
		if p.Curve == elliptic.P256() {
			return ES256, nil
		}
	case ed25519.PublicKey:
		return EdDSA, nil
	case *rsa.PublicKey:
		if rsakey.Check(p) == nil {
			return RS256, nil
		}
	}
	return "", fmt.Errorf("%w: want P-256, Ed25519, or sound RSA of at least %d bits", ErrKey, rsakey.MinBits)
}

// thumbprint is RFC 7638 with SHA-256 in base64url, 43 characters.
func thumbprint(public crypto.PublicKey) (string, error) {
	jwk := jose.JSONWebKey{Key: public}
	sum, err := jwk.Thumbprint(crypto.SHA256)
	if err != nil {
		return "", fmt.Errorf("%w: %w", ErrKey, err)
	}
	return base64.RawURLEncoding.EncodeToString(sum), nil
}
