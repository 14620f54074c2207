package oidc_test

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"

	"github.com/go-jose/go-jose/v4"

	"github.com/sallyport/sallyport/internal/provider"
	"github.com/sallyport/sallyport/internal/provider/providertest"
)

// tampering is one way in which an ID token is not what it should be.
type tampering struct {
	name   string
	claims func(c map[string]any)
	sign   func(op *providertest.OP, payload []byte) string
}

func set(name string, value any) func(map[string]any) {
	return func(c map[string]any) { c[name] = value }
}

func drop(name string) func(map[string]any) { return func(c map[string]any) { delete(c, name) } }

func at(offset time.Duration) int64 { return start.Add(offset).Unix() }

func part(s string) string { return base64.RawURLEncoding.EncodeToString([]byte(s)) }

// public is the provider's RSA key as an attacker has it.
func public(op *providertest.OP, blockType string) []byte {
	der, err := x509.MarshalPKIXPublicKey(&op.RSA.PublicKey)
	if err != nil {
		panic(err)
	}
	if blockType == "" {
		return der
	}
	return pem.EncodeToMemory(&pem.Block{Type: blockType, Bytes: der})
}

func tamperings() []tampering {
	good := func(op *providertest.OP, payload []byte) string {
		return op.Signed(jose.RS256, op.RSA, "key-1", payload)
	}
	return []tampering{
		{name: "wrong iss", claims: set("iss", "https://evil.example")},
		{name: "iss with a slash more", claims: func(c map[string]any) { c["iss"] = c["iss"].(string) + "/" }},
		{name: "iss in capitals", claims: func(c map[string]any) { c["iss"] = strings.ToUpper(c["iss"].(string)) }},
		{name: "no iss", claims: drop("iss")},
		{name: "iss that is a list", claims: func(c map[string]any) { c["iss"] = []any{c["iss"]} }},
		{name: "wrong aud", claims: set("aud", "another-client")},
		{name: "no aud", claims: drop("aud")},
		{name: "empty aud", claims: set("aud", []any{})},
		{name: "aud in capitals", claims: set("aud", strings.ToUpper(providertest.ClientID))},
		{name: "aud that is a number", claims: set("aud", 7)},
		{name: "several aud without azp", claims: set("aud", []any{providertest.ClientID, "another-client"})},
		{name: "several aud, azp of another", claims: func(c map[string]any) {
			c["aud"], c["azp"] = []any{providertest.ClientID, "another-client"}, "another-client"
		}},
		{name: "one aud, azp of another", claims: set("azp", "another-client")},
		{name: "expired", claims: set("exp", at(-2*time.Minute))},
		{name: "no exp", claims: drop("exp")},
		{name: "exp that is a text", claims: set("exp", "tomorrow")},
		{name: "exp far out of range", claims: set("exp", 1e300)},
		{name: "exp below zero", claims: set("exp", -1)},
		{name: "no iat", claims: drop("iat")},
		{name: "iat an hour ago", claims: set("iat", at(-time.Hour))},
		{name: "iat in the future", claims: set("iat", at(2*time.Minute))},
		{name: "nbf in the future", claims: set("nbf", at(2*time.Minute))},
		{name: "no nonce", claims: drop("nonce")},
		{name: "empty nonce", claims: set("nonce", "")},
		{name: "nonce of another sign-in", claims: set("nonce", "another")},
		{name: "nonce that is a list", claims: func(c map[string]any) { c["nonce"] = []any{c["nonce"]} }},
		{name: "no sub", claims: drop("sub")},
		{name: "empty sub", claims: set("sub", "")},
		{name: "sub that is a number", claims: set("sub", 1001)},
		{name: "at_hash of another access token", claims: set("at_hash", "AAAAAAAAAAAAAAAAAAAAAA")},
		{name: "nonce only in capitals", claims: func(c map[string]any) { c["NONCE"] = c["nonce"]; delete(c, "nonce") }},

		{name: "alg none", sign: func(_ *providertest.OP, p []byte) string { return part(`{"alg":"none"}`) + "." + part(string(p)) + "." }},
		{name: "alg None", sign: func(_ *providertest.OP, p []byte) string {
			return part(`{"alg":"None"}`) + "." + part(string(p)) + "."
		}},
		{name: "alg none with a good signature", sign: func(op *providertest.OP, p []byte) string {
			parts := strings.Split(good(op, p), ".")
			return part(`{"alg":"none","kid":"key-1"}`) + "." + parts[1] + "." + parts[2]
		}},
		{name: "HS256 with the public key (DER)", sign: func(op *providertest.OP, p []byte) string {
			return op.Signed(jose.HS256, public(op, ""), "key-1", p)
		}},
		{name: "HS256 with the public key (PEM)", sign: func(op *providertest.OP, p []byte) string {
			return op.Signed(jose.HS256, public(op, "PUBLIC KEY"), "key-1", p)
		}},
		{name: "HS256 with the client secret", sign: func(op *providertest.OP, p []byte) string {
			return op.Signed(jose.HS256, []byte(providertest.ClientSecret+strings.Repeat("x", 32)), "key-1", p)
		}},
		{name: "RS384", sign: func(op *providertest.OP, p []byte) string { return op.Signed(jose.RS384, op.RSA, "key-1", p) }},
		{name: "PS256", sign: func(op *providertest.OP, p []byte) string { return op.Signed(jose.PS256, op.RSA, "key-1", p) }},
		{name: "an RSA key of somebody else", sign: func(op *providertest.OP, p []byte) string {
			k, err := rsa.GenerateKey(rand.Reader, 2048)
			if err != nil {
				panic(err)
			}
			return op.Signed(jose.RS256, k, "key-1", p)
		}},
		{name: "an EC key of somebody else", sign: func(op *providertest.OP, p []byte) string {
			k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
			if err != nil {
				panic(err)
			}
			return op.Signed(jose.ES256, k, "key-1-ec", p)
		}},
		{name: "the key inside the token", sign: func(op *providertest.OP, p []byte) string {
			k, err := rsa.GenerateKey(rand.Reader, 2048)
			if err != nil {
				panic(err)
			}
			signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.RS256, Key: k}, &jose.SignerOptions{EmbedJWK: true})
			if err != nil {
				panic(err)
			}
			jws, err := signer.Sign(p)
			if err != nil {
				panic(err)
			}
			raw, err := jws.CompactSerialize()
			if err != nil {
				panic(err)
			}
			return raw
		}},
		{name: "an unknown kid", sign: func(op *providertest.OP, p []byte) string { return op.Signed(jose.RS256, op.RSA, "key-9", p) }},
		{name: "the kid of the other key", sign: func(op *providertest.OP, p []byte) string {
			return op.Signed(jose.RS256, op.RSA, "key-1-ec", p)
		}},
		{name: "an unknown critical header", sign: func(op *providertest.OP, p []byte) string {
			signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.RS256, Key: op.RSA},
				(&jose.SignerOptions{}).WithHeader("kid", "key-1").WithHeader("crit", []string{"evil"}).WithHeader("evil", true))
			if err != nil {
				panic(err)
			}
			jws, err := signer.Sign(p)
			if err != nil {
				panic(err)
			}
			raw, err := jws.CompactSerialize()
			if err != nil {
				panic(err)
			}
			return raw
		}},
		{name: "one bit of the signature", sign: func(op *providertest.OP, p []byte) string {
			raw := []byte(good(op, p))
			raw[len(raw)-20] ^= 1
			return string(raw)
		}},
		{name: "another payload under the signature", sign: func(op *providertest.OP, p []byte) string {
			parts := strings.Split(good(op, p), ".")
			return parts[0] + "." + part(strings.Replace(string(p), "1001", "1002", 1)) + "." + parts[2]
		}},
		{name: "no signature", sign: func(op *providertest.OP, p []byte) string {
			parts := strings.Split(good(op, p), ".")
			return parts[0] + "." + parts[1] + "."
		}},
		{name: "two parts", sign: func(op *providertest.OP, p []byte) string {
			parts := strings.Split(good(op, p), ".")
			return parts[0] + "." + parts[1]
		}},
		{name: "JSON serialization with two signatures", sign: func(op *providertest.OP, p []byte) string {
			parts := strings.Split(good(op, p), ".")
			sig := map[string]string{"protected": parts[0], "signature": parts[2]}
			raw, err := json.Marshal(map[string]any{"payload": parts[1], "signatures": []any{sig, sig}})
			if err != nil {
				panic(err)
			}
			return string(raw)
		}},
		{name: "a payload that is no object", sign: func(op *providertest.OP, _ []byte) string { return good(op, []byte(`["a"]`)) }},
		{name: "no token at all", sign: func(*providertest.OP, []byte) string { return "" }},
		{name: "rubbish", sign: func(*providertest.OP, []byte) string { return "rubbish" }},
	}
}

