package journey_test

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/sallyport/sallyport/internal/clock"
	"github.com/sallyport/sallyport/internal/httpapi"
	"github.com/sallyport/sallyport/internal/ident"
	"github.com/sallyport/sallyport/internal/opaque"
	"github.com/sallyport/sallyport/internal/proof"
	"github.com/sallyport/sallyport/internal/signin"
	"github.com/sallyport/sallyport/internal/storetest"
	"github.com/sallyport/sallyport/internal/testbed"
)

// concrete fills the placeholders of a route's path.
func concrete(r httpapi.Route) string {
	return strings.NewReplacer("{id}", ident.New(), "{provider}", "google").Replace(r.Path)
}

// raw sends a request as it is and returns the answer with its body as text.
func (s *server) raw(t *testing.T, method, path string, header map[string]string, body string) (*http.Response, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, s.url+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	for k, v := range header {
		req.Header.Set(k, v)
	}
	client := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	res, err := client.Do(req)
	if err != nil {
		t.Fatalf("%s %s: %v", method, path, err)
	}
	defer func() { _ = res.Body.Close() }()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res, string(b)
}

// wantProblem checks that an answer is a problem document with that status
// (RFC 9457).
func wantProblem(t *testing.T, what string, res *http.Response, body string, status int) (code string) {
	t.Helper()
	var p struct {
		Type, Title, Code string
		Status            int
	}
	err := json.Unmarshal([]byte(body), &p)
	if res.StatusCode != status || res.Header.Get("Content-Type") != "application/problem+json" || err != nil || p.Status != status || p.Code == "" || p.Title == "" {
		t.Errorf("%s: got %d %s %s, want a problem document of %d", what, res.StatusCode, res.Header.Get("Content-Type"), body, status)
	}
	return p.Code
}

// unlimited is a server whose limits are out of the way of a test that calls
// every route many times, and the key of a backend.
func unlimited(t *testing.T, more ...string) (*server, string) {
	t.Helper()
	key, hash := opaque.New(opaque.Service)
	settings := append([]string{"SERVICE_KEYS=shop:sha256:" + hex.EncodeToString(hash), "RATE_API_IP=100000/1m", "RATE_PUBLISH_IP=100000/1m"}, more...)
	return start(t, storetest.SQLite(t), settings...), key
}

// TestRoutes walks the table of contents as it is served.
func TestRoutes(t *testing.T) {
	s, _ := unlimited(t)
	s.member(t, "ada@example.org")
	s.enrol(t, "ada@example.org")
	attempt := s.login(t, "ada@example.org").text("mfa_token")
	var doc struct {
		Paths map[string]map[string]struct {
			OperationID, Summary string
			Security             []map[string][]string
			Responses            map[string]any
		}
	}
	_, raw := s.raw(t, "GET", "/openapi.json", nil, "")
	if err := json.Unmarshal([]byte(raw), &doc); err != nil {
		t.Fatalf("openapi.json: %v", err)
	}
	if len(s.Routes()) < 40 {
		t.Fatalf("got %d routes, want the whole API", len(s.Routes()))
	}
	for _, r := range s.Routes() {
		name := r.Method + " " + r.Path
		op, documented := doc.Paths[r.Path][strings.ToLower(r.Method)]
		switch {
		case len(r.Limits) == 0:
			t.Errorf("RL-09 %s: has no limit", name)
		case r.Auth.String() == "not stated":
			t.Errorf("%s: states no authentication", name)
		case !documented || op.OperationID != r.ID || op.Summary == "":
			t.Errorf("%s: got %+v in openapi.json, want it documented as %s", name, op, r.ID)
		case op.Responses["429"] == nil:
			t.Errorf("RL-09 %s: does not document 429", name)
		case (r.Auth == httpapi.Public) != (len(op.Security) == 0) && r.Auth != httpapi.ByHandler:
			t.Errorf("%s: documents %v, want what %q means", name, op.Security, r.Auth)
		}
		if r.Auth == httpapi.Public || r.Auth == httpapi.ByHandler {
			continue
		}
		for what, header := range map[string]map[string]string{
			"nothing": {}, "rubbish": {"Authorization": "Bearer rubbish"}, "another scheme": {"Authorization": "Basic YTpi"},
			"a token of another kind": {"Authorization": "Bearer spr_" + strings.Repeat("A", 43)},
		} {
			res, body := s.raw(t, r.Method, concrete(r), header, "")
			wantProblem(t, name+" with "+what, res, body, http.StatusUnauthorized)
			if res.Header.Get("WWW-Authenticate") == "" {
				t.Errorf("%s with %s: got no WWW-Authenticate", name, what)
			}
			if got := res.Header.Get("Cache-Control"); got != "no-store" {
				t.Errorf("TK-13 %s: got Cache-Control %q, want no-store", name, got)
			}
		}
		if r.Auth != httpapi.AccessOrAttempt && r.Auth != httpapi.Attempt {
			res, body := s.raw(t, r.Method, concrete(r), map[string]string{"Authorization": "Bearer " + attempt}, "")
			wantProblem(t, "MF-01 "+name+" with an attempt token", res, body, http.StatusUnauthorized)
		}
	}
}

