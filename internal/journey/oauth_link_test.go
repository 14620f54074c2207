package journey_test

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/sallyport/sallyport/internal/account"
	"github.com/sallyport/sallyport/internal/clock"
	"github.com/sallyport/sallyport/internal/provider/providertest"
	"github.com/sallyport/sallyport/internal/testbed"
)

// startWithStandIns serves an App that knows Microsoft and GitHub.
func startWithStandIns(t *testing.T, databaseURL string, more ...string) *server {
	t.Helper()
	entra, hub := providertest.NewMicrosoft(t, clock.System, "common"), providertest.NewGitHub(t)
	return start(t, databaseURL, append([]string{
		"MICROSOFT_URL=" + entra.URL, "MICROSOFT_CLIENT_ID=" + providertest.ClientID, "MICROSOFT_CLIENT_SECRET=" + providertest.ClientSecret,
		"GITHUB_URL=" + hub.URL, "GITHUB_API_URL=" + hub.URL + "/api", "GITHUB_CLIENT_ID=" + providertest.ClientID,
		"GITHUB_CLIENT_SECRET=" + providertest.ClientSecret, "RATE_OAUTH_START_IP=10000/1m", "RATE_OAUTH_IP=10000/1m",
	}, more...)...)
}

const directory = "11111111-2222-3333-4444-555555555555"

func TestMicrosoftAndGitHub(t *testing.T) {
	engines(t, func(t *testing.T, databaseURL string) {
		s := startWithStandIns(t, databaseURL)
		t.Run("OA-06 OA-07 Microsoft's address is proved here first", func(t *testing.T) {
			who := map[string]any{"sub": "AAAA", "tid": directory, "email": "ada@corp.example"}
			wantCode(t, s.visitor(t, who).signIn("microsoft"), 403, "email_not_verified")
			token, _ := s.mail(t, "ada@corp.example", "verify_email")["token"].(string)
			s.want(t, 200, "POST", "/api/v1/auth/email/verify", "", map[string]any{"token": token})
			wantDecision(t, s.visitor(t, who).signIn("microsoft"), 200, "signed_in")
		})
		t.Run("RC-10 an address of somebody else gets the same answer", func(t *testing.T) {
			s.member(t, "grace@corp.example")
			who := map[string]any{"sub": "BBBB", "tid": directory, "email": "grace@corp.example"}
			wantCode(t, s.visitor(t, who).signIn("microsoft"), 403, "email_not_verified")
			s.mail(t, "grace@corp.example", "already_have")
			wantCode(t, s.visitor(t, who).signIn("microsoft"), 403, "email_not_verified")
		})
		t.Run("GitHub", func(t *testing.T) {
			who := map[string]any{"id": 583231, "login": "emmy", "emails": []any{
				map[string]any{"email": "emmy@home.example", "primary": true, "verified": true},
			}}
			wantDecision(t, s.visitor(t, who).signIn("github"), 200, "created")
			who["login"], who["emails"] = "renamed", []any{}
			wantDecision(t, s.visitor(t, who).signIn("github"), 200, "signed_in")
		})
		t.Run("OA-08 GitHub's word about an address links nothing", func(t *testing.T) {
			who := map[string]any{"id": 7, "login": "eve", "emails": []any{
				map[string]any{"email": "grace@corp.example", "primary": true, "verified": true},
			}}
			a := s.visitor(t, who).signIn("github")
			wantDecision(t, a, 200, "needs_proof")
			if proofs, _ := a.body["proofs"].([]any); len(proofs) != 1 || proofs[0] != "password" {
				t.Errorf("proofs: got %v, want password", a.body)
			}
			if a.text("access_token") != "" || a.body["account"] != nil || a.body["user"] != nil {
				t.Errorf("needs_proof gives something away: %v", a.body)
			}
		})
	})
}

// link begins a link and returns the address to open.
func (s *server) link(t *testing.T, provider, access string) string {
	t.Helper()
	return s.want(t, 200, "POST", "/api/v1/oauth/"+provider+"/link", access, map[string]any{}).text("url")
}

