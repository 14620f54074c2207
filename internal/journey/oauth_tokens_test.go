package journey_test

import (
	"encoding/hex"
	"net/http"
	"strings"
	"testing"

	"github.com/sallyport/sallyport/internal/opaque"
	"github.com/sallyport/sallyport/internal/testbed"
)

// TestProviderTokens is a backend that calls a provider for a user: with the
// token the certified provider issued, until the account is unlinked.
func TestProviderTokens(t *testing.T) {
	key, hash := opaque.New(opaque.Service)
	engines(t, func(t *testing.T, databaseURL string) {
		s, corp := startWithCertified(t, databaseURL, "OAUTH_KEEP_TOKENS=true", "SERVICE_KEYS=shop:sha256:"+hex.EncodeToString(hash))
		s.member(t, "ada@corp.example")
		access := s.login(t, "ada@corp.example").text("access_token")
		b := s.visitor(t, map[string]any{"sub": "1", "email": "ada@corp.example", "email_verified": true})
		final, _, _ := b.visit(s.link(t, "corp", access))
		linked := b.exchange(codeOf(final), "", access)
		wantDecision(t, linked, 200, "linked")
		me := s.want(t, 200, "GET", "/api/v1/me", access, nil).text("id")

		ask := map[string]any{"user_id": me, "provider": "corp"}
		s.want(t, 401, "POST", "/api/v1/oauth/token", access, ask)
		got := s.want(t, 200, "POST", "/api/v1/oauth/token", key, ask)
		if status := userInfo(t, corp, got.text("access_token")); status != http.StatusOK || got.text("expires_at") == "" {
			t.Fatalf("the provider answers its own token with %d (%v), want 200", status, got.body)
		}
		account, _ := linked.body["account"].(map[string]any)
		id, _ := account["id"].(string)
		s.want(t, 204, "DELETE", "/api/v1/oauth/accounts/"+id, access, nil)
		s.want(t, 404, "POST", "/api/v1/oauth/token", key, ask)
		if status := userInfo(t, corp, got.text("access_token")); status != http.StatusUnauthorized {
			t.Errorf("after unlinking the provider answers its token with %d, want 401", status)
		}
	})
}

func userInfo(t *testing.T, p *testbed.CertifiedProvider, token string) int {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, p.Issuer+"/me", nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+token)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	_ = res.Body.Close()
	return res.StatusCode
}

// TestProviderSecretsStayOutOfTheLog runs sign-ins that succeed and fail and
// looks for what they carried in everything that was logged.
func TestProviderSecretsStayOutOfTheLog(t *testing.T) {
	engines(t, func(t *testing.T, databaseURL string) {
		var s *server
		canaries := []string{"the client's own secret"}
		t.Cleanup(func() { // after the server has stopped
			if s == nil { // it did not start
				return
			}
			for _, c := range canaries {
				if strings.Contains(s.log.String(), c) {
					t.Errorf("OA-15 the log holds %s", c)
				}
			}
			if !strings.Contains(s.log.String(), "/api/v1/oauth/corp/callback") {
				t.Error("the log does not name the callback, so it proves nothing")
			}
		})
		s, _ = startWithCertified(t, databaseURL, "OAUTH_KEEP_TOKENS=true")
		b := s.visitor(t, map[string]any{"sub": "1", "email": "ada@corp.example", "email_verified": true})
		res, _ := b.get(b.start("corp"))
		address := res.Header.Get("Location")
		for _, name := range []string{"state", "nonce", "code_challenge"} {
			canaries = append(canaries, mustQuery(t, address, name))
		}
		for !strings.Contains(address, "/callback?") {
			res, _ = b.get(address)
			next, err := res.Request.URL.Parse(res.Header.Get("Location"))
			if err != nil {
				t.Fatal(err)
			}
			address = next.String()
		}
		canaries = append(canaries, mustQuery(t, address, "code"))
		stranger := s.visitor(t, nil)
		if res, _ := stranger.get(address); res.StatusCode != http.StatusBadRequest {
			t.Errorf("OA-16 another browser: got %d, want 400", res.StatusCode)
		}
		final, _, _ := b.visit(address)
		canaries = append(canaries, codeOf(final))
		for _, c := range b.cookies[strings.TrimPrefix(s.url, "http://")] {
			canaries = append(canaries, c.Value)
		}
		a := b.exchange(codeOf(final), "", "")
		wantDecision(t, a, 200, "created")
		canaries = append(canaries, a.text("access_token"), a.text("refresh_token"))
		if res, _ := b.get(address); res.StatusCode != http.StatusBadRequest {
			t.Errorf("OA-01 replayed: got %d, want 400", res.StatusCode)
		}
	})
}

// mustQuery is one parameter of an address, which must be there.
func mustQuery(t *testing.T, address, name string) string {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, nil)
	if err != nil {
		t.Fatal(err)
	}
	v := req.URL.Query().Get(name)
	if v == "" {
		t.Fatalf("%s has no %s", address, name)
	}
	return v
}

// TestProviderOutage stops the provider half-way: a page says so, nothing is left
// behind, and the sign-in with a password goes on.
func TestProviderOutage(t *testing.T) {
	engines(t, func(t *testing.T, databaseURL string) {
		s, corp := startWithCertified(t, databaseURL)
		b := s.visitor(t, map[string]any{"sub": "1", "email": "ada@corp.example", "email_verified": true})
		wantDecision(t, b.signIn("corp"), 200, "created")
		address := b.start("corp")
		for !strings.Contains(address, "/callback?") {
			res, _ := b.get(address)
			next, err := res.Request.URL.Parse(res.Header.Get("Location"))
			if err != nil {
				t.Fatal(err)
			}
			address = next.String()
		}
		corp.Stop()
		res, body := b.get(address)
		if res.StatusCode != http.StatusServiceUnavailable || res.Header.Get("Retry-After") == "" || !strings.Contains(body, "Corp does not answer") {
			t.Errorf("OA-13 page: got %d\n%s", res.StatusCode, body)
		}
		if codeOf(res.Header.Get("Location")) != "" {
			t.Errorf("a failed sign-in leads to %s", res.Header.Get("Location"))
		}
		if res, _ := b.get(b.start("corp")); res.StatusCode != http.StatusSeeOther {
			t.Errorf("OA-13 beginning again, with the metadata that are held: got %d, want 303", res.StatusCode)
		}
		s.member(t, "grace@home.example")
		s.login(t, "grace@home.example")
	})
}