// enrol sets an authenticator app up, with the code of the step before, and
// returns its secret.
func (s *server) enrol(t *testing.T, email string) string {
	t.Helper()
	access := s.login(t, email).text("access_token")
	secret := s.want(t, 200, "POST", "/api/v1/mfa/totp/setup", access, nil).text("secret")
	s.want(t, 200, "POST", "/api/v1/mfa/totp/verify-setup", access, map[string]any{"code": testbed.Oathtool(t, secret, clock.System().Add(-30*time.Second))})
	return secret
}

func TestUnknownRoutes(t *testing.T) {
	s, _ := unlimited(t)
	for _, path := range []string{"/api/v1/nothing", "/api/v1", "/api/v1/me/", "/api/v1/../v1/nothing", "/.well-known/nothing"} {
		res, body := s.raw(t, "GET", path, nil, "")
		if got := wantProblem(t, path, res, body, http.StatusNotFound); got != "not_found" {
			t.Errorf("%s: got %s, want not_found", path, got)
		}
	}
	for _, method := range []string{"PUT", "TRACE", "PURGE"} {
		res, body := s.raw(t, method, "/api/v1/me", nil, "")
		wantProblem(t, method, res, body, http.StatusMethodNotAllowed)
		if allow := res.Header.Get("Allow"); !strings.Contains(allow, "GET") || !strings.Contains(allow, "PATCH") {
			t.Errorf("%s: got Allow %q, want GET, PATCH and DELETE", method, allow)
		}
	}
}

// TestBadBodies gives every route with a JSON body what it must refuse. The
// value that is refused is repeated neither to the client nor to the log
// (OP-04, AU-03).
func TestBadBodies(t *testing.T) {
	s, key := unlimited(t)
	s.member(t, "ada@example.org")
	access := s.login(t, "ada@example.org").text("access_token")
	const canary = "canary-1b2c3d"
	deep := strings.Repeat(`{"a":`, 40) + `"` + canary + `"` + strings.Repeat("}", 40)
	cases := []struct {
		name, contentType, body string
		status                  []int
	}{
		{"oversized", "application/json", `{"a":"` + strings.Repeat(canary, 20_000) + `"}`, []int{413}},
		{"malformed", "application/json", `{"a":"` + canary, []int{400}},
		{"not UTF-8", "application/json", `{"a":"` + canary + "\xff\"}", []int{400}},
		{"a key twice", "application/json", `{"a":"` + canary + `","a":"x"}`, []int{400}},
		{"deep", "application/json", deep, []int{400}},
		{"two values", "application/json", `{} "` + canary + `"`, []int{400}},
		{"another type", "text/plain", canary, []int{415}},
		{"no type", "", canary, []int{415}},
		{"an unknown field", "application/json", `{"other":"` + canary + `"}`, []int{422}},
		{"role, which is nobody's to set", "application/json", `{"role":"` + canary + `","email_verified":true}`, []int{422}},
		{"a list", "application/json", `["` + canary + `"]`, []int{422}},
	}
	tested := 0
	for _, r := range s.Routes() {
		if r.Method == "GET" || r.Path == "/api/v1/auth/introspect" || !s.takesBody(t, r) {
			continue
		}
		tested++
		bearer := access
		if r.Auth == httpapi.Service {
			bearer = key
		}
		for _, c := range cases {
			header := map[string]string{"Authorization": "Bearer " + bearer}
			if c.contentType != "" {
				header["Content-Type"] = c.contentType
			}
			res, body := s.raw(t, r.Method, concrete(r), header, c.body)
			if !slices.Contains(c.status, res.StatusCode) {
				t.Errorf("%s %s, %s: got %d %s, want %v", r.Method, r.Path, c.name, res.StatusCode, body, c.status)
				continue
			}
			wantProblem(t, r.Path+", "+c.name, res, body, res.StatusCode)
			if strings.Contains(body, canary) {
				t.Errorf("%s %s, %s: got %s, want no echo", r.Method, r.Path, c.name, body)
			}
		}
	}
	if tested < 15 {
		t.Errorf("got %d routes with a body, want all of them", tested)
	}
	if strings.Contains(s.log.String(), canary) {
		t.Error("AU-03 the log repeats what was refused")
	}
	s.want(t, 200, "GET", "/api/v1/me", access, nil)
}