func TestProviderLinking(t *testing.T) {
	engines(t, func(t *testing.T, databaseURL string) {
		s, _ := startWithCertified(t, databaseURL)
		s.member(t, "ada@corp.example")
		access := s.login(t, "ada@corp.example").text("access_token")
		private := map[string]any{"sub": "9001", "email": "private@home.example", "email_verified": true}

		t.Run("OA-01 a link is finished by the session that asked", func(t *testing.T) {
			b := s.visitor(t, private)
			final, _, _ := b.visit(s.link(t, "corp", access))
			wantCode(t, b.exchange(codeOf(final), "", ""), 403, "forbidden")
			s.member(t, "eve@corp.example")
			wantCode(t, b.exchange(codeOf(final), "", s.login(t, "eve@corp.example").text("access_token")), 403, "forbidden")
			a := b.exchange(codeOf(final), "", access)
			wantDecision(t, a, 200, "linked")
			if a.text("access_token") != "" {
				t.Errorf("a link answered tokens: %v", a.body)
			}
			if m := s.mail(t, "ada@corp.example", "account_linked"); !strings.Contains(fmt.Sprint(m["text"]), "corp") {
				t.Errorf("mail: got %v, want it to name the provider", m)
			}
			wantDecision(t, s.visitor(t, private).signIn("corp"), 200, "signed_in")
		})
		t.Run("OA-08 linked by itself where both sides verified and the provider is authoritative", func(t *testing.T) {
			s.member(t, "grace@corp.example")
			grace := map[string]any{"sub": "9002", "email": "grace@corp.example", "email_verified": true}
			wantDecision(t, s.visitor(t, grace).signIn("corp"), 200, "linked")
			other := map[string]any{"sub": "9003", "email": "grace@corp.example", "email_verified": true}
			wantDecision(t, s.visitor(t, other).signIn("corp"), 200, "needs_proof")
		})
		t.Run("OA-09 an account made ahead with somebody's address is emptied", func(t *testing.T) {
			s.want(t, 202, "POST", "/api/v1/auth/register", "", map[string]any{"email": "victim@corp.example", "password": goodPassword})
			victim := map[string]any{"sub": "9004", "email": "victim@corp.example", "email_verified": true}
			a := s.visitor(t, victim).signIn("corp")
			wantDecision(t, a, 200, "linked")
			if u, _ := a.body["user"].(map[string]any); u["has_password"] != false {
				t.Errorf("user: got %v, want no password", u)
			}
			wantCode(t, s.call(t, "POST", "/api/v1/auth/login", "", map[string]any{"email": "victim@corp.example", "password": goodPassword}), 401, "invalid_credentials")
			t.Run("OA-10 its last way in stays", func(t *testing.T) {
				list := s.want(t, 200, "GET", "/api/v1/oauth/accounts", a.text("access_token"), nil)
				one, _ := list.body["accounts"].([]any)[0].(map[string]any)
				id, _ := one["id"].(string)
				wantCode(t, s.call(t, "DELETE", "/api/v1/oauth/accounts/"+id, a.text("access_token"), nil), 409, "last_sign_in_method")
			})
		})
		t.Run("OA-09 a link made ahead does not survive the owner's registration", func(t *testing.T) {
			wantCode(t, s.visitor(t, map[string]any{"sub": "9005", "email": "mary@other.example", "email_verified": false}).signIn("corp"), 403, "email_not_verified")
			ahead := s.mail(t, "mary@other.example", "verify_email")["token"]
			s.want(t, 202, "POST", "/api/v1/auth/register", "", map[string]any{"email": "mary@other.example", "password": goodPassword})
			token := ahead
			waitFor(t, "the second mail", func() bool {
				token = s.mail(t, "mary@other.example", "verify_email")["token"]
				return token != ahead
			})
			s.want(t, 400, "POST", "/api/v1/auth/email/verify", "", map[string]any{"token": ahead})
			s.want(t, 200, "POST", "/api/v1/auth/email/verify", "", map[string]any{"token": token})
			wantCode(t, s.visitor(t, map[string]any{"sub": "9005", "email": "mary@other.example", "email_verified": false}).signIn("corp"), 403, "email_not_verified")
		})
		t.Run("OA-10 unlinked, with a mail, and the other sessions end", func(t *testing.T) {
			second := s.login(t, "ada@corp.example").text("access_token")
			list := s.want(t, 200, "GET", "/api/v1/oauth/accounts", access, nil)
			one, _ := list.body["accounts"].([]any)[0].(map[string]any)
			id, _ := one["id"].(string)
			if one["email"] != "private@home.example" || one["access_token"] != nil {
				t.Errorf("account: got %v", one)
			}
			s.want(t, 204, "DELETE", "/api/v1/oauth/accounts/"+id, access, nil)
			s.want(t, 404, "DELETE", "/api/v1/oauth/accounts/"+id, access, nil)
			s.want(t, 401, "GET", "/api/v1/me", second, nil)
			s.mail(t, "ada@corp.example", "account_unlinked")
			wantDecision(t, s.visitor(t, private).signIn("corp"), 200, "created")
		})
	})
}

