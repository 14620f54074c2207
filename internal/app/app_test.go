package app_test

import (
	"context"
	"encoding/json"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/sallyport/sallyport/internal/app"
	"github.com/sallyport/sallyport/internal/apptest"
	"github.com/sallyport/sallyport/internal/config"
	"github.com/sallyport/sallyport/internal/session"
	"github.com/sallyport/sallyport/internal/storetest"
)

const email = "ada@example.org"

// ask sends a request to the program and returns the status and the problem's
// code.
func ask(t *testing.T, r *apptest.Rig, method, path, bearer, body string) (status int, code string) {
	t.Helper()
	req := httptest.NewRequestWithContext(t.Context(), method, path, strings.NewReader(body))
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	if bearer != "" {
		req.Header.Set("Authorization", "Bearer "+bearer)
	}
	w := httptest.NewRecorder()
	r.Handler().ServeHTTP(w, req)
	var p struct{ Code string }
	_ = json.Unmarshal(w.Body.Bytes(), &p) // a body without a code is seen below
	return w.Code, p.Code
}

func TestWithoutADatabase(t *testing.T) {
	apptest.OnBoth(t, func(t *testing.T, r *apptest.Rig) {
		r.Member(t, email)
		held := r.SignedIn(t, email)
		if status, _ := ask(t, r, "GET", "/api/v1/health/ready", "", ""); status != http.StatusOK {
			t.Fatalf("ready: got %d, want 200", status)
		}
		if err := r.Store.Close(); err != nil {
			t.Fatal(err)
		}
		login := `{"email":"` + email + `","password":"` + apptest.Password + `"}`
		for _, tt := range []struct{ name, method, path, bearer, body string }{
			{"OP-09 it is not ready", "GET", "/api/v1/health/ready", "", ""},
			{"OP-09 nobody signs in", "POST", "/api/v1/auth/login", "", login},
			{"OP-09 nobody refreshes", "POST", "/api/v1/auth/refresh", "", `{"refresh_token":"` + held.Refresh + `"}`},
			{"OP-09 no guarded action", "POST", "/api/v1/mfa/totp/setup", held.Access, ""},
			{"OP-09 no factors", "GET", "/api/v1/mfa/status", held.Access, ""},
		} {
			status, code := ask(t, r, tt.method, tt.path, tt.bearer, tt.body)
			if status < 500 || code != "internal_error" && code != "temporarily_unavailable" && !strings.Contains(tt.path, "health") {
				t.Errorf("%s: got %d %s, want a refusal of ours that says nothing", tt.name, status, code)
			}
		}
		if status, _ := ask(t, r, "GET", "/api/v1/health/live", "", ""); status != http.StatusOK {
			t.Errorf("live: got %d, want 200: a restart would not help", status)
		}
	})
}

func TestWithoutRevocations(t *testing.T) {
	r := apptest.Open(t, storetest.SQLite(t))
	r.Member(t, email)
	access := r.SignedIn(t, email).Access
	if status, _ := ask(t, r, "GET", "/api/v1/me", access, ""); status != http.StatusOK {
		t.Fatalf("got %d, want 200", status)
	}
	r.Clock.Advance(session.MaxStale + time.Second) // nobody reads them: the program is not serving
	if status, code := ask(t, r, "GET", "/api/v1/me", access, ""); status != http.StatusServiceUnavailable || code != "temporarily_unavailable" {
		t.Errorf("OP-09 a good token: got %d %s, want 503", status, code)
	}
}

func TestRetention(t *testing.T) {
	apptest.OnBoth(t, func(t *testing.T, r *apptest.Rig) {
		r.Member(t, email)
		old := len(r.Rows(t))
		r.Clock.Advance(31 * 24 * time.Hour)
		r.Member(t, "bob@example.org")
		before := len(r.Rows(t))
		if err := r.Sweep(t.Context()); err != nil {
			t.Fatal(err)
		}
		if left := len(r.Rows(t)); left != before-old {
			t.Errorf("got %d rows of %d, want the %d old ones gone", left, before, old)
		}
		v, err := r.Chain.Verify(t.Context(), r.Store)
		if err != nil || v.Fault != nil || v.From != int64(old) {
			t.Errorf("AU-05 got %+v, %v, want the chain to go on from %d", v, err, old)
		}
	}, "AUDIT_RETENTION=30d")
}

func TestOpenRefuses(t *testing.T) {
	for name, settings := range map[string][]string{
		"a database that is not there":  {"DATABASE_URL=postgres://u:canary@127.0.0.1:1/x?sslmode=disable"},
		"templates that are not there":  {"TEMPLATES_DIR=" + t.TempDir() + "/none"},
		"a folder that cannot be made":  {"DATABASE_URL=sqlite:/dev/null/x/y.db"},
		"a database file that is a lie": {"DATABASE_URL=sqlite:/dev/full"},
	} {
		t.Run(name, func(t *testing.T) {
			cfg, err := config.Load(append([]string{
				"DATABASE_URL=sqlite:" + t.TempDir() + "/x.db", "SECRET_KEY=Zq7v0Y1m3o5Kc8Xw2Rt6Ub4Ne9Lp1Js0Hd5Ga7Fi3k8",
			}, settings...), "")
			if err != nil {
				t.Fatalf("settings: %v", err)
			}
			a, err := app.Open(t.Context(), cfg, app.Options{})
			if err == nil || a != nil || strings.Contains(err.Error(), "canary") {
				t.Errorf("got %v, %v, want an error without the password", a, err)
			}
		})
	}
}

func TestServeStops(t *testing.T) {
	r := apptest.Open(t, storetest.SQLite(t), "LISTEN_ADDR=127.0.0.1:0")
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- r.Serve(ctx, func(net.Addr) { cancel() }) }()
	select {
	case err := <-done:
		if err != nil {
			t.Errorf("got %v, want nil", err)
		}
	case <-time.After(20 * time.Second):
		t.Fatal("it did not stop within 20 s")
	}
}

func TestServeSaysWhichSettingIsWrong(t *testing.T) {
	r := apptest.Open(t, storetest.SQLite(t), "LISTEN_ADDR=192.0.2.1:8000")
	err := r.Serve(t.Context(), nil)
	var op *net.OpError
	if !errors.As(err, &op) || !strings.Contains(err.Error(), "LISTEN_ADDR") {
		t.Errorf("got %v, want the setting named", err)
	}
}

func TestOutboxMetrics(t *testing.T) {
	apptest.OnBoth(t, func(t *testing.T, r *apptest.Rig) {
		u := r.Member(t, email)
		if err := r.Accounts.Forgot(r.Ctx(), u.Email); err != nil {
			t.Fatal(err)
		}
		r.Clock.Advance(time.Minute)
		figures := r.Metrics(t)
		if got := figures[`sallyport_outbox_messages{state="queued"}`]; got != 1 {
			t.Errorf("got %v queued, want 1", got)
		}
		if got := figures["sallyport_outbox_oldest_seconds"]; got < 60 || got > 61 {
			t.Errorf("got an age of %v s, want a minute", got)
		}
	})
}
