package middleware_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/sallyport/sallyport/internal/clock"
	"github.com/sallyport/sallyport/internal/httpapi/middleware"
)

func TestMetrics(t *testing.T) {
	reg, now := prometheus.NewRegistry(), clock.NewFake(time.Unix(1700000000, 0))
	m, err := middleware.NewMetrics(reg, now.Now)
	if err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.HandleFunc("/", http.NotFound)
	mux.HandleFunc("GET /things/{id}", func(http.ResponseWriter, *http.Request) { now.Advance(20 * time.Millisecond) })
	h := m.Middleware(mux)
	for _, target := range []string{"GET /things/1", "GET /things/2", "HEAD /things/3", "GET /nothing-1", "GET /nothing-2", "FROB-1 /x", "FROB-2 /x"} {
		method, path, _ := strings.Cut(target, " ")
		h.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(method, path, nil))
	}
	got := exposition(reg)
	for _, want := range []string{
		`sallyport_http_requests_total{method="GET",route="/things/{id}",status="200"} 2`,
		`sallyport_http_requests_total{method="GET",route="unmatched",status="404"} 2`,
		`sallyport_http_requests_total{method="HEAD",route="/things/{id}",status="200"} 1`,
		`sallyport_http_requests_total{method="other",route="unmatched",status="404"} 2`,
		`sallyport_http_request_duration_seconds_sum{method="GET",route="/things/{id}"} 0.04`,
		`sallyport_http_requests_in_flight 0`,
	} {
		if !strings.Contains(got, want+"\n") {
			t.Errorf("want %s in\n%s", want, got)
		}
	}
	if n := strings.Count(got, "sallyport_http_requests_total{"); n != 4 {
		t.Errorf("got %d series, want 4: a client made some up", n)
	}
	t.Run("a socket's life is no duration", func(t *testing.T) {
		mux.HandleFunc("GET /ws", func(w http.ResponseWriter, _ *http.Request) {
			w.(*middleware.Recorder).Status = http.StatusSwitchingProtocols
		})
		h.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", "/ws", nil))
		got := exposition(reg)
		if !strings.Contains(got, `route="/ws",status="101"} 1`) || strings.Contains(got, `duration_seconds_count{method="GET",route="/ws"}`) {
			t.Errorf("want it counted and not timed:\n%s", got)
		}
	})
}

// exposition is what a scrape sees.
func exposition(reg *prometheus.Registry) string {
	w := httptest.NewRecorder()
	promhttp.HandlerFor(reg, promhttp.HandlerOpts{}).ServeHTTP(w, httptest.NewRequest("GET", "/metrics", nil))
	return w.Body.String()
}
