package middleware

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"

	"github.com/sallyport/sallyport/internal/fault"
)

// What a page of a listed origin may send, and read of the answer.
const (
	corsMethods = "GET, POST, PUT, PATCH, DELETE"
	corsHeaders = "Authorization, Content-Type, X-Token-Delivery"
	corsExposed = "Retry-After, WWW-Authenticate, X-Request-Id"
	corsMaxAge  = "600" // seconds a preflight is remembered
)

// CORS lets pages of exactly these origins call with credentials (OP-07). An
// origin that is not on the list gets no CORS header at all, and its preflight
// is refused; no origin is ever reflected because it asked.
func CORS(origins []string, refuse Refuse) (Middleware, error) {
	for _, o := range origins {
		if err := checkOrigin(o); err != nil {
			return nil, err
		}
	}
	listed := slices.Clone(origins)
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Add("Vary", "Origin")
			origin := r.Header.Get("Origin")
			allowed := origin != "" && slices.Contains(listed, origin)
			if allowed {
				allowOrigin(w.Header(), origin)
			}
			switch {
			case !isPreflight(r):
				next.ServeHTTP(w, r)
			case allowed:
				answerPreflight(w)
			default:
				refuse(w, r, fault.New(fault.CodeCrossOrigin))
			}
		})
	}, nil
}

func allowOrigin(h http.Header, origin string) {
	h.Set("Access-Control-Allow-Origin", origin)
	h.Set("Access-Control-Allow-Credentials", "true")
	h.Set("Access-Control-Expose-Headers", corsExposed)
}

func isPreflight(r *http.Request) bool {
	return r.Method == http.MethodOptions && r.Header.Get("Origin") != "" &&
		r.Header.Get("Access-Control-Request-Method") != ""
}

func answerPreflight(w http.ResponseWriter) {
	h := w.Header()
	h.Add("Vary", "Access-Control-Request-Method, Access-Control-Request-Headers")
	h.Set("Access-Control-Allow-Methods", corsMethods)
	h.Set("Access-Control-Allow-Headers", corsHeaders)
	h.Set("Access-Control-Max-Age", corsMaxAge)
	w.WriteHeader(http.StatusNoContent)
}

// checkOrigin accepts scheme, host and port as browsers write them.
func checkOrigin(origin string) error {
	u, err := url.Parse(origin)
	if err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") || u.Scheme+"://"+u.Host != origin {
		return fmt.Errorf("middleware: %q is no origin such as https://app.example.org", origin)
	}
	return nil
}
