package httpapi_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/sallyport/sallyport/internal/audit"
	"github.com/sallyport/sallyport/internal/clock"
	"github.com/sallyport/sallyport/internal/httpapi"
	"github.com/sallyport/sallyport/internal/httpapi/middleware"
	"github.com/sallyport/sallyport/internal/netaddr"
)

func stack(t *testing.T, h http.Handler, log io.Writer, reg prometheus.Registerer) http.Handler {
	t.Helper()
	resolver, err := netaddr.New([]netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}, netaddr.DefaultV6Bits)
	if err != nil {
		t.Fatal(err)
	}
	logger := slog.New(slog.NewJSONHandler(log, nil))
	problems := &httpapi.Problems{Log: logger}
	out, err := httpapi.Stack{
		Log: logger, Now: clock.NewFake(time.Unix(1700000000, 0)).Now, Refuse: problems.Write, Resolver: resolver, Metrics: reg,
		Origins: []string{"https://app.example.org"}, HTTPS: true,
	}.Wrap(h)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestStack(t *testing.T) {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /api/v1/who", func(w http.ResponseWriter, r *http.Request) {
		o := audit.OriginOf(r.Context())
		fmt.Fprint(w, o.ClientIP, " ", o.Prefix, " ", o.RequestID)
	})
	mux.HandleFunc("GET /api/v1/panic", func(http.ResponseWriter, *http.Request) { panic("x") })

	get := func(path, peer string, headers ...string) (*httptest.ResponseRecorder, string, *prometheus.Registry) {
		var log bytes.Buffer
		reg := prometheus.NewRegistry()
		r := httptest.NewRequest("GET", path, nil)
		r.RemoteAddr = peer
		for i := 0; i+1 < len(headers); i += 2 {
			r.Header.Set(headers[i], headers[i+1])
		}
		w := httptest.NewRecorder()
		stack(t, mux, &log, reg).ServeHTTP(w, r)
		return w, log.String(), reg
	}

	t.Run("RL-08 a stranger's word about address and id is not taken", func(t *testing.T) {
		w, _, _ := get("/api/v1/who", "203.0.113.9:1", "X-Forwarded-For", "198.51.100.1", "X-Request-Id", "client-made-id")
		if body := w.Body.String(); !strings.HasPrefix(body, "203.0.113.9 203.0.113.9 ") || strings.Contains(body, "client-made-id") {
			t.Errorf("got %s", body)
		}
	})
	t.Run("RL-08 a trusted proxy's is", func(t *testing.T) {
		w, _, _ := get("/api/v1/who", "10.1.2.3:1", "X-Forwarded-For", "2001:db8::1", "X-Request-Id", "proxy-made-id")
		if got, want := w.Body.String(), "2001:db8::1 2001:db8::/64 proxy-made-id"; got != want {
			t.Errorf("got %s, want %s", got, want)
		}
		if got := w.Header().Get("X-Request-Id"); got != "proxy-made-id" {
			t.Errorf("X-Request-Id: got %q", got)
		}
	})
	t.Run("OP-08 log and metrics see the 500 of a panic, under its route", func(t *testing.T) {
		w, log, reg := get("/api/v1/panic", "203.0.113.9:1")
		if w.Code != 500 || w.Header().Get("Cache-Control") != "no-store" || w.Header().Get("Strict-Transport-Security") == "" {
			t.Errorf("got %d with %v", w.Code, w.Header())
		}
		line := lastLine(t, log)
		if line["msg"] != "request" || line["status"] != 500.0 || line["route"] != "/api/v1/panic" || line["request_id"] != w.Header().Get("X-Request-Id") {
			t.Errorf("log: got %v", line)
		}
		m := httptest.NewRecorder()
		httpapi.MetricsHandler(reg).ServeHTTP(m, httptest.NewRequest("GET", "/metrics", nil))
		if want := `sallyport_http_requests_total{method="GET",route="/api/v1/panic",status="500"} 1`; !strings.Contains(m.Body.String(), want) {
			t.Errorf("metrics: want %s in\n%s", want, m.Body)
		}
	})
	t.Run("the same metrics cannot be registered twice", func(t *testing.T) {
		reg := prometheus.NewRegistry()
		if _, err := middleware.NewMetrics(reg, clock.System); err != nil {
			t.Fatal(err)
		}
		if _, err := (httpapi.Stack{Metrics: reg, Now: clock.System}).Wrap(mux); err == nil {
			t.Error("Wrap: got no error")
		}
	})
	t.Run("OP-07 a pattern is no origin", func(t *testing.T) {
		if _, err := (httpapi.Stack{Origins: []string{"*"}}).Wrap(mux); err == nil {
			t.Error("Wrap: got no error")
		}
	})
}

func lastLine(t *testing.T, log string) map[string]any {
	t.Helper()
	lines := strings.Split(strings.TrimSpace(log), "\n")
	var out map[string]any
	if err := json.Unmarshal([]byte(lines[len(lines)-1]), &out); err != nil {
		t.Fatalf("the log's last line is no JSON: %v", err)
	}
	return out
}

func TestMetricsHandler(t *testing.T) {
	h := httpapi.MetricsHandler(prometheus.NewRegistry())
	for target, want := range map[string]int{"/metrics": 200, "/": 404, "/debug/pprof/": 404, "/metrics/x": 404} {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequest("GET", target, nil))
		if w.Code != want {
			t.Errorf("%s: got %d, want %d", target, w.Code, want)
		}
	}
}
