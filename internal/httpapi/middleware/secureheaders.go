package middleware

import "net/http"

// ContentPolicy is the Content-Security-Policy of every answer: everything from
// this server, nothing inline; images also from data: URIs, for the QR code.
const ContentPolicy = "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; " +
	"frame-ancestors 'none'; form-action 'self'"

// hsts asks browsers to use nothing but TLS for two years, subdomains included.
const hsts = "max-age=63072000; includeSubDomains"

// SecureHeaders sets the headers that tell browsers to be careful (OP-06). With
// https, which is whether PUBLIC_URL is, HSTS is among them. A handler can set
// its own value instead.
func SecureHeaders(https bool) Middleware {
	set := [][2]string{
		{"Content-Security-Policy", ContentPolicy},
		{"X-Content-Type-Options", "nosniff"},
		{"X-Frame-Options", "DENY"},
		{"Referrer-Policy", "no-referrer"},
		{"Cross-Origin-Opener-Policy", "same-origin"},
		{"Cross-Origin-Resource-Policy", "same-origin"},
		{"Permissions-Policy", "camera=(), geolocation=(), microphone=(), payment=(), usb=(), " +
			"publickey-credentials-create=(self), publickey-credentials-get=(self)"},
	}
	if https {
		set = append(set, [2]string{"Strict-Transport-Security", hsts})
	}
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			for _, kv := range set {
				w.Header()[kv[0]] = []string{kv[1]}
			}
			next.ServeHTTP(w, r)
		})
	}
}
