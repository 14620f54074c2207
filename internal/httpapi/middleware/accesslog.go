package middleware

import (
	"log/slog"
	"net/http"
	"time"

	"github.com/sallyport/sallyport/internal/audit"
	"github.com/sallyport/sallyport/internal/clock"
)

// AccessLog writes one line per request when it is answered. The line holds no
// query string, no header and no body, and every text in it is cleaned and cut
// (AU-04, TK-13).
func AccessLog(log *slog.Logger, now clock.Clock) Middleware {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			rec, start := Record(w), now()
			defer func() { logRequest(log, r, rec, now().Sub(start)) }()
			next.ServeHTTP(rec, r)
		})
	}
}

func logRequest(log *slog.Logger, r *http.Request, rec *Recorder, took time.Duration) {
	origin := audit.OriginOf(r.Context())
	log.LogAttrs(r.Context(), slog.LevelInfo, "request",
		slog.String("method", audit.CleanText(r.Method, 16)),
		slog.String("path", audit.CleanText(r.URL.Path, audit.MaxField)),
		slog.String("route", routeOf(r)),
		slog.Int("status", rec.Status),
		slog.Int64("bytes", rec.Bytes),
		slog.Float64("ms", float64(took.Microseconds())/1000),
		slog.String("client_ip", origin.ClientIP),
		slog.String("request_id", origin.RequestID))
}
