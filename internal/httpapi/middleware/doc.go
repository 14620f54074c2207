// Package middleware holds what wraps the whole server, one file and one test
// each: plain func(http.Handler) http.Handler, put together by Chain.
//
// It decides what every request gets whatever its route: an id, an origin, a log
// line, metrics, security headers, CORS and CSRF checks, and that a panic costs
// one request. It refuses to know routes and problem documents: what it refuses
// is handed to a Refuse function. Start reading at Chain.
package middleware
