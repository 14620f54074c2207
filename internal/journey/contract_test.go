package journey_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/sallyport/sallyport/internal/clock"
	"github.com/sallyport/sallyport/internal/httpapi"
	"github.com/sallyport/sallyport/internal/proof"
	"github.com/sallyport/sallyport/internal/signin"
)

// schema is as much of a JSON schema as the tests look at.
type schema struct {
	Ref        string `json:"$ref"`
	Type       any
	Properties map[string]schema
}

// contract is openapi.json.
type contract struct {
	Paths map[string]map[string]struct {
		RequestBody *struct {
			Content map[string]struct{ Schema schema }
		}
		Responses map[string]any
	}
	Components struct{ Schemas map[string]schema }
}

func (s *server) contract(t *testing.T) (c contract) {
	t.Helper()
	_, raw := s.raw(t, "GET", "/openapi.json", nil, "")
	if err := json.Unmarshal([]byte(raw), &c); err != nil {
		t.Fatalf("openapi.json: %v", err)
	}
	return c
}

// fields are the fields of the route's JSON body; nil where it has none.
func (c contract) fields(r httpapi.Route) map[string]schema {
	b := c.Paths[r.Path][strings.ToLower(r.Method)].RequestBody
	if b == nil {
		return nil
	}
	s := b.Content["application/json"].Schema
	if name, ok := strings.CutPrefix(s.Ref, "#/components/schemas/"); ok {
		s = c.Components.Schemas[name]
	}
	return s.Properties
}

// documents reports whether openapi.json names that status for the route.
func (c contract) documents(r httpapi.Route, status int) bool {
	return c.Paths[r.Path][strings.ToLower(r.Method)].Responses[strconv.Itoa(status)] != nil
}

// bearerFor is a credential that the route accepts; empty where it asks for none.
func bearerFor(r httpapi.Route, access, key string) map[string]string {
	switch r.Auth {
	case httpapi.Service:
		return map[string]string{"Authorization": "Bearer " + key}
	case httpapi.Public, httpapi.ByHandler:
		return map[string]string{}
	default:
		return map[string]string{"Authorization": "Bearer " + access}
	}
}

// TestFieldsOfTheWrongType gives every field of every body a value of another
// type. What is refused is named by its field and repeated nowhere.
func TestFieldsOfTheWrongType(t *testing.T) {
	s, key := unlimited(t)
	s.member(t, "ada@example.org")
	access := s.login(t, "ada@example.org").text("access_token")
	const canary = "canary-5e6f7a"
	c, tested := s.contract(t), 0
	for _, r := range s.Routes() {
		for name, field := range c.fields(r) {
			if r.Path == "/api/v1/auth/introspect" {
				continue // one that speaks forms too, and is tested beside them
			}
			tested++
			var wrong any = canary
			if kinds := fmt.Sprint(field.Type); strings.Contains(kinds, "string") {
				wrong = []string{canary}
			} else if field.Type == nil && field.Ref == "" {
				continue // any JSON at all
			}
			body, err := json.Marshal(map[string]any{name: wrong})
			if err != nil {
				t.Fatal(err)
			}
			header := bearerFor(r, access, key)
			header["Content-Type"] = "application/json"
			res, got := s.raw(t, r.Method, concrete(r), header, string(body))
			what := r.Method + " " + r.Path + ", " + name
			if code := wantProblem(t, "OP-04 "+what, res, got, http.StatusUnprocessableEntity); code != "invalid_request" {
				t.Errorf("OP-04 %s: got %s, want invalid_request", what, code)
			}
			if !strings.Contains(got, `"`+name) || strings.Contains(got, canary) {
				t.Errorf("OP-04 %s: got %s, want the field named and the value not repeated", what, got)
			}
			if !c.documents(r, res.StatusCode) {
				t.Errorf("%s: answers %d, which is not documented", what, res.StatusCode)
			}
		}
	}
	if tested < 30 {
		t.Errorf("got %d fields, want those of the whole API", tested)
	}
	if strings.Contains(s.log.String(), canary) {
		t.Error("AU-03 the log repeats what was refused")
	}
}

// TestEveryAnswer calls every route as somebody who may, and as nobody, from the
// page of another site and from one that is listed, and looks at what every
// answer must carry whatever it says.
func TestEveryAnswer(t *testing.T) {
	const friend, stranger = "https://app.example.org", "https://app.example.org.evil.example"
	s, key := unlimited(t, "CORS_ORIGINS="+friend)
	s.member(t, "ada@example.org")
	access := s.login(t, "ada@example.org").text("access_token")
	c := s.contract(t)
	for _, r := range s.Routes() {
		if r.ID == "endOtherSessions" || r.ID == "deleteMe" {
			continue // they would end what the others need
		}
		for _, origin := range []string{"", friend, stranger, "null"} {
			header := bearerFor(r, access, key)
			if origin != "" {
				header["Origin"] = origin
			}
			res, body := s.raw(t, r.Method, concrete(r), header, "")
			what := fmt.Sprintf("%s %s from %q", r.Method, r.Path, origin)
			everyHeader(t, what, res)
			if got, api := res.Header.Get("Cache-Control"), strings.HasPrefix(r.Path, "/api/"); api && got != "no-store" {
				t.Errorf("TK-13 %s: got Cache-Control %q, want no-store", what, got)
			}
			if !c.documents(r, res.StatusCode) {
				t.Errorf("%s: answers %d %s, which is not documented", what, res.StatusCode, body)
			}
			mayRead(t, what, res, origin, origin == friend)
		}
		for _, origin := range []string{friend, stranger, "null", "http://app.example.org", "https://app.example.org:8443"} {
			what := fmt.Sprintf("%s %s asked by %q", r.Method, r.Path, origin)
			res, body := s.raw(t, "OPTIONS", concrete(r), map[string]string{"Origin": origin, "Access-Control-Request-Method": r.Method, "Access-Control-Request-Headers": "authorization"}, "")
			mayRead(t, what, res, origin, origin == friend)
			if origin != friend {
				wantProblem(t, "OP-07 "+what, res, body, http.StatusForbidden)
			} else if methods := res.Header.Get("Access-Control-Allow-Methods"); res.StatusCode != http.StatusNoContent || !strings.Contains(methods, r.Method) {
				t.Errorf("OP-07 %s: got %d, %q, want the method allowed", what, res.StatusCode, methods)
			}
		}
	}
}

