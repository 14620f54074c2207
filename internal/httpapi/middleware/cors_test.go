package middleware_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/sallyport/sallyport/internal/httpapi/middleware"
)

func TestCORS(t *testing.T) {
	m, err := middleware.CORS([]string{"https://app.example.org", "http://localhost:3000"}, refuse)
	if err != nil {
		t.Fatal(err)
	}
	send := func(method, origin string, preflight bool) *httptest.ResponseRecorder {
		r := httptest.NewRequest(method, "/api/v1/me", nil)
		if origin != "" {
			r.Header.Set("Origin", origin)
		}
		if preflight {
			r.Header.Set("Access-Control-Request-Method", "PATCH")
			r.Header.Set("Access-Control-Request-Headers", "x-evil")
		}
		return serve(m, ok, r)
	}
	t.Run("OP-07 a listed origin may read, with credentials", func(t *testing.T) {
		h := send("GET", "https://app.example.org", false).Header()
		if h.Get("Access-Control-Allow-Origin") != "https://app.example.org" || h.Get("Access-Control-Allow-Credentials") != "true" || h.Get("Vary") != "Origin" {
			t.Errorf("got %v", h)
		}
	})
	t.Run("OP-07 a listed origin's preflight is answered and remembered", func(t *testing.T) {
		w := send("OPTIONS", "http://localhost:3000", true)
		h := w.Header()
		if w.Code != http.StatusNoContent || h.Get("Access-Control-Max-Age") != "600" || !strings.Contains(h.Get("Access-Control-Allow-Methods"), "PATCH") {
			t.Errorf("got %d %v", w.Code, h)
		}
		if strings.Contains(h.Get("Access-Control-Allow-Headers"), "evil") {
			t.Errorf("OP-07 what was asked for is reflected: %v", h)
		}
	})
	for _, origin := range []string{
		"https://evil.example", "https://app.example.org.evil.example", "https://evilapp.example.org", "http://app.example.org",
		"https://app.example.org:8443", "https://APP.example.org", "https://app.example.org/", "null", "http://localhost", "",
	} {
		t.Run("OP-07 not listed: "+origin, func(t *testing.T) {
			w := send("GET", origin, false)
			for name := range w.Header() {
				if strings.HasPrefix(name, "Access-Control") {
					t.Errorf("got %s: %s", name, w.Header().Get(name))
				}
			}
			if w.Code != 200 || w.Header().Get("Vary") != "Origin" {
				t.Errorf("got %d, Vary %q; want the plain answer", w.Code, w.Header().Get("Vary"))
			}
			if origin == "" {
				return
			}
			if w := send("OPTIONS", origin, true); w.Code != http.StatusForbidden || w.Body.String() != "cross_origin_refused" {
				t.Errorf("preflight: got %d %s, want a refusal with 403", w.Code, w.Body)
			}
		})
	}
	t.Run("OPTIONS that is no preflight passes", func(t *testing.T) {
		if w := send("OPTIONS", "https://app.example.org", false); w.Code != http.StatusOK {
			t.Errorf("got %d, want what the handler says", w.Code)
		}
	})
	for _, bad := range []string{"*", "https://*.example.org/x", "example.org", "null", "https://app.example.org/", "ftp://x", "https://u@x", ""} {
		t.Run("OP-07 no origin: "+bad, func(t *testing.T) {
			if _, err := middleware.CORS([]string{bad}, refuse); err == nil {
				t.Error("got no error")
			}
		})
	}
}
