package bench_test

import (
	"fmt"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/sallyport/sallyport/internal/clock"
	"github.com/sallyport/sallyport/internal/testbed"
)

// BenchmarkRevokeToClose signs out on one node and waits until the client has
// read the close frame of its socket, on the same node and on another one of the
// same PostgreSQL and Redis.
func BenchmarkRevokeToClose(b *testing.B) {
	// Each socket comes from another address, and is another person's: the limits of
	// connects hold.
	settings := []string{"REDIS_URL=" + testbed.Redis(b), "TRUSTED_PROXIES=127.0.0.1"}
	databaseURL := testbed.Postgres(b)
	one := start(b, databaseURL, settings...)
	two := start(b, databaseURL, append(settings, "PUBLIC_URL=http://"+one)...)
	var people int
	for name, node := range map[string]string{"same-node": one, "other-node": two} {
		b.Run(name, func(b *testing.B) {
			c := dial(b, one)
			var took []time.Duration
			for b.Loop() {
				b.StopTimer()
				people++
				who := map[string]string{"email": fmt.Sprintf("p%d@example.org", people), "password": password}
				c.send(202, c.request("POST", "/api/v1/auth/register", "", who))
				access := c.read(c.send(200, c.request("POST", "/api/v1/auth/login", "", who))).Access
				header := http.Header{"Authorization": {"Bearer " + access}, "X-Forwarded-For": {fmt.Sprintf("10.0.%d.%d", people>>8, people&255)}}
				ws, _, err := websocket.Dial(b.Context(), "ws://"+node+"/api/v1/ws", &websocket.DialOptions{HTTPHeader: header})
				if err != nil {
					b.Fatal(err)
				}
				if _, _, err := ws.Read(b.Context()); err != nil { // welcome
					b.Fatal(err)
				}
				b.StartTimer()
				begin := clock.System()
				c.send(204, c.request("POST", "/api/v1/auth/logout", access, map[string]string{}))
				if _, _, err := ws.Read(b.Context()); websocket.CloseStatus(err) != 4001 {
					b.Fatalf("got %v, want 4001", err)
				}
				took = append(took, clock.System().Sub(begin))
			}
			slices.Sort(took)
			b.ReportMetric(float64(took[len(took)/2].Microseconds())/1000, "p50-ms")
			b.ReportMetric(float64(took[len(took)*99/100].Microseconds())/1000, "p99-ms")
		})
	}
}
