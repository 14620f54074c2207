package oidc_test

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/sallyport/sallyport/internal/provider"
	"github.com/sallyport/sallyport/internal/provider/oidc"
	"github.com/sallyport/sallyport/internal/provider/providertest"
)

func TestEmailVerified(t *testing.T) {
	for _, tc := range []struct {
		name                    string
		email, verified         any
		wantVerified, wantOwner bool
	}{
		{"true", "ada@corp.example", true, true, true},
		{"the exact text true", "ada@corp.example", "true", true, true},
		{"another domain", "ada@other.example", true, true, false},
		{"a domain in capitals", "ada@CORP.example", true, true, true},
		{"false", "ada@corp.example", false, false, false},
		{"the text TRUE", "ada@corp.example", "TRUE", false, false},
		{"the text yes", "ada@corp.example", "yes", false, false},
		{"1", "ada@corp.example", 1, false, false},
		{"0", "ada@corp.example", 0, false, false},
		{"null", "ada@corp.example", nil, false, false},
		{"a list", "ada@corp.example", []any{true}, false, false},
		{"true without an address", "", true, false, false},
	} {
		t.Run("OA-07 "+tc.name, func(t *testing.T) {
			r := newRig(t)
			id, err := r.redeem(t, map[string]any{"sub": "1", "email": tc.email, "email_verified": tc.verified})
			if err != nil || id.EmailVerified != tc.wantVerified || id.Authoritative != tc.wantOwner {
				t.Errorf("Redeem: got %+v %v, want verified %v, authoritative %v", id, err, tc.wantVerified, tc.wantOwner)
			}
		})
	}
	t.Run("OA-07 absent", func(t *testing.T) {
		id, err := newRig(t).redeem(t, map[string]any{"sub": "1", "email": "ada@corp.example"})
		if err != nil || id.EmailVerified || id.Authoritative {
			t.Errorf("Redeem: got %+v %v, want it unverified", id, err)
		}
	})
	t.Run("OA-07 a claim with another spelling does not count", func(t *testing.T) {
		id, err := newRig(t).redeem(t, map[string]any{
			"sub": "1", "email": "ada@corp.example", "EMAIL_VERIFIED": true, "Email_Verified": true, "email_verif\u0131ed": true,
		})
		if err != nil || id.EmailVerified {
			t.Errorf("Redeem: got %+v %v, want it unverified", id, err)
		}
	})
}

func TestUserInfo(t *testing.T) {
	t.Run("is asked where the ID token has no address", func(t *testing.T) {
		r := newRig(t)
		r.op.Claims = drop("email")
		id, err := r.redeem(t, ada())
		if err != nil || id.Email != "ada@corp.example" || !id.EmailVerified {
			t.Errorf("Redeem: got %+v %v, want the address of the user info", id, err)
		}
	})
	t.Run("must be about the same subject", func(t *testing.T) {
		r := newRig(t)
		r.op.Claims = drop("email")
		account := ada()
		account["userinfo"] = map[string]any{"sub": "1002", "email": "eve@corp.example", "email_verified": true}
		if id, err := r.redeem(t, account); !errors.Is(err, provider.ErrRejected) {
			t.Errorf("Redeem: got %+v %v, want it rejected", id, err)
		}
	})
}

