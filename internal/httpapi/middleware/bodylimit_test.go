package middleware_test

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/sallyport/sallyport/internal/httpapi/middleware"
)

func TestBodyLimit(t *testing.T) {
	m := middleware.BodyLimit(10, refuse)
	t.Run("OP-04 announced too large: not even asked", func(t *testing.T) {
		called := false
		w := serve(m, func(http.ResponseWriter, *http.Request) { called = true }, httptest.NewRequest("POST", "/", strings.NewReader("12345678901")))
		if w.Code != 413 || called {
			t.Errorf("got %d, handler called %v; want 413 and not", w.Code, called)
		}
	})
	t.Run("OP-04 turns out too large: reading ends", func(t *testing.T) {
		r := httptest.NewRequest("POST", "/", io.MultiReader(strings.NewReader("12345678901")))
		r.ContentLength = -1
		serve(m, func(_ http.ResponseWriter, r *http.Request) {
			var tooLarge *http.MaxBytesError
			if b, err := io.ReadAll(r.Body); !errors.As(err, &tooLarge) || len(b) != 10 {
				t.Errorf("got %d bytes and %v, want 10 and MaxBytesError", len(b), err)
			}
		}, r)
	})
	t.Run("OP-04 exactly as large passes", func(t *testing.T) {
		serve(m, func(_ http.ResponseWriter, r *http.Request) {
			if b, err := io.ReadAll(r.Body); err != nil || len(b) != 10 {
				t.Errorf("got %d bytes and %v, want 10", len(b), err)
			}
		}, httptest.NewRequest("POST", "/", strings.NewReader("1234567890")))
	})
}
