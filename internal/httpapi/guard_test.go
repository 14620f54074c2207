package httpapi_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/sallyport/sallyport/internal/audit"
	"github.com/sallyport/sallyport/internal/clock"
	"github.com/sallyport/sallyport/internal/fault"
	"github.com/sallyport/sallyport/internal/httpapi"
)

// everyAuth is one route per statement, under /<n>, answering who calls.
func everyAuth(t *testing.T) (*frame, http.Handler) {
	t.Helper()
	f := newFrame(t)
	for auth := httpapi.Public; auth <= httpapi.ByHandler; auth++ {
		path := fmt.Sprintf("/%d", auth)
		if auth%2 == 0 { // both kinds of registration go through the same door
			httpapi.Register(f.API, route("GET", path, path[1:], auth), func(ctx context.Context, _ *struct{}) (*whoOutput, error) {
				out := &whoOutput{}
				out.Body.Who = who(ctx)
				return out, nil
			})
			continue
		}
		httpapi.RegisterPlain(f.API, route("GET", path, path[1:], auth), http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			fmt.Fprintf(w, `{"who":%q}`, who(r.Context()))
		}))
	}
	return f, f.build(t)
}

type whoOutput struct {
	Body struct {
		Who string `json:"who"`
	}
}

func who(ctx context.Context) string {
	p, ok := httpapi.PrincipalOf(ctx)
	if !ok {
		return "nobody"
	}
	detail, _ := httpapi.DetailOf[string](ctx)
	return string(p.Kind) + " " + p.UserID + " " + detail + " " + p.Token
}

func TestAuthentication(t *testing.T) {
	_, h := everyAuth(t)
	const none = ""
	// What each statement answers to each credential: a status, and for 401 the code.
	tests := []struct {
		auth                                    httpapi.Auth
		none, access, admin, attempt, service   int
		badAccess, badAttempt, badService, junk int
	}{
		{httpapi.Public, 200, 200, 200, 200, 200, 200, 200, 200, 200},
		{httpapi.Access, 401, 200, 200, 401, 401, 401, 401, 401, 401},
		{httpapi.Attempt, 401, 401, 401, 200, 401, 401, 401, 401, 401},
		{httpapi.AccessOrAttempt, 401, 200, 200, 200, 401, 401, 401, 401, 401},
		{httpapi.Admin, 401, 403, 200, 401, 401, 401, 401, 401, 401},
		{httpapi.Service, 401, 401, 401, 401, 200, 401, 401, 401, 401},
		{httpapi.ByHandler, 200, 200, 200, 200, 200, 200, 200, 200, 200},
	}
	for _, tt := range tests {
		for _, c := range []struct {
			token string
			want  int
		}{
			{none, tt.none}, {goodAccess, tt.access}, {adminAccess, tt.admin}, {goodAttempt, tt.attempt}, {goodService, tt.service},
			{"access.bad.token", tt.badAccess}, {"spa_bad", tt.badAttempt}, {"spk_bad", tt.badService}, {"ju nk", tt.junk},
		} {
			t.Run(fmt.Sprintf("MF-01 %s with %q", tt.auth, c.token), func(t *testing.T) {
				var headers []string
				if c.token != none {
					headers = []string{"Authorization", "Bearer " + c.token}
				}
				w := call(h, "GET", fmt.Sprintf("/%d", tt.auth), "", headers...)
				if w.Code != c.want {
					t.Fatalf("got %d %s, want %d", w.Code, w.Body, c.want)
				}
				if c.want == 401 {
					if !strings.HasPrefix(w.Header().Get("WWW-Authenticate"), "Bearer") {
						t.Errorf("WWW-Authenticate: got %q, want Bearer", w.Header().Get("WWW-Authenticate"))
					}
					if sent := c.token != none; sent != strings.Contains(w.Header().Get("WWW-Authenticate"), "invalid_token") {
						t.Errorf("WWW-Authenticate: got %q; a token was sent: %v", w.Header().Get("WWW-Authenticate"), sent)
					}
				}
			})
		}
	}
}

func TestMFPendingOpensNothingElse(t *testing.T) {
	f, h := everyAuth(t)
	for _, r := range f.Routes() {
		if r.Auth == httpapi.Public || r.Auth == httpapi.ByHandler {
			continue
		}
		f.auth.asked = nil
		w := call(h, r.Method, r.Path, "", "Authorization", "Bearer "+goodAttempt)
		open := r.Auth == httpapi.Attempt || r.Auth == httpapi.AccessOrAttempt
		if open != (w.Code == 200) || !open && w.Code != 401 {
			t.Errorf("MF-01 %s %s (%s): got %d for an attempt token", r.Method, r.Path, r.Auth, w.Code)
		}
		if slices.Contains(f.auth.asked, "access") {
			t.Errorf("MF-01 %s: an attempt token was tried as an access token", r.Path)
		}
	}
}

