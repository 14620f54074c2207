package bench_test

import (
	"testing"

	"github.com/sallyport/sallyport/internal/app"
	"github.com/sallyport/sallyport/internal/audit"
	"github.com/sallyport/sallyport/internal/clock"
	"github.com/sallyport/sallyport/internal/config"
)

// sealRows are in one batch that waits to be sealed.
const sealRows = 1000

// BenchmarkSealAudit takes rows of the audit log into the chain; an operation is a
// thousand of them. One node at a time seals, so this bounds how many events a
// second an installation can have for long.
func BenchmarkSealAudit(b *testing.B) {
	engines(b, func(b *testing.B, databaseURL string) {
		cfg, err := config.Load([]string{
			"DATABASE_URL=" + databaseURL, "METRICS_ADDR=", "SECRET_KEY=Zq7v0Y1m3o5Kc8Xw2Rt6Ub4Ne9Lp1Js0Hd5Ga7Fi3k8",
		}, "")
		must(b, err)
		a, err := app.Open(b.Context(), cfg, app.Options{Version: "bench"})
		must(b, err)
		b.Cleanup(func() { _ = a.Close() })
		for b.Loop() {
			b.StopTimer()
			var t audit.Trail
			for range sealRows {
				e := audit.New(b.Context(), clock.System(), audit.SessionRenewed, audit.Success, "019a0000-0000-7000-8000-000000000000")
				e.SessionID = "019a0000-0000-7000-8000-000000000001"
				t.Events = append(t.Events, e)
			}
			must(b, a.Store.Record(b.Context(), t))
			b.StartTimer()
			must(b, a.SealAudit(b.Context()))
		}
		b.ReportMetric(float64(b.N)*sealRows/b.Elapsed().Seconds(), "rows/s")
	})
}
