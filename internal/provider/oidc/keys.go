package oidc

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rsa"
	"encoding/json"
	"net/http"
	"slices"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/sallyport/sallyport/internal/provider"
	"github.com/sallyport/sallyport/internal/rsakey"
)

// algorithms are those an ID token may be signed with (OA-04).
func algorithms() []jose.SignatureAlgorithm {
	return []jose.SignatureAlgorithm{jose.RS256, jose.ES256}
}

// maxKeys is how many keys of a set are looked at.
const maxKeys = 64

// key is one public key of a provider.
type key struct {
	jose.JSONWebKey
	// Issuer is Microsoft's own member: the issuer whose tokens this key signs;
	// empty elsewhere.
	Issuer string
}

// keySet verifies signatures with the keys a provider publishes.
type keySet struct{ keys *kept[[]key] }

// fetchKeys reads the key set. Keys that cannot be used are passed over: secret
// ones above all, which would let a public key pass for an HMAC secret.
func (p *Provider) fetchKeys(ctx context.Context) ([]key, error) {
	d, _, err := p.document.get(ctx, time.Time{})
	if err != nil {
		return nil, err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, d.KeysURL, nil)
	if err != nil {
		return nil, err
	}
	var set struct {
		Keys []json.RawMessage `json:"keys"`
	}
	if err := provider.FetchJSON(p.Client, req, &set); err != nil {
		return nil, err
	}
	var out []key
	for _, raw := range set.Keys[:min(len(set.Keys), maxKeys)] {
		var k key
		var own struct {
			Issuer string   `json:"issuer"`
			Ops    []string `json:"key_ops"`
		}
		if json.Unmarshal(raw, &k.JSONWebKey) == nil && json.Unmarshal(raw, &own) == nil && usable(k.JSONWebKey, own.Ops) {
			k.Issuer = own.Issuer
			out = append(out, k)
		}
	}
	if len(out) == 0 {
		return nil, provider.Rejected("the key set holds no usable key")
	}
	return out, nil
}

// usable accepts sound RSA keys and P-256 keys, for signatures. ops is what else
// the key says it is for (RFC 7517 §4.3); nil: nothing.
func usable(k jose.JSONWebKey, ops []string) bool {
	if k.Use != "" && k.Use != "sig" || ops != nil && !slices.Contains(ops, "verify") {
		return false
	}
	return algorithmOf(k) != "" && (k.Algorithm == "" || k.Algorithm == string(algorithmOf(k)))
}

// algorithmOf is the one algorithm a key is used with; "" for none.
func algorithmOf(k jose.JSONWebKey) jose.SignatureAlgorithm {
	switch pub := k.Key.(type) {
	case *rsa.PublicKey:
		if rsakey.Check(pub) == nil {
			return jose.RS256
		}
	case *ecdsa.PublicKey:
		if pub.Curve == elliptic.P256() {
			return jose.ES256
		}
	}
	return ""
}

// verify returns the payload of a token and the key that signed it. A key id
// that is not held is asked for once a minute at most.
func (s keySet) verify(ctx context.Context, raw string) ([]byte, key, error) {
	jws, err := jose.ParseSignedCompact(raw, algorithms())
	if err != nil || len(jws.Signatures) != 1 {
		return nil, key{}, provider.Rejected("the ID token is not a JWT signed with RS256 or ES256")
	}
	keys, at, err := s.keys.get(ctx, time.Time{})
	if err != nil {
		return nil, key{}, err
	}
	header := jws.Signatures[0].Header
	k, ok := pick(keys, header)
	if !ok {
		if keys, _, err = s.keys.get(ctx, at); err != nil {
			return nil, key{}, err
		}
		if k, ok = pick(keys, header); !ok {
			return nil, key{}, provider.Rejected("the ID token names a key that is not published")
		}
	}
	payload, err := jws.Verify(k.Key)
	if err != nil {
		return nil, key{}, provider.Rejected("the signature of the ID token does not verify")
	}
	return payload, k, nil
}

// pick finds the key a header names. A header that names none is accepted where
// only one key would do (OpenID Connect Core §10.1).
func pick(keys []key, h jose.Header) (key, bool) {
	var fits []key
	for _, k := range keys {
		if string(algorithmOf(k.JSONWebKey)) == h.Algorithm && (h.KeyID == "" || k.KeyID == h.KeyID) {
			fits = append(fits, k)
		}
	}
	if len(fits) == 0 || h.KeyID == "" && len(fits) > 1 {
		return key{}, false
	}
	return fits[0], true
}
