package middleware_test

import (
	"net/http/httptest"
	"testing"

	"github.com/sallyport/sallyport/internal/httpapi/middleware"
)

func TestCSRF(t *testing.T) {
	m, err := middleware.CSRF([]string{"https://app.example.org"}, refuse)
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name, method, site, origin string
		want                       int
	}{
		{"TK-15 no browser", "POST", "", "", 200},
		{"TK-15 this site", "POST", "same-origin", "https://example.com", 200},
		{"TK-15 typed by the person", "POST", "none", "", 200},
		{"TK-15 a listed site", "POST", "cross-site", "https://app.example.org", 200},
		{"TK-15 another site", "POST", "cross-site", "https://evil.example", 403},
		{"TK-15 another site without Origin", "POST", "cross-site", "", 403},
		{"TK-15 a sister site", "DELETE", "same-site", "https://evil.example.com", 403},
		{"TK-15 a listed name on another port", "POST", "cross-site", "https://app.example.org:8443", 403},
		{"TK-15 a listed name over http", "POST", "cross-site", "http://app.example.org", 403},
		{"TK-15 an old browser on this site", "POST", "", "https://example.com", 200},
		{"TK-15 an old browser on another", "POST", "", "https://evil.example", 403},
		{"TK-15 a sandboxed page", "POST", "", "null", 403},
		{"TK-15 a made-up method", "FROB", "cross-site", "https://evil.example", 403},
		{"TK-15 reading is free", "GET", "cross-site", "https://evil.example", 200},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := httptest.NewRequest(tt.method, "https://example.com/x", nil)
			if tt.site != "" {
				r.Header.Set("Sec-Fetch-Site", tt.site)
			}
			if tt.origin != "" {
				r.Header.Set("Origin", tt.origin)
			}
			w := serve(m, ok, r)
			if w.Code != tt.want {
				t.Errorf("got %d, want %d", w.Code, tt.want)
			}
			if tt.want == 403 && w.Body.String() != "cross_origin_refused" {
				t.Errorf("got %s, want cross_origin_refused", w.Body)
			}
		})
	}
	if _, err := middleware.CSRF([]string{"example.org"}, refuse); err == nil {
		t.Error("an origin without scheme: got no error")
	}
}
