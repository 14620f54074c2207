package middleware

import (
	"net/http"

	"github.com/sallyport/sallyport/internal/audit"
	"github.com/sallyport/sallyport/internal/ident"
)

// RequestIDHeader carries the request id, both ways.
const RequestIDHeader = "X-Request-Id"

// RequestID gives every request an id, found in the answer's header, in the log
// and in every problem document. An id that comes with the request is kept only
// if trusted says so of the peer and it is 8 to 64 letters, digits, '-', '_' or
// '.'; otherwise a fresh one is made.
func RequestID(trusted func(*http.Request) bool) Middleware {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			var id string
			if sent := r.Header[RequestIDHeader]; len(sent) == 1 && isRequestID(sent[0]) && trusted(r) {
				id = sent[0]
			} else {
				id = ident.New()
			}
			w.Header().Set(RequestIDHeader, id)
			origin := audit.OriginOf(r.Context())
			origin.RequestID = id
			next.ServeHTTP(w, r.WithContext(audit.WithOrigin(r.Context(), origin)))
		})
	}
}

func isRequestID(s string) bool {
	if len(s) < 8 || len(s) > 64 {
		return false
	}
	for i := range len(s) {
		c := s[i] | 0x20
		if ('a' > c || c > 'z') && ('0' > s[i] || s[i] > '9') && s[i] != '-' && s[i] != '_' && s[i] != '.' {
			return false
		}
	}
	return true
}
