package token_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"math/big"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/sallyport/sallyport/internal/token"
)

var update = flag.Bool("update", false, "write the golden files")

func TestPrivateKeyRoundTrip(t *testing.T) {
	for _, alg := range []string{token.ES256, token.EdDSA, token.RS256} {
		t.Run("TK-06 "+alg, func(t *testing.T) {
			k := newKey(t, alg, start)
			der, err := token.MarshalPrivate(k)
			if err != nil {
				t.Fatal(err)
			}
			got, err := token.ParsePrivate(k.ID, alg, der)
			if err != nil || got.ID != k.ID || got.Alg != alg || len(k.ID) != 43 {
				t.Fatalf("got %v and error %v, want %v", got, err, k)
			}
			if !got.Public.(interface{ Equal(crypto.PublicKey) bool }).Equal(k.Public) {
				t.Errorf("public key: got %v, want %v", got.Public, k.Public)
			}
			if _, err := token.ParsePrivate("another", alg, der); !errors.Is(err, token.ErrKey) {
				t.Errorf("under another id: got %v, want %v", err, token.ErrKey)
			}
			if _, err := token.ParsePrivate(k.ID, "HS256", der); !errors.Is(err, token.ErrKey) {
				t.Errorf("under another algorithm: got %v, want %v", err, token.ErrKey)
			}
		})
	}
}

func TestUnusableKeys(t *testing.T) {
	p384, _ := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	t.Run("TK-01 unknown algorithm", func(t *testing.T) {
		for _, alg := range []string{"", "none", "HS256", "ES384", "es256"} {
			if _, err := token.GenerateKey(alg, start); !errors.Is(err, token.ErrKey) {
				t.Errorf("%q: got %v, want %v", alg, err, token.ErrKey)
			}
		}
	})
	t.Run("TK-01 another curve", func(t *testing.T) {
		der, _ := x509.MarshalPKCS8PrivateKey(p384)
		if _, err := token.ParsePrivate("x", "ES384", der); !errors.Is(err, token.ErrKey) {
			t.Errorf("got %v, want %v", err, token.ErrKey)
		}
	})
	t.Run("TK-01 RSA with 1024 bits", func(t *testing.T) {
		t.Setenv("GODEBUG", "rsa1024min=0")
		small, err := rsa.GenerateKey(rand.Reader, 1024)
		if err != nil {
			t.Fatal(err)
		}
		der, _ := x509.MarshalPKCS8PrivateKey(small)
		if _, err := token.ParsePrivate("x", token.RS256, der); !errors.Is(err, token.ErrKey) {
			t.Errorf("got %v, want %v", err, token.ErrKey)
		}
	})
	t.Run("TK-06 not a key", func(t *testing.T) {
		for _, der := range [][]byte{nil, []byte("x"), {0x30, 0}} {
			if _, err := token.ParsePrivate("x", token.ES256, der); !errors.Is(err, token.ErrKey) {
				t.Errorf("%x: got %v, want %v", der, err, token.ErrKey)
			}
		}
	})
	t.Run("TK-06 a key that only verifies", func(t *testing.T) {
		k := newKey(t, token.ES256, start)
		k.Private = nil
		if _, err := token.MarshalPrivate(k); !errors.Is(err, token.ErrKey) {
			t.Errorf("MarshalPrivate: got %v, want %v", err, token.ErrKey)
		}
		var keys token.Keys
		keys.Replace([]token.Key{k})
		if got, ok := keys.Signer(start); ok {
			t.Errorf("Signer: got %v, want none", got)
		}
	})
}

func TestKeysDoNotPrintTheirSecret(t *testing.T) {
	k := newKey(t, token.ES256, start)
	secret, err := k.Private.(*ecdsa.PrivateKey).Bytes()
	if err != nil {
		t.Fatal(err)
	}
	d := new(big.Int).SetBytes(secret).String()
	asJSON, _ := json.Marshal(k)
	for _, got := range []string{
		fmt.Sprintf("%v %+v %#v %s", k, k, k, k), fmt.Sprintf("%v %+v %#v", &k, &k, &k), fmt.Sprintf("%+v", []token.Key{k}), string(asJSON),
	} {
		if strings.Contains(got, d) || strings.Contains(got, fmt.Sprintf("%v", secret)) {
			t.Errorf("got the private key in %s", got)
		}
	}
}

func TestWhichKeySigns(t *testing.T) {
	at := func(d time.Duration) token.Key {
		k := newKey(t, token.EdDSA, start)
		k.ActiveFrom = start.Add(d)
		return k
	}
	old, current, next := at(-2*time.Hour), at(-time.Hour), at(time.Hour)
	gone := at(-time.Minute)
	gone.RetiresAt = start
	for _, c := range []struct {
		name string
		keys []token.Key
		want string
	}{
		{"the newest active one", []token.Key{next, old, current}, current.ID},
		{"not a retired one", []token.Key{gone, old}, old.ID},
		{"the earliest when all lie ahead", []token.Key{at(2 * time.Hour), next}, next.ID},
		{"none when all are retired", []token.Key{gone}, ""},
		{"none of none", nil, ""},
	} {
		t.Run("TK-06 "+c.name, func(t *testing.T) {
			var keys token.Keys
			keys.Replace(c.keys)
			got, ok := keys.Signer(start)
			if got.ID != c.want || ok != (c.want != "") {
				t.Errorf("got %q, %v, want %q", got.ID, ok, c.want)
			}
		})
	}
	t.Run("TK-06 two that begin together: the same on every node", func(t *testing.T) {
		one, two := at(0), at(0)
		var a, b token.Keys
		a.Replace([]token.Key{one, two})
		b.Replace([]token.Key{two, one})
		ka, _ := a.Signer(start)
		kb, _ := b.Signer(start)
		if ka.ID != kb.ID {
			t.Errorf("got %q on one node and %q on the other, want one key", ka.ID, kb.ID)
		}
	})
}

