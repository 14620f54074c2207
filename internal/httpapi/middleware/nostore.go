package middleware

import (
	"net/http"
	"strings"
)

// NoStore keeps every answer under prefix out of caches (TK-13). A handler whose
// answer is public sets its own Cache-Control.
func NoStore(prefix string) Middleware {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if strings.HasPrefix(r.URL.Path, prefix) {
				w.Header().Set("Cache-Control", "no-store")
			}
			next.ServeHTTP(w, r)
		})
	}
}
