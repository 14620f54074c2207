package journey_test

import (
	"net/url"
	"strings"
	"testing"

	"github.com/sallyport/sallyport/internal/testbed"
)

// startWithCertified serves an App that knows one certified provider by two
// names: as any OpenID provider, and in the place of Google.
func startWithCertified(t *testing.T, databaseURL string, more ...string) (*server, *testbed.CertifiedProvider) {
	t.Helper()
	corp, goog := testbed.OwnProvider(t), testbed.OwnProvider(t)
	goog.ClaimsInToken = true
	s := start(t, databaseURL, append([]string{
		"OIDC_PROVIDERS=corp", "OIDC_CORP_ISSUER=" + corp.Issuer, "OIDC_CORP_CLIENT_ID=" + corp.ClientID,
		"OIDC_CORP_CLIENT_SECRET=" + corp.ClientSecret, "OIDC_CORP_DISPLAY_NAME=Corp", "OIDC_CORP_EMAIL_DOMAINS=corp.example",
		"GOOGLE_ISSUER=" + goog.Issuer, "GOOGLE_CLIENT_ID=" + goog.ClientID, "GOOGLE_CLIENT_SECRET=" + goog.ClientSecret,
		"RATE_OAUTH_START_IP=10000/1m", "RATE_OAUTH_IP=10000/1m",
	}, more...)...)
	corp.Start(s.url + "/api/v1/oauth/corp/callback")
	goog.Start(s.url + "/api/v1/oauth/google/callback")
	return s, corp
}

func TestProviderJourneys(t *testing.T) {
	engines(t, func(t *testing.T, databaseURL string) {
		s, _ := startWithCertified(t, databaseURL)

		t.Run("the providers are listed", func(t *testing.T) {
			a := s.want(t, 200, "GET", "/api/v1/oauth/providers", "", nil)
			if list, _ := a.body["providers"].([]any); len(list) != 2 {
				t.Fatalf("providers: got %v, want google and corp", a.body)
			}
		})
		t.Run("OA-06 a first sign-in creates, the next signs in, whatever the address says by then", func(t *testing.T) {
			ada := map[string]any{"sub": "1001", "email": "ada@corp.example", "email_verified": true, "name": "Ada"}
			first := s.visitor(t, ada).signIn("corp")
			wantDecision(t, first, 200, "created")
			me := s.want(t, 200, "GET", "/api/v1/me", first.text("access_token"), nil)
			if me.text("email") != "ada@corp.example" || me.body["email_verified"] != true || me.text("name") != "Ada" {
				t.Errorf("me: got %v", me.body)
			}
			ada["email"] = "renamed@corp.example"
			again := s.visitor(t, ada).signIn("corp")
			wantDecision(t, again, 200, "signed_in")
			if got, want := userID(again), userID(first); got != want {
				t.Errorf("user: got %s, want %s", got, want)
			}
		})
		t.Run("the same in the place of Google, bound by PKCE of the front end", func(t *testing.T) {
			b := s.visitor(t, map[string]any{"sub": "2002", "email": "grace@gmail.com", "email_verified": true})
			verifier := strings.Repeat("v", 50)
			final, _, _ := b.visit(b.start("google", "code_challenge", s256(verifier), "return_to", "/welcome"))
			if !strings.HasPrefix(final, s.url+"/welcome#code=spo_") {
				t.Fatalf("landing: got %s", final)
			}
			other := s.visitor(t, nil)
			wantCode(t, other.exchange(codeOf(final), strings.Repeat("w", 50), ""), 401, "attempt_expired")
			wantCode(t, other.exchange(codeOf(final), "", ""), 401, "attempt_expired")
			wantDecision(t, other.exchange(codeOf(final), verifier, ""), 200, "created")
			wantCode(t, other.exchange(codeOf(final), verifier, ""), 401, "attempt_expired")
		})
		t.Run("a code without a challenge belongs to its browser", func(t *testing.T) {
			b := s.visitor(t, map[string]any{"sub": "2003", "email": "emmy@gmail.com", "email_verified": true})
			final, _, _ := b.visit(b.start("google"))
			wantCode(t, s.visitor(t, nil).exchange(codeOf(final), "", ""), 401, "attempt_expired")
			wantDecision(t, b.exchange(codeOf(final), "", ""), 200, "created")
		})
		t.Run("OA-15 no token and no secret in any address, and 303", func(t *testing.T) {
			b := s.visitor(t, map[string]any{"sub": "2004", "email": "mary@gmail.com", "email_verified": true})
			res, _ := b.get(b.start("google"))
			if res.StatusCode != 303 || res.Header.Get("Referrer-Policy") != "no-referrer" {
				t.Errorf("authorize: got %d %q, want 303 no-referrer", res.StatusCode, res.Header.Get("Referrer-Policy"))
			}
			u, err := url.Parse(res.Header.Get("Location"))
			if err != nil {
				t.Fatal(err)
			}
			q := u.Query()
			if q.Get("code_challenge_method") != "S256" || len(q.Get("code_challenge")) != 43 || len(q.Get("nonce")) < 22 || len(q.Get("state")) < 43 {
				t.Errorf("OA-01 OA-02 OA-03 authorization request: got %v", q)
			}
			if strings.Contains(u.RawQuery, "code_verifier") || strings.Contains(u.RawQuery, "secret") {
				t.Errorf("authorization request holds a secret: %s", u.RawQuery)
			}
		})
		t.Run("OA-16 a cancelled sign-in ends in a page that says so", func(t *testing.T) {
			b := s.visitor(t, nil)
			_, res, body := b.visit(b.start("corp", "return_to", "/welcome"))
			if res.StatusCode != 403 || !strings.HasPrefix(res.Header.Get("Content-Type"), "text/html") {
				t.Fatalf("page: got %d %s", res.StatusCode, res.Header.Get("Content-Type"))
			}
			for _, want := range []string{"cancelled at Corp", "&lt;b onclick=", s.url + "/welcome"} {
				if !strings.Contains(body, want) {
					t.Errorf("page lacks %q:\n%s", want, body)
				}
			}
			if strings.Contains(body, "<b onclick") || strings.Contains(body, "<script") {
				t.Errorf("page holds markup from outside:\n%s", body)
			}
		})
	})
}

func userID(a answer) string {
	u, _ := a.body["user"].(map[string]any)
	id, _ := u["id"].(string)
	return id
}

func wantDecision(t *testing.T, a answer, status int, decision string) {
	t.Helper()
	if a.status != status || a.text("decision") != decision {
		t.Fatalf("exchange: got %d %v, want %d %s", a.status, a.body, status, decision)
	}
}

func wantCode(t *testing.T, a answer, status int, code string) {
	t.Helper()
	if a.status != status || a.text("code") != code {
		t.Fatalf("got %d %v, want %d %s", a.status, a.body, status, code)
	}
}