func TestJWKS(t *testing.T) {
	var keys token.Keys
	t.Run("TK-06 without keys", func(t *testing.T) {
		if got, want := string(keys.JWKS(start)), `{"keys":[]}`; got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	})
	previous, current, next := newKey(t, token.ES256, start), newKey(t, token.ES256, start), newKey(t, token.ES256, start)
	previous.ActiveFrom, next.ActiveFrom = start.Add(-time.Hour), start.Add(time.Hour)
	previous.RetiresAt, current.RetiresAt = start.Add(time.Minute), start.Add(2*time.Hour)
	keys.Replace([]token.Key{next, current, previous})
	for _, c := range []struct {
		name string
		at   time.Time
		want []string
	}{
		{"previous, current and next", start, []string{previous.ID, current.ID, next.ID}},
		{"the last instant of the previous", previous.RetiresAt.Add(-time.Microsecond), []string{previous.ID, current.ID, next.ID}},
		{"the previous is gone", previous.RetiresAt, []string{current.ID, next.ID}},
		{"the current is gone", current.RetiresAt, []string{next.ID}},
		{"a clock that steps back", start, []string{previous.ID, current.ID, next.ID}},
	} {
		t.Run("TK-06 "+c.name, func(t *testing.T) {
			var set jose.JSONWebKeySet
			if err := json.Unmarshal(keys.JWKS(c.at), &set); err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, k := range set.Keys {
				got = append(got, k.KeyID)
				if !k.IsPublic() || !k.Valid() || k.Use != "sig" || k.Algorithm != token.ES256 {
					t.Errorf("key %s: got %+v, want a public ES256 key for signatures", k.KeyID, k)
				}
			}
			if strings.Join(got, " ") != strings.Join(c.want, " ") {
				t.Errorf("got %v, want %v", got, c.want)
			}
		})
	}
	t.Run("TK-06 rendered once", func(t *testing.T) {
		if got := testing.AllocsPerRun(100, func() { keys.JWKS(start) }); got != 0 {
			t.Errorf("got %v allocations, want 0", got)
		}
	})
}

// The keys are those of RFC 7515 appendix A.2 and A.3 and RFC 8037 appendix A.
func TestJWKSGolden(t *testing.T) {
	var keys token.Keys
	keys.Replace([]token.Key{vectorKey(t, rfc7515A3Key), vectorKey(t, rfc8037Key), vectorKey(t, rfc7515A2Key)})
	got := keys.JWKS(start)
	file := filepath.Join("testdata", "jwks.golden.json")
	if *update {
		if err := os.WriteFile(file, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != string(want) {
		t.Errorf("got %s, want %s", got, want)
	}
	for _, private := range []string{`"d"`, `"p"`, `"q"`, `"dp"`, `"dq"`, `"qi"`, `"k"`} {
		if strings.Contains(string(got), private) {
			t.Errorf("got the private member %s in the JWKS, want public members only", private)
		}
	}
	t.Run("RFC 8037 A.3 the kid is the thumbprint", func(t *testing.T) {
		if got, want := vectorKey(t, rfc8037Key).ID, "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"; got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	})
}

// publishedKey looks a key up the way a backend does.
func publishedKey(t testing.TB, jwks []byte, kid any) any {
	t.Helper()
	var set jose.JSONWebKeySet
	if err := json.Unmarshal(jwks, &set); err != nil {
		t.Fatal(err)
	}
	for _, k := range set.Keys {
		if k.KeyID == kid {
			return k.Key
		}
	}
	return nil
}

// vectorKey turns a private JWK of an RFC into a Key.
func vectorKey(t testing.TB, jwk string) token.Key {
	t.Helper()
	var k jose.JSONWebKey
	if err := json.Unmarshal([]byte(jwk), &k); err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(k.Key)
	if err != nil {
		t.Fatal(err)
	}
	sum, err := k.Thumbprint(crypto.SHA256)
	if err != nil {
		t.Fatal(err)
	}
	alg := map[string]string{"EC": token.ES256, "OKP": token.EdDSA, "RSA": token.RS256}[kty(t, jwk)]
	out, err := token.ParsePrivate(base64.RawURLEncoding.EncodeToString(sum), alg, der)
	if err != nil {
		t.Fatal(err)
	}
	out.CreatedAt, out.ActiveFrom = start, start
	return out
}

func kty(t testing.TB, jwk string) string {
	t.Helper()
	var v struct{ Kty string }
	if err := json.Unmarshal([]byte(jwk), &v); err != nil {
		t.Fatal(err)
	}
	return v.Kty
}
