package httpapi

import (
	"fmt"
	"log/slog"
	"net/http"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/sallyport/sallyport/internal/clock"
	"github.com/sallyport/sallyport/internal/httpapi/middleware"
	"github.com/sallyport/sallyport/internal/netaddr"
)

// Stack is what every request passes before it meets a route, whatever the
// route.
type Stack struct {
	Log      *slog.Logger
	Now      clock.Clock
	Refuse   middleware.Refuse // API.WriteProblem
	Resolver *netaddr.Resolver
	Metrics  prometheus.Registerer
	// Origins may call from a browser: those of CORS_ORIGINS, FRONTEND_URL and
	// PUBLIC_URL, each exact.
	Origins []string
	HTTPS   bool // PUBLIC_URL is https
}

// Wrap returns h behind the stack. The order is part of the guarantee: the id
// and the origin come first because everything below names them; the log and the
// metrics enclose the recovery from panics, so they see its 500.
func (s Stack) Wrap(h http.Handler) (http.Handler, error) {
	cors, err := middleware.CORS(s.Origins, s.Refuse)
	if err != nil {
		return nil, err
	}
	csrf, err := middleware.CSRF(s.Origins, s.Refuse)
	if err != nil {
		return nil, err
	}
	metrics, err := middleware.NewMetrics(s.Metrics, s.Now)
	if err != nil {
		return nil, fmt.Errorf("httpapi: metrics: %w", err)
	}
	return middleware.Chain(
		middleware.RequestID(s.fromProxy),
		middleware.Origin(s.Resolver),
		middleware.AccessLog(s.Log, s.Now),
		metrics.Middleware,
		middleware.Recover(s.Log, s.Refuse),
		middleware.SecureHeaders(s.HTTPS),
		middleware.NoStore("/api/"),
		cors,
		csrf,
	)(h), nil
}

// fromProxy reports whether the TCP peer is a trusted proxy, the only one whose
// request id is kept.
func (s Stack) fromProxy(r *http.Request) bool {
	direct := &http.Request{RemoteAddr: r.RemoteAddr}
	peer := s.Resolver.Client(direct)
	return peer.IsValid() && s.Resolver.Trusted(peer)
}
