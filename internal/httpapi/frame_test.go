package httpapi_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/sallyport/sallyport/internal/fault"
	"github.com/sallyport/sallyport/internal/httpapi"
	"github.com/sallyport/sallyport/internal/limit"
	"github.com/sallyport/sallyport/internal/token"
)

// frame is an API with fakes at its edges.
type frame struct {
	*httpapi.API
	log     *bytes.Buffer
	limiter *fakeLimiter
	auth    *fakeAuth
	refused []string
}

func newFrame(t testing.TB) *frame {
	t.Helper()
	f := &frame{log: &bytes.Buffer{}, limiter: &fakeLimiter{}, auth: &fakeAuth{}}
	f.API = httpapi.New(httpapi.Config{
		Title: "Sallyport", Version: "test", PublicURL: "http://localhost:8000",
		Log:           slog.New(slog.NewJSONHandler(f.log, &slog.HandlerOptions{Level: slog.LevelDebug})),
		Rules:         []limit.Rule{{Name: "sign-in", N: 10, Per: time.Minute}, {Name: "read", N: 600, Per: time.Minute}},
		Limiter:       f.limiter,
		Authenticator: f.auth,
		StepUp: func(_ context.Context, p httpapi.Principal, _ time.Duration) error {
			if p.Claims.AAL == "aal2" {
				return nil
			}
			return fault.New(fault.CodeStepUpRequired).WithNeed(fault.Need{ACR: "aal2", MaxAge: 5 * time.Minute, Methods: []string{"totp"}})
		},
		Refused: func(ctx context.Context, r httpapi.Route, err *fault.Error) {
			p, _ := httpapi.PrincipalOf(ctx)
			f.refused = append(f.refused, strings.TrimSpace(r.ID+" "+string(err.Code)+" "+p.UserID))
		},
	})
	return f
}

// build returns the handler, or fails the test.
func (f *frame) build(t *testing.T) http.Handler {
	t.Helper()
	h, err := f.Build()
	if err != nil {
		t.Fatalf("Build: %v", err)
	}
	return h
}

type fakeLimiter struct {
	err   error
	deny  string // the rule that denies
	wait  time.Duration
	taken []string
}

func (l *fakeLimiter) Take(_ context.Context, rule limit.Rule, key string) (limit.Decision, error) {
	l.taken = append(l.taken, rule.Name+"|"+key)
	return limit.Decision{Allowed: rule.Name != l.deny, RetryAfter: l.wait}, l.err
}

// fakeAuth knows three good tokens and counts what it is asked.
type fakeAuth struct{ asked []string }

const (
	goodAccess  = "access.good.token"
	adminAccess = "access.admin.token"
	freshAccess = "access.fresh.token"
	goodAttempt = "spa_good"
	goodService = "spk_good"
)

func (a *fakeAuth) Access(_ context.Context, raw string) (httpapi.Principal, error) {
	a.asked = append(a.asked, "access")
	p := httpapi.Principal{UserID: "u1", Claims: token.Claims{Subject: "u1", AAL: "aal1"}}
	switch raw {
	case goodAccess:
		return p, nil
	case adminAccess:
		p.Claims.Roles = []string{"admin"}
		return p, nil
	case freshAccess:
		p.Claims.AAL = "aal2"
		return p, nil
	}
	return p, fault.New(fault.CodeInvalidToken)
}

func (a *fakeAuth) Attempt(_ context.Context, raw string) (httpapi.Principal, error) {
	a.asked = append(a.asked, "attempt")
	if raw == goodAttempt {
		return httpapi.Principal{UserID: "u1", Detail: "the attempt"}, nil
	}
	return httpapi.Principal{}, fault.New(fault.CodeAttemptExpired)
}

func (a *fakeAuth) Service(_ context.Context, raw string) (httpapi.Principal, error) {
	a.asked = append(a.asked, "service")
	if raw == goodService {
		return httpapi.Principal{Detail: "billing"}, nil
	}
	return httpapi.Principal{}, fault.New(fault.CodeInvalidToken)
}

type loginInput struct {
	Body struct {
		Email    string `json:"email" format:"email" maxLength:"254" doc:"Your address."`
		Password string `json:"password" minLength:"1" maxLength:"1024"`
		Remember *bool  `json:"remember,omitempty"`
	}
}

type loginOutput struct {
	Body struct {
		Email string `json:"email"`
	}
}

func loginRoute() httpapi.Route {
	return httpapi.Route{
		Method: "POST", Path: "/api/v1/auth/login", ID: "login", Tag: "Sign-in", Summary: "Sign in",
		Auth: httpapi.Public, Limits: []string{"sign-in"},
		Errors: []fault.Code{fault.CodeInvalidCredentials},
	}
}

// route is one with nothing missing.
func route(method, path, id string, auth httpapi.Auth) httpapi.Route {
	return httpapi.Route{Method: method, Path: path, ID: id, Tag: "Test", Summary: "A route", Description: "For tests.", Auth: auth, Limits: []string{"read"}}
}

func registerLogin(f *frame) {
	httpapi.Register(f.API, loginRoute(), func(_ context.Context, in *loginInput) (*loginOutput, error) {
		out := &loginOutput{}
		out.Body.Email = in.Body.Email
		return out, nil
	})
}

// call sends one request through h, without a network.
func call(h http.Handler, method, target, body string, headers ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, target, strings.NewReader(body))
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

// problem reads a problem document and checks that it is one.
func problem(t *testing.T, status int, header http.Header, body io.Reader) httpapi.Problem {
	t.Helper()
	var p httpapi.Problem
	if got := header.Get("Content-Type"); got != "application/problem+json" {
		t.Errorf("Content-Type: got %q, want application/problem+json", got)
	}
	if err := json.NewDecoder(body).Decode(&p); err != nil {
		t.Fatalf("the body is no problem document: %v", err)
	}
	if p.Status != status {
		t.Errorf("status in the document: got %d, want %d as in the response", p.Status, status)
	}
	if want := "/docs/errors#" + string(p.Code); p.Type != want {
		t.Errorf("type: got %q, want %q", p.Type, want)
	}
	if p.Title == "" || p.Detail == "" || p.Code == "" {
		t.Errorf("title, detail and code must be there: %+v", p)
	}
	return p
}

// wantProblem checks status and code of a recorded answer.
func wantProblem(t *testing.T, w *httptest.ResponseRecorder, status int, code fault.Code) httpapi.Problem {
	t.Helper()
	p := problem(t, w.Code, w.Result().Header, bytes.NewReader(w.Body.Bytes()))
	if w.Code != status || p.Code != code {
		t.Errorf("got %d %s (%s), want %d %s", w.Code, p.Code, p.Detail, status, code)
	}
	return p
}