func TestPrincipal(t *testing.T) {
	_, h := everyAuth(t)
	tests := []struct{ name, path, token, want string }{
		{"an access token", "/2", goodAccess, "access u1  " + goodAccess},
		{"an attempt", "/3", goodAttempt, "attempt u1 the attempt " + goodAttempt},
		{"a service", "/6", goodService, "service  billing " + goodService},
		{"nobody on a public route", "/1", goodAccess, "nobody"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := call(h, "GET", tt.path, "", "Authorization", "bEaReR "+tt.token)
			if want := fmt.Sprintf(`{"who":%q}`, tt.want); strings.TrimSpace(w.Body.String()) != want {
				t.Errorf("got %s, want %s", w.Body, want)
			}
		})
	}
}

func TestBearer(t *testing.T) {
	tests := []struct {
		name   string
		header []string
		want   fault.Code
	}{
		{"none", nil, fault.CodeUnauthenticated},
		{"empty", []string{""}, fault.CodeUnauthenticated},
		{"another scheme", []string{"Basic YTpi"}, fault.CodeUnauthenticated},
		{"scheme alone", []string{"Bearer"}, fault.CodeInvalidToken},
		{"scheme and space", []string{"Bearer "}, fault.CodeInvalidToken},
		{"two spaces", []string{"Bearer  abc"}, fault.CodeInvalidToken},
		{"two tokens", []string{"Bearer abc def"}, fault.CodeInvalidToken},
		{"two headers", []string{"Bearer abc", "Bearer def"}, fault.CodeInvalidToken},
		{"comma", []string{"Bearer abc,def"}, fault.CodeInvalidToken},
		{"quotes", []string{`Bearer "abc"`}, fault.CodeInvalidToken},
		{"not ASCII", []string{"Bearer äbc"}, fault.CodeInvalidToken},
		{"padding alone", []string{"Bearer =="}, fault.CodeInvalidToken},
		{"TK-05 more than 8 KiB", []string{"Bearer " + strings.Repeat("a", 8<<10+1)}, fault.CodeInvalidToken},
		{"TK-05 8 KiB", []string{"Bearer " + strings.Repeat("a", 8<<10)}, ""},
		{"a token", []string{"Bearer abc.DEF-_~+/09=="}, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := httptest.NewRequest("GET", "/", nil)
			r.Header["Authorization"] = tt.header
			if _, err := httpapi.Bearer(r); fault.Of(err) != tt.want {
				t.Errorf("got %q, want %q", fault.Of(err), tt.want)
			}
		})
	}
}

func TestLimits(t *testing.T) {
	setup := func(t *testing.T) (*frame, http.Handler) {
		f := newFrame(t)
		r := route("GET", "/x", "x", httpapi.Access)
		r.Limits = []string{"sign-in", "read"}
		httpapi.Register(f.API, r, noop)
		return f, f.build(t)
	}
	t.Run("RL-07 counted by the origin's prefix, each rule", func(t *testing.T) {
		f, h := setup(t)
		r := httptest.NewRequest("GET", "/x", nil)
		r.Header.Set("Authorization", "Bearer "+goodAccess)
		h.ServeHTTP(httptest.NewRecorder(), r.WithContext(audit.WithOrigin(r.Context(), audit.Origin{Prefix: "2001:db8::/64"})))
		if want := []string{"sign-in|2001:db8::/64", "read|2001:db8::/64"}; !slices.Equal(f.limiter.taken, want) {
			t.Errorf("got %v, want %v", f.limiter.taken, want)
		}
	})
	t.Run("RL-10 a limit answers 429 before authentication", func(t *testing.T) {
		f, h := setup(t)
		f.limiter.deny, f.limiter.wait = "read", 90*time.Second
		w := call(h, "GET", "/x", "", "Authorization", "Bearer "+goodAccess)
		p := wantProblem(t, w, 429, fault.CodeRateLimited)
		if w.Header().Get("Retry-After") != "90" || p.RetryAfter != 90 {
			t.Errorf("got Retry-After %q and %d, want 90", w.Header().Get("Retry-After"), p.RetryAfter)
		}
		if len(f.auth.asked) != 0 {
			t.Errorf("authentication was asked: %v", f.auth.asked)
		}
		if want := []string{"x rate_limited"}; !slices.Equal(f.refused, want) {
			t.Errorf("AU-01 told: got %v, want %v", f.refused, want)
		}
	})
	t.Run("OP-09 a limiter that fails refuses", func(t *testing.T) {
		f, h := setup(t)
		f.limiter.err = errors.New("canary")
		w := call(h, "GET", "/x", "", "Authorization", "Bearer "+goodAccess)
		wantProblem(t, w, 503, fault.CodeUnavailable)
		if strings.Contains(w.Body.String(), "canary") || len(f.auth.asked) != 0 {
			t.Errorf("body %s, asked %v", w.Body, f.auth.asked)
		}
	})
}

