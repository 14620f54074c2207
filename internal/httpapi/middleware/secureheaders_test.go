package middleware_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/sallyport/sallyport/internal/httpapi/middleware"
)

func TestSecureHeaders(t *testing.T) {
	header := func(https bool, h http.HandlerFunc) http.Header {
		return serve(middleware.SecureHeaders(https), h, httptest.NewRequest("GET", "/", nil)).Header()
	}
	got := header(true, ok)
	t.Run("OP-06 every answer", func(t *testing.T) {
		for name, want := range map[string]string{
			"X-Content-Type-Options":     "nosniff",
			"Referrer-Policy":            "no-referrer",
			"Cross-Origin-Opener-Policy": "same-origin",
			"X-Frame-Options":            "DENY",
			"Strict-Transport-Security":  "max-age=63072000; includeSubDomains",
		} {
			if got.Get(name) != want {
				t.Errorf("%s: got %q, want %q", name, got.Get(name), want)
			}
		}
	})
	t.Run("OP-06 nothing inline, nothing from elsewhere", func(t *testing.T) {
		csp := got.Get("Content-Security-Policy")
		for _, want := range []string{"default-src 'self'", "object-src 'none'", "base-uri 'none'", "frame-ancestors 'none'"} {
			if !strings.Contains(csp, want) {
				t.Errorf("CSP %q does not say %s", csp, want)
			}
		}
		if strings.Contains(csp, "unsafe") || strings.Contains(csp, "*") || strings.Contains(csp, "http") {
			t.Errorf("CSP %q is too wide", csp)
		}
	})
	t.Run("OP-06 HSTS with https alone", func(t *testing.T) {
		if v := header(false, ok).Get("Strict-Transport-Security"); v != "" {
			t.Errorf("got %q over http", v)
		}
	})
	t.Run("a handler can say otherwise", func(t *testing.T) {
		own := header(true, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Security-Policy", "default-src 'none'")
		})
		if v := own.Values("Content-Security-Policy"); len(v) != 1 || v[0] != "default-src 'none'" {
			t.Errorf("got %q", v)
		}
		if v := header(true, ok).Get("Content-Security-Policy"); v != middleware.ContentPolicy {
			t.Errorf("the next answer has %q", v)
		}
	})
}
