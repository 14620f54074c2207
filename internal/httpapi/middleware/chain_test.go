package middleware_test

import (
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"

	"github.com/sallyport/sallyport/internal/fault"
	"github.com/sallyport/sallyport/internal/httpapi/middleware"
)

// refuse answers the code of err, as the real one does in more words.
func refuse(w http.ResponseWriter, _ *http.Request, err error) {
	w.WriteHeader(map[fault.Kind]int{fault.Internal: 500, fault.Forbidden: 403, fault.TooLarge: 413}[fault.Of(err).Kind()])
	_, _ = w.Write([]byte(fault.Of(err)))
}

// ok is a handler with nothing to say.
func ok(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusOK) }

// serve sends r through m to h.
func serve(m middleware.Middleware, h http.HandlerFunc, r *http.Request) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	m(h).ServeHTTP(w, r)
	return w
}

func TestChain(t *testing.T) {
	var got []string
	mark := func(name string) middleware.Middleware {
		return func(next http.Handler) http.Handler {
			return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				got = append(got, name)
				next.ServeHTTP(w, r)
			})
		}
	}
	serve(middleware.Chain(mark("outer"), mark("inner")), ok, httptest.NewRequest("GET", "/", nil))
	if want := []string{"outer", "inner"}; !slices.Equal(got, want) {
		t.Errorf("order: got %v, want %v", got, want)
	}
	if w := serve(middleware.Chain(), ok, httptest.NewRequest("GET", "/", nil)); w.Code != 200 {
		t.Errorf("an empty chain: got %d, want 200", w.Code)
	}
}
