package journey_test

import (
	"encoding/hex"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/sallyport/sallyport/internal/opaque"
)

// TestIntrospection is how a backend asks about a token it cannot verify (RFC
// 7662): by a form or by JSON, with its service key, and the answer follows the
// session at once.
func TestIntrospection(t *testing.T) {
	key, hash := opaque.New(opaque.Service)
	engines(t, func(t *testing.T, databaseURL string) {
		s := start(t, databaseURL, "SERVICE_KEYS=shop:sha256:"+hex.EncodeToString(hash))
		s.member(t, "ada@example.org")
		access := s.login(t, "ada@example.org").text("access_token")
		a := s.want(t, 200, "POST", "/api/v1/auth/introspect", key, map[string]any{"token": access})
		if a.body["active"] != true || a.text("aal") != "aal1" || a.text("sid") == "" {
			t.Errorf("live token: got %v, want active, aal1 and a sid", a.body)
		}
		if got := s.form(t, key, url.Values{"token": {access}, "token_type_hint": {"access_token"}}); got["active"] != true {
			t.Errorf("by form: got %v, want active", got)
		}
		s.want(t, 401, "POST", "/api/v1/auth/introspect", access, map[string]any{"token": access})
		s.want(t, 422, "POST", "/api/v1/auth/introspect", key, map[string]any{"token": 7})
		s.want(t, 204, "POST", "/api/v1/auth/logout", access, nil)
		got := s.form(t, key, url.Values{"token": {access}})
		if len(got) != 1 || got["active"] != false {
			t.Errorf("after sign-out: got %v, want active=false alone", got)
		}
	})
}

func (s *server) form(t *testing.T, key string, form url.Values) (body map[string]any) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), "POST", s.url+"/api/v1/auth/introspect", strings.NewReader(form.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("Authorization", "Bearer "+key)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	if err := json.NewDecoder(res.Body).Decode(&body); err != nil {
		t.Fatal(err)
	}
	return body
}