func TestPKCEAndCodes(t *testing.T) {
	t.Run("OA-02 another verifier is refused by the provider", func(t *testing.T) {
		r := newRig(t)
		q := r.walk(t, passage(), ada())
		other := passage()
		other.Verifier = strings.Repeat("x", 43)
		if id, err := r.Redeem(t.Context(), other, provider.Reply{Code: q.Get("code")}); !errors.Is(err, provider.ErrRejected) {
			t.Errorf("Redeem: got %+v %v, want it rejected", id, err)
		}
	})
	t.Run("a spent code is refused, and the provider's words are dropped", func(t *testing.T) {
		r := newRig(t)
		q := r.walk(t, passage(), ada())
		if _, err := r.Redeem(t.Context(), passage(), provider.Reply{Code: q.Get("code")}); err != nil {
			t.Fatal(err)
		}
		_, err := r.Redeem(t.Context(), passage(), provider.Reply{Code: q.Get("code")})
		if !errors.Is(err, provider.ErrRejected) || !strings.Contains(err.Error(), "invalid_grant") || strings.Contains(err.Error(), "nobody's business") {
			t.Errorf("Redeem: got %v, want it rejected with the code alone", err)
		}
	})
	t.Run("OA-05 iss of another provider", func(t *testing.T) {
		r := newRig(t)
		q := r.walk(t, passage(), ada())
		if id, err := r.Redeem(t.Context(), passage(), provider.Reply{Code: q.Get("code"), Issuer: "https://evil.example"}); !errors.Is(err, provider.ErrRejected) {
			t.Errorf("Redeem: got %+v %v, want it rejected", id, err)
		}
	})
	t.Run("OA-05 iss announced and missing", func(t *testing.T) {
		r := newRig(t)
		r.op.Metadata = set("authorization_response_iss_parameter_supported", true)
		if id, err := r.redeem(t, ada()); !errors.Is(err, provider.ErrRejected) {
			t.Errorf("Redeem: got %+v %v, want it rejected", id, err)
		}
		q := r.walk(t, passage(), ada())
		if _, err := r.Redeem(t.Context(), passage(), provider.Reply{Code: q.Get("code"), Issuer: r.op.Issuer}); err != nil {
			t.Errorf("Redeem with iss: got %v, want nil", err)
		}
	})
}

func TestDiscoveryIsStrict(t *testing.T) {
	for _, tc := range []struct {
		name   string
		change func(map[string]any)
	}{
		{"another issuer", set("issuer", "https://evil.example")},
		{"the issuer with a slash", func(m map[string]any) { m["issuer"] = m["issuer"].(string) + "/" }},
		{"no issuer", drop("issuer")},
		{"no token endpoint", drop("token_endpoint")},
		{"no keys", drop("jwks_uri")},
		{"an endpoint that is no web address", set("authorization_endpoint", "javascript:alert(1)")},
		{"an endpoint in a file", set("jwks_uri", "file:///etc/passwd")},
		{"an endpoint with a password", set("token_endpoint", "https://u:p@op.example/token")},
	} {
		t.Run("OA-13 "+tc.name, func(t *testing.T) {
			r := newRig(t)
			r.op.Metadata = tc.change
			if got, err := r.AuthorizeURL(t.Context(), passage()); !errors.Is(err, provider.ErrRejected) {
				t.Errorf("AuthorizeURL: got %q %v, want it rejected", got, err)
			}
		})
	}
	t.Run("OA-13 keys by http where the issuer is https", func(t *testing.T) {
		r := newRig(t, func(s *oidc.Settings) { s.DiscoveryURL = strings.Replace(s.Issuer, "http://", "https://", 1) })
		if _, err := r.AuthorizeURL(t.Context(), passage()); !errors.Is(err, provider.ErrUnavailable) {
			t.Errorf("AuthorizeURL: got %v, want it unavailable", err)
		}
	})
}

// failing lets the stand-in answer with a status.
func failing(status int) *http.HandlerFunc {
	f := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status) })
	return &f
}

