package middleware

import "net/http"

// Middleware wraps a handler.
type Middleware func(http.Handler) http.Handler

// Refuse answers err to the client; internal/httpapi hands in the writer of
// problem documents.
type Refuse func(w http.ResponseWriter, r *http.Request, err error)

// Chain returns one middleware that applies ms in order: the first is the
// outermost and sees the request first.
func Chain(ms ...Middleware) Middleware {
	return func(h http.Handler) http.Handler {
		for i := len(ms) - 1; i >= 0; i-- {
			h = ms[i](h)
		}
		return h
	}
}
