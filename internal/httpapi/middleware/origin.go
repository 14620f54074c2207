package middleware

import (
	"net/http"
	"net/netip"

	"github.com/sallyport/sallyport/internal/audit"
)

// Resolver tells where a request came from; a *netaddr.Resolver is one.
type Resolver interface {
	// Client is the address after trusted proxies (RL-08).
	Client(r *http.Request) netip.Addr
	// Key is the text the address is counted by (RL-07).
	Key(addr netip.Addr) string
}

// Origin puts the client's address and its cleaned user agent into the context,
// where audit.OriginOf finds them.
func Origin(from Resolver) Middleware {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			origin := audit.OriginOf(r.Context())
			client := from.Client(r)
			if client.IsValid() {
				origin.ClientIP = client.String()
			}
			origin.Prefix = from.Key(client)
			origin.UserAgent = audit.CleanText(r.UserAgent(), audit.MaxUserAgent)
			next.ServeHTTP(w, r.WithContext(audit.WithOrigin(r.Context(), origin)))
		})
	}
}
