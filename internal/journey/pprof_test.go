package journey_test

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/sallyport/sallyport/internal/storetest"
	"github.com/sallyport/sallyport/internal/testbed"
)

// TestProfiles shows that profiles are asked for, and stand beside the metrics only.
func TestProfiles(t *testing.T) {
	for _, on := range []bool{false, true} {
		t.Run(fmt.Sprintf("METRICS_PPROF=%t", on), func(t *testing.T) {
			metrics := fmt.Sprintf("127.0.0.1:%d", testbed.FreePort(t))
			s := start(t, storetest.SQLite(t), "METRICS_ADDR="+metrics, fmt.Sprintf("METRICS_PPROF=%t", on))
			get := func(url string) (int, string) {
				t.Helper()
				req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
				if err != nil {
					t.Fatal(err)
				}
				res, err := http.DefaultClient.Do(req)
				if err != nil {
					t.Fatal(err)
				}
				defer func() { _ = res.Body.Close() }()
				body, err := io.ReadAll(res.Body)
				if err != nil {
					t.Fatal(err)
				}
				return res.StatusCode, string(body)
			}
			want := http.StatusNotFound
			if on {
				want = http.StatusOK
			}
			status, body := get("http://" + metrics + "/debug/pprof/goroutine?debug=1")
			if status != want || on && !strings.Contains(body, "goroutine profile:") {
				t.Errorf("beside the metrics: got %d %.60q, want %d", status, body, want)
			}
			if status, _ := get(s.url + "/debug/pprof/goroutine?debug=1"); status != http.StatusNotFound {
				t.Errorf("where people are: got %d, want 404", status)
			}
		})
	}
}
