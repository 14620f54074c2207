package middleware

import (
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/sallyport/sallyport/internal/clock"
)

// Unmatched is the route of requests that no route matched.
const Unmatched = "unmatched"

// Metrics counts requests and their duration by route pattern, method and
// status. No label holds anything a client can make up.
type Metrics struct {
	now      clock.Clock
	requests *prometheus.CounterVec
	seconds  *prometheus.HistogramVec
	inFlight prometheus.Gauge
}

// NewMetrics registers the metrics with reg.
func NewMetrics(reg prometheus.Registerer, now clock.Clock) (*Metrics, error) {
	m := &Metrics{
		now: now,
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "sallyport_http_requests_total", Help: "Requests answered, by route, method and status.",
		}, []string{"route", "method", "status"}),
		seconds: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "sallyport_http_request_duration_seconds", Help: "Time to answer, by route and method.",
			Buckets: []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30},
		}, []string{"route", "method"}),
		inFlight: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "sallyport_http_requests_in_flight", Help: "Requests being answered now; WebSockets while they are open.",
		}),
	}
	for _, c := range []prometheus.Collector{m.requests, m.seconds, m.inFlight} {
		if err := reg.Register(c); err != nil {
			return nil, err
		}
	}
	return m, nil
}

// Middleware counts what passes.
func (m *Metrics) Middleware(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		rec, start := Record(w), m.now()
		m.inFlight.Inc()
		defer func() {
			m.inFlight.Dec()
			m.count(r, rec.Status, m.now().Sub(start))
		}()
		next.ServeHTTP(rec, r)
	})
}

func (m *Metrics) count(r *http.Request, status int, took time.Duration) {
	route, method := routeOf(r), methodOf(r)
	if status == 0 {
		status = http.StatusOK // a handler that wrote nothing
	}
	m.requests.WithLabelValues(route, method, strconv.Itoa(status)).Inc()
	if status != http.StatusSwitchingProtocols { // a socket's life is no time to answer
		m.seconds.WithLabelValues(route, method).Observe(took.Seconds())
	}
}

// routeOf is the path of the pattern that matched, which the mux leaves in the
// request.
func routeOf(r *http.Request) string {
	_, path, ok := strings.Cut(r.Pattern, " ")
	if !ok {
		return Unmatched
	}
	return path
}

// methodOf keeps the methods that routes have and calls the rest "other".
func methodOf(r *http.Request) string {
	switch r.Method {
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodOptions:
		return r.Method
	default:
		return "other"
	}
}