func TestOutages(t *testing.T) {
	const metadata, keys = "/.well-known/openid-configuration", "/keys"
	t.Run("OA-13 metadata and keys are fetched once an hour", func(t *testing.T) {
		r := newRig(t)
		for range 5 {
			if _, err := r.redeem(t, ada()); err != nil {
				t.Fatal(err)
			}
		}
		if m, k := r.op.Calls(metadata), r.op.Calls(keys); m != 1 || k != 1 {
			t.Errorf("calls: got %d and %d, want one each", m, k)
		}
		r.clock.Advance(61 * time.Minute)
		if _, err := r.redeem(t, ada()); err != nil {
			t.Fatal(err)
		}
		if m, k := r.op.Calls(metadata), r.op.Calls(keys); m != 2 || k != 2 {
			t.Errorf("calls after an hour: got %d and %d, want two each", m, k)
		}
	})
	t.Run("OA-13 a new kid is asked for once a minute at most", func(t *testing.T) {
		r := newRig(t)
		if _, err := r.redeem(t, ada()); err != nil {
			t.Fatal(err)
		}
		r.op.Sign = func(p []byte) string { return r.op.Signed(jose.RS256, r.op.RSA, "no such key", p) }
		for range 20 {
			if _, err := r.redeem(t, ada()); !errors.Is(err, provider.ErrRejected) {
				t.Fatalf("Redeem: got %v, want it rejected", err)
			}
		}
		if got := r.op.Calls(keys); got != 1 {
			t.Errorf("calls within the minute: got %d, want 1", got)
		}
		r.clock.Advance(61 * time.Second)
		for range 20 {
			_, _ = r.redeem(t, ada()) // only how often the keys are asked for is of interest
		}
		if got := r.op.Calls(keys); got != 2 {
			t.Errorf("calls in the next minute: got %d, want 2", got)
		}
	})
	t.Run("OA-13 rotated keys are found after the minute", func(t *testing.T) {
		r := newRig(t)
		if _, err := r.redeem(t, ada()); err != nil {
			t.Fatal(err)
		}
		r.op.RotateKeys("key-2")
		r.clock.Advance(61 * time.Second)
		if _, err := r.redeem(t, ada()); err != nil {
			t.Errorf("Redeem: got %v, want nil", err)
		}
	})
	t.Run("OA-13 what is held is used while nothing newer can be had", func(t *testing.T) {
		r := newRig(t)
		if _, err := r.redeem(t, ada()); err != nil {
			t.Fatal(err)
		}
		r.clock.Advance(25 * time.Hour)
		r.op.Fail.Store(failing(http.StatusBadGateway))
		if _, err := r.AuthorizeURL(t.Context(), passage()); err != nil {
			t.Errorf("AuthorizeURL with old metadata: got %v, want nil", err)
		}
		r.op.Fail.Store(nil)
		if _, err := r.redeem(t, ada()); err != nil {
			t.Errorf("Redeem: got %v, want nil", err)
		}
	})
	t.Run("nothing held, nothing to be had", func(t *testing.T) {
		r := newRig(t)
		r.op.Fail.Store(failing(http.StatusServiceUnavailable))
		for range 3 {
			if _, err := r.AuthorizeURL(t.Context(), passage()); !errors.Is(err, provider.ErrUnavailable) {
				t.Fatalf("AuthorizeURL: got %v, want it unavailable", err)
			}
		}
		if got := r.op.Calls(metadata); got != 1 {
			t.Errorf("calls at once: got %d, want 1", got)
		}
		r.op.Fail.Store(nil)
		r.clock.Advance(6 * time.Second)
		if _, err := r.AuthorizeURL(t.Context(), passage()); err != nil {
			t.Errorf("AuthorizeURL after the outage: got %v, want nil", err)
		}
	})
	t.Run("OA-14 many at once fetch once", func(t *testing.T) {
		r := newRig(t)
		var all sync.WaitGroup
		for range 50 {
			all.Go(func() {
				if _, err := r.AuthorizeURL(t.Context(), passage()); err != nil {
					t.Errorf("AuthorizeURL: got %v, want nil", err)
				}
			})
		}
		all.Wait()
		if got := r.op.Calls(metadata); got != 1 {
			t.Errorf("calls: got %d, want 1", got)
		}
	})
	for _, status := range []int{429, 500, 503} {
		r := newRig(t)
		q := r.walk(t, passage(), ada())
		r.op.Fail.Store(failing(status))
		if _, err := r.Redeem(t.Context(), passage(), provider.Reply{Code: q.Get("code")}); !errors.Is(err, provider.ErrUnavailable) {
			t.Errorf("token endpoint with %d: got %v, want it unavailable", status, err)
		}
	}
}

func TestSecondFactorElsewhere(t *testing.T) {
	for _, tc := range []struct {
		name, trust string
		acr         string
		amr         []string
		want        bool
	}{
		{"not trusted", "", "urn:mfa", []string{"mfa"}, false},
		{"amr mfa", "mfa", "", []string{"pwd", "mfa"}, true},
		{"amr without mfa", "mfa", "", []string{"pwd", "otp"}, false},
		{"acr where amr is asked for", "mfa", "mfa", nil, false},
		{"the acr", "urn:mfa", "urn:mfa", nil, true},
		{"another acr", "urn:mfa", "urn:pwd", []string{"mfa"}, false},
		{"no acr", "urn:mfa", "", nil, false},
	} {
		t.Run("MF-02 "+tc.name, func(t *testing.T) {
			r := newRig(t, func(s *oidc.Settings) { s.MFA = tc.trust })
			account := ada()
			account["acr"], account["amr"] = tc.acr, tc.amr
			id, err := r.redeem(t, account)
			if err != nil || id.Multi != tc.want {
				t.Errorf("Redeem: got multi %v %v, want %v", id.Multi, err, tc.want)
			}
		})
	}
}