// everyHeader checks the headers that no answer goes without (OP-06).
func everyHeader(t *testing.T, what string, res *http.Response) {
	t.Helper()
	for name, want := range map[string]string{
		"X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer", "Cross-Origin-Opener-Policy": "same-origin",
	} {
		if got := res.Header.Get(name); got != want {
			t.Errorf("OP-06 %s: got %s %q, want %q", what, name, got, want)
		}
	}
	if csp := res.Header.Get("Content-Security-Policy"); !strings.Contains(csp, "frame-ancestors 'none'") || strings.Contains(csp, "*") {
		t.Errorf("OP-06 %s: got policy %q, want no frames and no stars", what, csp)
	}
	if res.Header.Get("X-Request-Id") == "" {
		t.Errorf("OP-08 %s: got no request id", what)
	}
}

// mayRead checks which page may read an answer (OP-07).
func mayRead(t *testing.T, what string, res *http.Response, origin string, may bool) {
	t.Helper()
	want := ""
	if may {
		want = origin
	}
	got, with := res.Header.Get("Access-Control-Allow-Origin"), res.Header.Get("Access-Control-Allow-Credentials")
	if got != want || (with == "true") != may || with == "true" && got == "*" {
		t.Errorf("OP-07 %s: got origin %q, credentials %q, want %q", what, got, with, want)
	}
	if !slices.Contains(res.Header.Values("Vary"), "Origin") {
		t.Errorf("OP-07 %s: got Vary %v, want Origin in it", what, res.Header.Values("Vary"))
	}
}

// TestAttemptTokenOpensNothingElse shows the attempt token to the routes that
// find their credential themselves (MF-01); TestRoutes shows it to all others.
func TestAttemptTokenOpensNothingElse(t *testing.T) {
	s, _ := unlimited(t)
	s.member(t, "ada@example.org")
	s.enrol(t, "ada@example.org")
	attempt := s.login(t, "ada@example.org").text("mfa_token")
	res, body := s.raw(t, "GET", "/api/v1/ws", map[string]string{
		"Authorization": "Bearer " + attempt, "Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13",
		"Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
	}, "")
	wantProblem(t, "MF-01 a socket", res, body, http.StatusUnauthorized)
	res, body = s.raw(t, "POST", "/api/v1/auth/refresh", map[string]string{"Content-Type": "application/json"}, `{"refresh_token":"`+attempt+`"}`)
	wantProblem(t, "MF-01 a refresh", res, body, http.StatusUnauthorized)
	s.call(t, "POST", "/api/v1/auth/logout", attempt, nil)
	a := s.want(t, 401, "POST", "/api/v1/mfa/totp/verify", attempt, map[string]any{"code": "000000"})
	if a.text("code") != "invalid_code" {
		t.Errorf("MF-01 after a sign-out with it: got %s, want the attempt to go on", a.text("code"))
	}
}

// TestNoCodeAtAll leaves the code out, or sends no object in its place, on each
// route that the holder of an account can guess on alone.
func TestNoCodeAtAll(t *testing.T) {
	s, _ := unlimited(t)
	s.member(t, "ada@example.org")
	s.member(t, "bob@example.org")
	s.enrol(t, "ada@example.org")
	settingUp := s.login(t, "bob@example.org").text("access_token")
	s.want(t, 200, "POST", "/api/v1/mfa/totp/setup", settingUp, nil)
	for _, tt := range []struct {
		path, who string
		method    proof.Method
	}{
		{"totp/verify", "ada@example.org", proof.TOTP},
		{"backup-codes/verify", "ada@example.org", proof.BackupCode},
		{"totp/verify-setup", "bob@example.org", proof.TOTP},
	} {
		u, err := s.Store.UserByEmail(t.Context(), tt.who)
		if err != nil {
			t.Fatal(err)
		}
		for _, body := range []string{`{}`, `{"code":null}`, `{"code":123456}`, `{"code":["123456"]}`, `["123456"]`, `"123456"`, `{"code":"123456","more":1}`} {
			t.Run("TO-05 "+tt.path+" "+body, func(t *testing.T) {
				bearer := settingUp
				if tt.who != "bob@example.org" { // an attempt of its own for each: five tries end one
					bearer = s.login(t, tt.who).text("mfa_token")
				}
				res, got := s.raw(t, "POST", "/api/v1/mfa/"+tt.path, map[string]string{"Authorization": "Bearer " + bearer, "Content-Type": "application/json"}, body)
				wantProblem(t, "it", res, got, http.StatusUnprocessableEntity)
				c, err := s.Store.CountAttempt(t.Context(), u.ID, tt.method, clock.System(), signin.DefaultCurve)
				if err != nil || c.Failures != 2 {
					t.Errorf("got %d failures with the next try, %v, want 2", c.Failures, err)
				}
				if err := s.Store.ClearAttempts(t.Context(), u.ID, tt.method); err != nil {
					t.Fatal(err)
				}
			})
		}
	}
}