func TestTamperedIDTokens(t *testing.T) {
	all := tamperings()
	if len(all) < 25 {
		t.Fatalf("table: got %d rows, want at least 25", len(all))
	}
	for _, tc := range all {
		t.Run("OA-03 OA-04 "+tc.name, func(t *testing.T) {
			r := newRig(t)
			r.op.Claims = tc.claims
			if tc.sign != nil {
				r.op.Sign = func(p []byte) string { return tc.sign(r.op, p) }
			}
			id, err := r.redeem(t, ada())
			if !errors.Is(err, provider.ErrRejected) || id.Subject != "" {
				t.Errorf("Redeem: got %+v %v, want it rejected", id, err)
			}
		})
	}
}

// TestAcceptedIDTokens is the other side: what is merely unusual passes, so the
// table above refuses for the reasons it names.
func TestAcceptedIDTokens(t *testing.T) {
	for _, tc := range []tampering{
		{name: "as it should be"},
		{name: "a list of one audience", claims: set("aud", []any{providertest.ClientID})},
		{name: "several aud and our azp", claims: func(c map[string]any) {
			c["aud"], c["azp"] = []any{"another-client", providertest.ClientID}, providertest.ClientID
		}},
		{name: "within the skew: expired 50 s ago", claims: set("exp", at(-50*time.Second))},
		{name: "within the skew: issued in 50 s", claims: set("iat", at(50*time.Second))},
		{name: "issued 10 min ago", claims: set("iat", at(-10*time.Minute))},
		{name: "times with fractions", claims: set("iat", float64(at(0))+0.5)},
		{name: "ES256", sign: func(op *providertest.OP, p []byte) string { return op.Signed(jose.ES256, op.EC, "key-1-ec", p) }},
		{name: "no kid, where one key fits", sign: func(op *providertest.OP, p []byte) string { return op.Signed(jose.RS256, op.RSA, "", p) }},
	} {
		t.Run("OA-04 "+tc.name, func(t *testing.T) {
			r := newRig(t)
			r.op.Claims = tc.claims
			if tc.sign != nil {
				r.op.Sign = func(p []byte) string { return tc.sign(r.op, p) }
			}
			id, err := r.redeem(t, ada())
			if err != nil || id.Subject != "1001" || id.Issuer != r.op.Issuer {
				t.Errorf("Redeem: got %+v %v, want subject 1001", id, err)
			}
		})
	}
}
