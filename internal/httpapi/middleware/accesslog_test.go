package middleware_test

import (
	"bytes"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/sallyport/sallyport/internal/audit"
	"github.com/sallyport/sallyport/internal/clock"
	"github.com/sallyport/sallyport/internal/httpapi/middleware"
)

func TestAccessLog(t *testing.T) {
	line := func(t *testing.T, r *http.Request, h http.HandlerFunc) map[string]any {
		t.Helper()
		var log bytes.Buffer
		now := clock.NewFake(time.Unix(1700000000, 0))
		m := middleware.AccessLog(slog.New(slog.NewJSONHandler(&log, nil)), now.Now)
		serve(m, func(w http.ResponseWriter, r *http.Request) {
			now.Advance(1500 * time.Microsecond)
			h(w, r)
		}, r)
		if n := strings.Count(log.String(), "\n"); n != 1 {
			t.Fatalf("AU-04 got %d lines, want 1: %s", n, &log)
		}
		var out map[string]any
		if err := json.Unmarshal(log.Bytes(), &out); err != nil {
			t.Fatal(err)
		}
		return out
	}
	t.Run("what is said", func(t *testing.T) {
		r := httptest.NewRequest("POST", "/api/v1/x", nil)
		r.Pattern = "POST /api/v1/{y}"
		r = r.WithContext(audit.WithOrigin(r.Context(), audit.Origin{ClientIP: "192.0.2.1", RequestID: "req-1"}))
		got := line(t, r, func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusCreated)
			_, _ = io.WriteString(w, "abc")
		})
		want := map[string]any{
			"msg": "request", "level": "INFO", "method": "POST", "path": "/api/v1/x", "route": "/api/v1/{y}",
			"status": 201.0, "bytes": 3.0, "ms": 1.5, "client_ip": "192.0.2.1", "request_id": "req-1",
		}
		for k, v := range want {
			if got[k] != v {
				t.Errorf("%s: got %v, want %v", k, got[k], v)
			}
		}
		if len(got) != len(want)+1 { // and the time
			t.Errorf("got more than was asked for: %v", got)
		}
	})
	t.Run("TK-13 no query, no header, no body", func(t *testing.T) {
		r := httptest.NewRequest("POST", "/x?token=canary", strings.NewReader("canary"))
		r.Header.Set("Authorization", "Bearer canary")
		r.Header.Set("Cookie", "canary=canary")
		r.Header.Set("User-Agent", "canary")
		b, _ := json.Marshal(line(t, r, ok))
		if bytes.Contains(b, []byte("canary")) {
			t.Errorf("got %s", b)
		}
	})
	t.Run("AU-04 one line whatever comes", func(t *testing.T) {
		r := httptest.NewRequest("GET", "/", nil)
		r.Method = "GET\r\nX" + strings.Repeat("y", 1000)
		r.URL = &url.URL{Path: "/a\nb\x1b[0m\x00\u202e" + strings.Repeat("z", 1<<20)}
		got := line(t, r, ok)
		for _, k := range []string{"path", "method"} {
			if s := got[k].(string); len(s) > audit.MaxField || strings.ContainsAny(s, "\r\n\x1b\x00\u202e") {
				t.Errorf("%s: got %d bytes %.40q", k, len(s), s)
			}
		}
	})
	t.Run("a handler that panics is logged too", func(t *testing.T) {
		defer func() { _ = recover() }()
		var log bytes.Buffer
		defer func() {
			if !strings.Contains(log.String(), `"msg":"request"`) {
				t.Errorf("got %q", &log)
			}
		}()
		serve(middleware.AccessLog(slog.New(slog.NewJSONHandler(&log, nil)), clock.System), func(http.ResponseWriter, *http.Request) { panic("x") }, httptest.NewRequest("GET", "/", nil))
	})
}