// takesBody reports whether openapi.json gives the route a JSON body.
func (s *server) takesBody(t *testing.T, r httpapi.Route) bool {
	t.Helper()
	var doc struct {
		Paths map[string]map[string]struct {
			RequestBody *struct{ Content map[string]any }
		}
	}
	_, raw := s.raw(t, "GET", "/openapi.json", nil, "")
	if err := json.Unmarshal([]byte(raw), &doc); err != nil {
		t.Fatal(err)
	}
	b := doc.Paths[r.Path][strings.ToLower(r.Method)].RequestBody
	return b != nil && b.Content["application/json"] != nil
}

// TestCodesOfTheWrongShape gives the routes that take a code what is no code at
// all: each costs a try, as a wrong code does.
func TestCodesOfTheWrongShape(t *testing.T) {
	s, _ := unlimited(t)
	s.member(t, "ada@example.org")
	s.enrol(t, "ada@example.org")
	u, err := s.Store.UserByEmail(t.Context(), "ada@example.org")
	if err != nil {
		t.Fatal(err)
	}
	id := u.ID
	for _, code := range []any{123456, []string{"123456"}, map[string]string{"a": "b"}, nil, true, "１２３４５６", "12 3456", "+12345", strings.Repeat("1", 65)} {
		t.Run(fmt.Sprintf("TO-05 %.20v", code), func(t *testing.T) {
			attempt := s.login(t, "ada@example.org").text("mfa_token")
			a := s.want(t, 422, "POST", "/api/v1/mfa/totp/verify", attempt, map[string]any{"code": code})
			if a.text("code") != "invalid_request" {
				t.Errorf("got %v, want invalid_request", a.body)
			}
			c, err := s.Store.CountAttempt(t.Context(), id, proof.TOTP, clock.System(), signin.DefaultCurve)
			if err != nil || c.Failures != 2 {
				t.Errorf("got %d failures with the next try, %v, want 2", c.Failures, err)
			}
			if err := s.Store.ClearAttempts(t.Context(), id, proof.TOTP); err != nil {
				t.Fatal(err)
			}
		})
	}
}

func TestSecurityHeaders(t *testing.T) {
	s, _ := unlimited(t)
	for _, path := range []string{"/", "/setup", "/docs", "/api/v1/me", "/api/v1/health", "/nothing", "/dev/inbox"} {
		res, _ := s.raw(t, "GET", path, map[string]string{"Origin": "https://evil.example"}, "")
		h := res.Header
		csp := h.Get("Content-Security-Policy")
		for _, want := range []string{"default-src 'self'", "object-src 'none'", "base-uri 'none'", "frame-ancestors 'none'"} {
			stricter := strings.HasPrefix(csp, "default-src 'none'") && !strings.HasPrefix(want, "frame") && !strings.HasPrefix(want, "base")
			if !strings.Contains(csp, want) && !stricter {
				t.Errorf("OP-06 %s: got CSP %q, want %s", path, csp, want)
			}
		}
		if strings.Contains(csp, "unsafe-inline") && !strings.Contains(csp, "style-src") {
			t.Errorf("OP-06 %s: got CSP %q, want no inline script", path, csp)
		}
		if h.Get("X-Content-Type-Options") != "nosniff" || h.Get("Referrer-Policy") != "no-referrer" || h.Get("Cross-Origin-Opener-Policy") != "same-origin" {
			t.Errorf("OP-06 %s: got %v, want nosniff, no-referrer and same-origin", path, h)
		}
		if got := h.Get("Access-Control-Allow-Origin"); got != "" {
			t.Errorf("OP-07 %s: got %q for a foreign origin, want nothing", path, got)
		}
	}
}
