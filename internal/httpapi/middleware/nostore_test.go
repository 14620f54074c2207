package middleware_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/sallyport/sallyport/internal/httpapi/middleware"
)

func TestNoStore(t *testing.T) {
	public := func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("Cache-Control", "max-age=300") }
	tests := []struct {
		name, path, want string
		h                http.HandlerFunc
	}{
		{"TK-13 the API is not stored", "/api/v1/me", "no-store", ok},
		{"the rest says nothing", "/docs", "", ok},
		{"a public answer says so itself", "/api/v1/keys", "max-age=300", public},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := serve(middleware.NoStore("/api/"), tt.h, httptest.NewRequest("GET", tt.path, nil)).Header().Get("Cache-Control")
			if got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}