func TestStepUp(t *testing.T) {
	f := newFrame(t)
	r := route("DELETE", "/api/v1/me", "deleteMe", httpapi.Access)
	r.StepUp = true
	httpapi.Register(f.API, r, noop)
	h := f.build(t)
	t.Run("MF-03 a stale proof is 403 with what would do", func(t *testing.T) {
		w := call(h, "DELETE", "/api/v1/me", "", "Authorization", "Bearer "+goodAccess)
		p := wantProblem(t, w, 403, fault.CodeStepUpRequired)
		if p.StepUp == nil || p.StepUp.ACR != "aal2" || p.StepUp.MaxAge != 300 || len(p.StepUp.Methods) != 1 {
			t.Errorf("step_up: got %+v", p.StepUp)
		}
		if c := w.Header().Get("WWW-Authenticate"); !strings.Contains(c, `error="insufficient_user_authentication"`) || !strings.Contains(c, `max_age="300"`) {
			t.Errorf("WWW-Authenticate: got %q", c)
		}
	})
	t.Run("AU-01 who was refused is told", func(t *testing.T) {
		if want := []string{"deleteMe step_up_required u1"}; !slices.Equal(f.refused, want) {
			t.Errorf("got %v, want %v", f.refused, want)
		}
	})
	t.Run("MF-03 a fresh proof passes", func(t *testing.T) {
		if w := call(h, "DELETE", "/api/v1/me", "", "Authorization", "Bearer "+freshAccess); w.Code != 204 {
			t.Errorf("got %d %s, want 204", w.Code, w.Body)
		}
	})
}

func TestDeadline(t *testing.T) {
	for _, tt := range []struct {
		name    string
		timeout time.Duration
		want    time.Duration // 0: none
	}{{"default", 0, httpapi.DefaultTimeout}, {"own", time.Second, time.Second}, {"none", -1, 0}} {
		t.Run(tt.name, func(t *testing.T) {
			f := newFrame(t)
			r := route("GET", "/x", "x", httpapi.Public)
			r.Timeout = tt.timeout
			var left time.Duration
			httpapi.RegisterPlain(f.API, r, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
				if d, ok := r.Context().Deadline(); ok {
					left = d.Sub(clock.System())
				}
			}))
			call(f.build(t), "GET", "/x", "")
			if left > tt.want+time.Millisecond || left < tt.want-time.Second {
				t.Errorf("got a deadline in %v, want %v", left, tt.want)
			}
		})
	}
	if httpapi.DefaultTimeout >= httpapi.WriteTimeout {
		t.Errorf("a handler may take %v, but its answer is cut at %v", httpapi.DefaultTimeout, httpapi.WriteTimeout)
	}
}

func TestErrorOfAHandler(t *testing.T) {
	f := newFrame(t)
	httpapi.Register(f.API, route("GET", "/fault", "fault", httpapi.Public), func(context.Context, *struct{}) (*struct{}, error) {
		return nil, fmt.Errorf("x: %w", fault.New(fault.CodeRateLimited).WithRetryAfter(3*time.Second))
	})
	httpapi.Register(f.API, route("GET", "/unknown", "unknown", httpapi.Public), func(context.Context, *struct{}) (*struct{}, error) {
		return nil, errors.New("canary")
	})
	h := f.build(t)
	w := call(h, "GET", "/fault", "")
	wantProblem(t, w, 429, fault.CodeRateLimited)
	if got := w.Result().Header["Retry-After"]; !slices.Equal(got, []string{"3"}) {
		t.Errorf("Retry-After: got %v, want one 3", got)
	}
	w = call(h, "GET", "/unknown", "")
	wantProblem(t, w, 500, fault.CodeInternal)
	if strings.Contains(w.Body.String(), "canary") || !strings.Contains(f.log.String(), "canary") {
		t.Errorf("OP-08 body %s, log %s", w.Body, f.log)
	}
}
