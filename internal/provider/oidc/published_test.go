package oidc_test

import (
	"crypto/ecdsa"
	"crypto/rsa"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"testing"
	"time"

	"github.com/sallyport/sallyport/internal/provider"
	"github.com/sallyport/sallyport/internal/provider/oidc"
	"github.com/sallyport/sallyport/internal/rsakey"
)

// FuzzKeySet gives any answer as a provider's key set: what is kept of it is
// sound public keys that may verify, and no more than 64.
func FuzzKeySet(f *testing.F) {
	r := newRig(f)
	if raw, err := json.Marshal(map[string]any{"keys": []any{jwk(f, &r.op.RSA.PublicKey), jwk(f, &r.op.EC.PublicKey)}}); err == nil {
		f.Add(raw)
	}
	for _, s := range []string{
		`{"keys":[{"kty":"oct","k":"AAAA","alg":"HS256"},{"kty":"RSA","n":"AQ","e":"AQAB"},{"kty":"EC","crv":"P-256","x":"AA","y":"AA"}]}`,
		`{"keys":[{"kty":"RSA","n":"","e":"AA","key_ops":["encrypt"]}]}`, `{"keys":null}`, `{"keys":{}}`, `[]`, ``,
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		keys, err := oidc.PublishedKeys(t.Context(), &http.Client{Transport: answer(body)}, start)
		if err != nil {
			if !errors.Is(err, provider.ErrRejected) && !errors.Is(err, provider.ErrUnavailable) {
				t.Errorf("%q: got %v, want it rejected", body, err)
			}
			return
		}
		if len(keys) == 0 || len(keys) > 64 {
			t.Errorf("%q: got %d keys, want 1 to 64", body, len(keys))
		}
		for _, k := range keys {
			switch public := k.(type) {
			case *rsa.PublicKey:
				if err := rsakey.Check(public); err != nil {
					t.Errorf("%q: got a key that is unfit: %v", body, err)
				}
			case *ecdsa.PublicKey:
				if public.Params().BitSize != 256 {
					t.Errorf("%q: got a key on %s", body, public.Params().Name)
				}
			default:
				t.Errorf("OA-04 %q: got a %T among the keys", body, k)
			}
		}
	})
}

// FuzzDiscovery gives any answer as a provider's metadata: what is taken names
// exactly the issuer that was asked, and addresses with https alone (OA-13).
func FuzzDiscovery(f *testing.F) {
	const issuer = "https://op.example"
	for _, s := range []string{
		`{"issuer":"https://op.example","authorization_endpoint":"https://op.example/a","token_endpoint":"https://op.example/t","jwks_uri":"https://op.example/k"}`,
		`{"issuer":"https://op.example","authorization_endpoint":"http://op.example/a","token_endpoint":"//op.example/t","jwks_uri":"https:k"}`,
		`{"issuer":"https://op.example","authorization_endpoint":"https://u@op.example/a","token_endpoint":"https://op.example/t#x","jwks_uri":"https://op.example/k","userinfo_endpoint":"javascript:1"}`,
		`{"issuer":"https://op.example/"}`, `[]`, `null`,
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		p := oidc.New(oidc.Settings{Issuer: issuer, ClientID: "c", Client: &http.Client{Transport: answer(body)}, Clock: func() time.Time { return start }})
		d, err := p.Discover(t.Context())
		if err != nil {
			if !errors.Is(err, provider.ErrRejected) && !errors.Is(err, provider.ErrUnavailable) {
				t.Errorf("%q: got %v, want it rejected", body, err)
			}
			return
		}
		for _, address := range []string{d.AuthURL, d.TokenURL, d.KeysURL, d.UserInfoURL, d.RevokeURL} {
			u, err := url.Parse(address)
			if address != "" && (err != nil || u.Scheme != "https" || u.Host == "" || u.User != nil || u.Fragment != "") {
				t.Errorf("%q: got the address %q", body, address)
			}
		}
		if d.Issuer != issuer || d.AuthURL == "" || d.TokenURL == "" || d.KeysURL == "" {
			t.Errorf("%q: got %+v", body, d)
		}
	})
}

// jwk is a public key as a provider publishes it.
func jwk(f *testing.F, public any) json.RawMessage {
	f.Helper()
	raw, err := oidc.JWK(public)
	if err != nil {
		f.Fatal(err)
	}
	return raw
}
