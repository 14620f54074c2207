package middleware

import (
	"net/http"

	"github.com/sallyport/sallyport/internal/fault"
)

// CSRF refuses what a browser sends from a page of another origin with a method
// that changes something, unless that origin is one of these (TK-15). Requests
// that come from no browser carry neither Origin nor Sec-Fetch-Site and pass.
func CSRF(origins []string, refuse Refuse) (Middleware, error) {
	protection := http.NewCrossOriginProtection()
	for _, o := range origins {
		if err := protection.AddTrustedOrigin(o); err != nil {
			return nil, err
		}
	}
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if err := protection.Check(r); err != nil {
				refuse(w, r, fault.Because(fault.CodeCrossOrigin, err))
				return
			}
			next.ServeHTTP(w, r)
		})
	}, nil
}
