package token_test

import (
	"crypto"
	"crypto/x509"
	"encoding/json"
	"testing"

	"github.com/go-jose/go-jose/v4"

	"github.com/sallyport/sallyport/internal/token"
	"github.com/sallyport/sallyport/internal/vectortest"
)

type signatureVector struct {
	vectortest.Vector
	Msg vectortest.Hex `json:"msg"`
	Sig vectortest.Hex `json:"sig"`
}

// TestWycheproofSignatures verifies signatures of other makers. A JWS has the two
// numbers of ECDSA side by side (RFC 7518 §3.4), which is the form of the p1363
// set; in the other they are in DER.
func TestWycheproofSignatures(t *testing.T) {
	const der = "ECDSA in DER, which a JWS does not have (RFC 7518 §3.4)"
	for _, tc := range []struct{ set, rule string }{
		{"ecdsa_secp256r1_sha256_p1363", ""}, {"ecdsa_secp256r1_sha256", der}, {"ed25519", ""},
		{"rsa_signature_2048_sha256", ""}, {"rsa_signature_3072_sha256", ""}, {"rsa_signature_4096_sha256", ""},
		{"rsa_signature_8192_sha256", ""},
	} {
		t.Run("TK-01 "+tc.set, func(t *testing.T) {
			tally := vectortest.Tally{Set: tc.set, Code: "token: verify a signature", NothingToAccept: tc.rule != ""}
			groups, count := vectortest.Load[struct {
				Key   vectortest.Hex    `json:"publicKeyDer"`
				Tests []signatureVector `json:"tests"`
			}](t, tc.set)
			for _, g := range groups {
				public, err := x509.ParsePKIXPublicKey(g.Key)
				if err != nil {
					t.Fatal(err)
				}
				for _, v := range g.Tests {
					tally.Judge(t, v.Vector, tc.rule, token.FitsPublic(public, string(v.Msg), v.Sig))
				}
			}
			tally.Done(t, count)
		})
	}
}

// TestWycheproofSigning signs with the keys of others. RSA PKCS #1 v1.5 has one
// signature for each text, so ours must be theirs.
func TestWycheproofSigning(t *testing.T) {
	for _, tc := range []struct {
		set  string
		weak bool
	}{
		{"rsa_pkcs1_1024_sig_gen", true}, {"rsa_pkcs1_1536_sig_gen", true},
		{"rsa_pkcs1_2048_sig_gen", false}, {"rsa_pkcs1_3072_sig_gen", false}, {"rsa_pkcs1_4096_sig_gen", false},
	} {
		t.Run("TK-01 "+tc.set, func(t *testing.T) {
			rule := map[bool]string{true: "an RSA key of fewer than 2048 bits (RFC 7518 §3.3)"}[tc.weak]
			tally := vectortest.Tally{Set: tc.set, Code: "token: read a key, sign", NothingToAccept: tc.weak, NothingToRefuse: true}
			groups, count := vectortest.Load[struct {
				Key   vectortest.Hex    `json:"privateKeyPkcs8"`
				SHA   string            `json:"sha"`
				Tests []signatureVector `json:"tests"`
			}](t, tc.set)
			for _, g := range groups {
				for _, v := range g.Tests {
					if g.SHA != "SHA-256" {
						tally.Pass("a hash other than SHA-256")
						continue
					}
					tally.Judge(t, v.Vector, rule, signsAlike(t, g.Key, v))
				}
			}
			tally.Done(t, count)
		})
	}
}

// signsAlike reports whether the key is taken and gives the vector's signature.
func signsAlike(t *testing.T, pkcs8 []byte, v signatureVector) bool {
	t.Helper()
	private, err := x509.ParsePKCS8PrivateKey(pkcs8)
	if err != nil {
		t.Fatal(err)
	}
	id, err := token.Thumbprint(private.(crypto.Signer).Public())
	if err != nil {
		t.Fatal(err)
	}
	k, err := token.ParsePrivate(id, token.RS256, pkcs8)
	if err != nil {
		return false
	}
	got, err := token.SignText(k, string(v.Msg))
	return err == nil && string(got) == string(v.Sig)
}

// TestWycheproofTokens verifies whole tokens as access tokens, with the key that
// is in each group among ours. None says that it is one, so all are refused.
func TestWycheproofTokens(t *testing.T) {
	const set = "json_web_signature"
	tally := vectortest.Tally{Set: set, Code: "token: verify an access token", NothingToAccept: true}
	groups, count := vectortest.Load[struct {
		Public *jose.JSONWebKey `json:"public"`
		Tests  []struct {
			vectortest.Vector
			JWS json.RawMessage `json:"jws"`
		} `json:"tests"`
	}](t, set)
	ours := 0
	for _, g := range groups {
		b := newBench(t, token.ES256)
		if g.Public != nil && (g.Public.Algorithm == token.ES256 || g.Public.Algorithm == token.RS256) {
			b.keys.Replace([]token.Key{{ID: g.Public.KeyID, Alg: g.Public.Algorithm, Public: g.Public.Key}})
			ours++
		}
		for _, v := range g.Tests {
			var raw string
			if err := json.Unmarshal(v.JWS, &raw); err != nil {
				raw = string(v.JWS) // the JSON serialisation
			}
			_, err := b.verifier.Verify(raw)
			if err != nil && token.Reason(err) == "" {
				t.Errorf("%d: got %v, want a reason", v.ID, err)
			}
			tally.Judge(t, v.Vector, "not an access token: no typ at+jwt (TK-03)", err == nil)
		}
	}
	if ours == 0 {
		t.Error("got no group whose key we could have, want some")
	}
	tally.Done(t, count)
}

// TestThumbprints holds key ids to the examples of RFC 7638 §3.1 and RFC 8037
// A.3.
func TestThumbprints(t *testing.T) {
	for _, tc := range []struct{ name, jwk, want string }{
		{"RFC 7638 3.1", rfc7638Key, "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs"},
		{"RFC 8037 A.3", rfc8037Key, "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			var k jose.JSONWebKey
			if err := json.Unmarshal([]byte(tc.jwk), &k); err != nil {
				t.Fatal(err)
			}
			public := k.Public()
			if got, err := token.Thumbprint(public.Key); err != nil || got != tc.want {
				t.Errorf("got %q, %v, want %q", got, err, tc.want)
			}
		})
	}
}
