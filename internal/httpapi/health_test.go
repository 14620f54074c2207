package httpapi_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/sallyport/sallyport/internal/fault"
	"github.com/sallyport/sallyport/internal/httpapi"
)

func healthFrame(t *testing.T, checks ...httpapi.Check) (*frame, http.Handler) {
	t.Helper()
	f := newFrame(t)
	httpapi.RegisterHealth(f.API, []string{"read"}, checks)
	return f, f.build(t)
}

func TestHealth(t *testing.T) {
	good := httpapi.Check{Name: "database", Run: func(context.Context) error { return nil }}
	bad := httpapi.Check{Name: "redis", Run: func(context.Context) error { return errors.New("dial tcp 10.0.0.5:6379: canary") }}
	mad := httpapi.Check{Name: "outbox", Run: func(context.Context) error { panic("canary") }}

	t.Run("all is well", func(t *testing.T) {
		_, h := healthFrame(t, good)
		for path, want := range map[string]string{
			"/api/v1/health":       `{"status":"ok","checks":["database"]}`,
			"/api/v1/health/ready": `{"status":"ok","checks":["database"]}`,
			"/api/v1/health/live":  `{"status":"ok"}`,
		} {
			if w := call(h, "GET", path, ""); w.Code != 200 || strings.TrimSpace(w.Body.String()) != want {
				t.Errorf("%s: got %d %s, want 200 %s", path, w.Code, w.Body, want)
			}
		}
	})
	t.Run("OP-08 what fails is named, why is logged", func(t *testing.T) {
		f, h := healthFrame(t, good, bad, mad)
		for _, path := range []string{"/api/v1/health", "/api/v1/health/ready"} {
			w := call(h, "GET", path, "")
			p := wantProblem(t, w, 503, fault.CodeUnavailable)
			if len(p.Fields) != 2 || p.Fields[0].Path != "redis" || p.Fields[1].Path != "outbox" {
				t.Errorf("%s: fields: got %+v, want redis and outbox", path, p.Fields)
			}
			if strings.Contains(w.Body.String(), "canary") || !strings.Contains(f.log.String(), "canary") {
				t.Errorf("%s: body %s, log %s", path, w.Body, f.log)
			}
		}
		if w := call(h, "GET", "/api/v1/health/live", ""); w.Code != 200 {
			t.Errorf("live: got %d, want 200 whatever fails", w.Code)
		}
	})
	t.Run("a check that hangs counts as failed after two seconds", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			release := make(chan struct{})
			hangs := httpapi.Check{Name: "redis", Run: func(context.Context) error { <-release; return nil }}
			_, h := healthFrame(t, good, hangs)
			w := call(h, "GET", "/api/v1/health/ready", "")
			p := wantProblem(t, w, 503, fault.CodeUnavailable)
			if len(p.Fields) != 1 || p.Fields[0].Path != "redis" {
				t.Errorf("fields: got %+v, want redis alone", p.Fields)
			}
			close(release)
		})
	})
}
