package middleware

import (
	"net/http"

	"github.com/sallyport/sallyport/internal/fault"
)

// BodyLimit refuses a body announced with more than size bytes, and ends the
// reading of one that turns out longer with *http.MaxBytesError (OP-04).
func BodyLimit(size int64, refuse Refuse) Middleware {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.ContentLength > size {
				refuse(w, r, fault.New(fault.CodeTooLarge))
				return
			}
			r.Body = http.MaxBytesReader(w, r.Body, size)
			next.ServeHTTP(w, r)
		})
	}
}