func TestTokens(t *testing.T) {
	r := newRig(t, func(s *oidc.Settings) {
		s.OfflineScope, s.Offline, s.Scopes = "offline_access", url.Values{"access_type": {"offline"}}, []string{"groups"}
	})
	pass := passage()
	pass.Offline = true
	address, err := r.AuthorizeURL(t.Context(), pass)
	if err != nil {
		t.Fatal(err)
	}
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	if q := u.Query(); q.Get("scope") != "openid email profile groups offline_access" || q.Get("access_type") != "offline" {
		t.Errorf("request: got %v", q)
	}
	id, err := r.redeem(t, ada())
	if err != nil || id.Tokens.Access == "" || id.Tokens.Refresh == "" || id.Tokens.ExpiresAt.IsZero() {
		t.Fatalf("tokens: got %+v %v", id.Tokens, err)
	}
	next, err := r.Refresh(t.Context(), id.Tokens.Refresh)
	if err != nil || !strings.HasPrefix(next.Access, "fresh-") {
		t.Errorf("Refresh: got %+v %v", next, err)
	}
	if err := r.Revoke(t.Context(), id.Tokens); err != nil {
		t.Errorf("Revoke: got %v, want nil", err)
	}
	if got := r.op.Revoked(); len(got) != 1 || got[0] != id.Tokens.Refresh {
		t.Errorf("revoked: got %v, want the refresh token", got)
	}
}

// FuzzIDToken holds that no text but one signed by the provider is accepted.
func FuzzIDToken(f *testing.F) {
	r := newRig(f)
	for _, tc := range tamperings() {
		if tc.sign != nil {
			f.Add(tc.sign(r.op, []byte(`{"sub":"1001"}`)))
		}
	}
	good := r.op.Signed(jose.RS256, r.op.RSA, "key-1", []byte(`{"iss":"`+r.op.Issuer+`","sub":"1","aud":"client-1","nonce":"n","iat":`+
		fmt.Sprint(start.Unix())+`,"exp":`+fmt.Sprint(start.Unix()+60)+`}`))
	if _, err := r.Judge(f.Context(), good, "n"); err != nil {
		f.Fatalf("a good token: got %v, want nil", err)
	}
	f.Add(good[:len(good)-1])
	signed := good[:strings.LastIndex(good, ".")+1] // the signature has several spellings in base64
	f.Fuzz(func(t *testing.T, raw string) {
		if c, err := r.Judge(t.Context(), raw, "n"); err == nil && !strings.HasPrefix(raw, signed) {
			t.Fatalf("accepted %q: %+v", raw, c)
		}
	})
}

// FuzzClaims holds that whatever a provider signs, what passes the checks names
// this client, this passage and a person.
func FuzzClaims(f *testing.F) {
	now := fmt.Sprint(start.Unix())
	f.Add([]byte(`{"sub":"1","aud":"client-1","nonce":"n","iat":` + now + `,"exp":` + now + `}`))
	f.Add([]byte(`{"sub":"1","aud":["client-1","x"],"azp":"client-1","nonce":"n","iat":` + now + `.5,"exp":1e300,"nbf":-1}`))
	f.Add([]byte(`{"SUB":"1","aud":7,"email_verified":"true","xms_edov":1,"amr":["mfa"],"tid":null}`))
	f.Add([]byte(`[]`))
	f.Fuzz(func(t *testing.T, payload []byte) {
		c, err := oidc.ReadClaims(payload, providertest.ClientID, "n", start)
		if err == nil && (c.Subject == "" || c.Nonce != "n" || !slices.Contains(c.Audience, providertest.ClientID)) {
			t.Fatalf("accepted %q: %+v", payload, c)
		}
	})
}
