package journey_test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"testing"
)

// browser calls like the web pages: the refresh token travels as a cookie.
func (s *server) browser(t *testing.T, path string, body any, cookies ...*http.Cookie) (answer, []*http.Cookie) {
	t.Helper()
	raw, err := json.Marshal(body)
	if err != nil {
		t.Fatal(err)
	}
	req, err := http.NewRequestWithContext(t.Context(), "POST", s.url+path, bytes.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("X-Token-Delivery", "cookie")
	for _, c := range cookies {
		req.AddCookie(c)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	a := answer{status: res.StatusCode, header: res.Header}
	if res.StatusCode != http.StatusNoContent {
		if err := json.NewDecoder(res.Body).Decode(&a.body); err != nil {
			t.Fatal(err)
		}
	}
	return a, res.Cookies()
}

// TestRefreshTokenInCookie shows TK-13 and TK-14: a browser's refresh token lies
// in a __Host- cookie and nowhere else, renews from there and is gone after
// signing out.
func TestRefreshTokenInCookie(t *testing.T) {
	engines(t, func(t *testing.T, databaseURL string) {
		s := start(t, databaseURL)
		s.member(t, "ada@example.org")
		in, cookies := s.browser(t, "/api/v1/auth/login", map[string]any{"email": "ada@example.org", "password": goodPassword})
		if len(cookies) != 1 || in.text("refresh_token") != "" || in.text("access_token") == "" {
			t.Fatalf("TK-14 sign-in: got %v and %d cookies, want the refresh token in a cookie alone", in.body, len(cookies))
		}
		c := cookies[0]
		if c.Name != "__Host-sallyport_refresh" || !c.Secure || !c.HttpOnly || c.Path != "/" || c.Domain != "" || c.SameSite != http.SameSiteStrictMode {
			t.Errorf("TK-14 cookie: got %v, want __Host-, Secure, HttpOnly, SameSite=Strict", c)
		}
		next, cookies := s.browser(t, "/api/v1/auth/refresh", map[string]any{}, c)
		if next.status != 200 || len(cookies) != 1 || cookies[0].Value == c.Value || next.text("refresh_token") != "" {
			t.Fatalf("TK-14 refresh: got %d %v and %d cookies, want a new cookie", next.status, next.body, len(cookies))
		}
		out, gone := s.browser(t, "/api/v1/auth/logout", map[string]any{}, cookies[0])
		if out.status != 204 || len(gone) != 1 || gone[0].MaxAge >= 0 {
			t.Errorf("sign-out: got %d %v, want 204 and the cookie deleted", out.status, gone)
		}
		if again, _ := s.browser(t, "/api/v1/auth/refresh", map[string]any{}, cookies[0]); again.status != 401 {
			t.Errorf("TK-12 after signing out: got %d %v, want 401", again.status, again.body)
		}
	})
}