func TestProviderSecondFactor(t *testing.T) {
	engines(t, func(t *testing.T, databaseURL string) {
		s, _ := startWithCertified(t, databaseURL, "OAUTH_TRUST_MFA=google")
		ada := map[string]any{"sub": "1", "email": "ada@gmail.com", "email_verified": true, "hd": "", "amr": []string{"pwd", "mfa"}}
		first := s.visitor(t, ada).signIn("google")
		wantDecision(t, first, 200, "created")
		access := first.text("access_token")
		secret := s.want(t, 200, "POST", "/api/v1/mfa/totp/setup", access, nil).text("secret")
		done := s.want(t, 200, "POST", "/api/v1/mfa/totp/verify-setup", access, map[string]any{"code": testbed.Oathtool(t, secret, time.Now())})
		codes, _ := done.body["backup_codes"].([]any)
		access = done.text("access_token")

		t.Run("MF-02 a provider that is trusted for it has asked already", func(t *testing.T) {
			a := s.visitor(t, ada).signIn("google")
			wantDecision(t, a, 200, "signed_in")
			if a.text("access_token") == "" {
				t.Errorf("got %v, want tokens", a.body)
			}
		})
		t.Run("MF-02 without its word the second factor is due", func(t *testing.T) {
			ada["amr"] = []string{"pwd"}
			a := s.visitor(t, ada).signIn("google")
			wantDecision(t, a, 200, "signed_in")
			if a.text("status") != "mfa_required" || a.text("access_token") != "" {
				t.Fatalf("got %v, want mfa_required", a.body)
			}
			s.want(t, 401, "GET", "/api/v1/me", a.text("mfa_token"), nil)
			s.want(t, 200, "POST", "/api/v1/mfa/backup-codes/verify", a.text("mfa_token"), map[string]any{"code": codes[0]})
		})
		t.Run("MF-02 another provider's word does not count", func(t *testing.T) {
			b := s.visitor(t, map[string]any{"sub": "2", "email": "ada@corp.example", "email_verified": true, "amr": []string{"mfa"}})
			final, _, _ := b.visit(s.link(t, "corp", access))
			wantDecision(t, b.exchange(codeOf(final), "", access), 200, "linked")
			if a := b.signIn("corp"); a.text("status") != "mfa_required" {
				t.Errorf("got %v, want mfa_required", a.body)
			}
		})
		t.Run("OA-12 a disabled account is refused as a wrong password is", func(t *testing.T) {
			if err := s.Accounts.Disable(t.Context(), userID(first), account.Operator()); err != nil {
				t.Fatal(err)
			}
			wantCode(t, s.visitor(t, ada).signIn("google"), 401, "invalid_credentials")
		})
	})
}

// TestHundredAtOnce signs a hundred people in at the same time; each ends in
// their own account, the first time and the second.
func TestHundredAtOnce(t *testing.T) {
	engines(t, func(t *testing.T, databaseURL string) {
		s := startWithStandIns(t, databaseURL)
		ids := make([]string, 100)
		for round, decision := range []string{"created", "signed_in"} {
			var all sync.WaitGroup
			for i := range ids {
				all.Go(func() {
					email := fmt.Sprintf("p%d@home.example", i)
					b := s.visitor(t, map[string]any{"id": 1000 + i, "login": "p", "emails": []any{
						map[string]any{"email": email, "primary": true, "verified": true},
					}})
					a := b.signIn("github")
					u, _ := a.body["user"].(map[string]any)
					if a.status != http.StatusOK || a.text("decision") != decision || u["email"] != email {
						t.Errorf("OA-02 person %d: got %d %v, want %s as %s", i, a.status, a.body, decision, email)
					}
					if round == 1 && userID(a) != ids[i] {
						t.Errorf("OA-02 person %d: got user %s, want %s", i, userID(a), ids[i])
					}
					ids[i] = userID(a)
				})
			}
			all.Wait()
		}
	})
}

func TestProviderLimits(t *testing.T) {
	engines(t, func(t *testing.T, databaseURL string) {
		s := startWithStandIns(t, databaseURL, "RATE_OAUTH_START_IP=5/10m")
		b := s.visitor(t, nil)
		refused := 0
		for range 8 {
			if res, _ := b.get(b.start("github")); res.StatusCode == http.StatusTooManyRequests {
				refused++
			}
		}
		if refused != 3 {
			t.Errorf("OA-14 starts beyond five: got %d refused, want 3", refused)
		}
		if n := len(b.cookies[strings.TrimPrefix(s.url, "http://")]); n > 5 {
			t.Errorf("OA-14 cookies of passages: got %d, want at most 5", n)
		}
	})
}
