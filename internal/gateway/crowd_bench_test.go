package gateway_test

import (
	"encoding/json"
	"fmt"
	"runtime"
	"testing"
	"time"

	"github.com/sallyport/sallyport/internal/clock"
	"github.com/sallyport/sallyport/internal/gateway"
	"github.com/sallyport/sallyport/internal/ident"
	"github.com/sallyport/sallyport/internal/session"
	"github.com/sallyport/sallyport/internal/topic"
)

// BenchmarkTopicFanOut publishes one event at a time to n listeners of a topic; an
// operation is one event. The latency is from the publishing to the arrival in the
// other process.
func BenchmarkTopicFanOut(b *testing.B) {
	for _, n := range []int{1000, 10_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			rule, err := topic.ParseRule("news/*")
			if err != nil {
				b.Fatal(err)
			}
			s := newStage(b, n, rule)
			s.gather(b, crowdTopic+"=news/all")
			want, _, _ := s.report(b, "forget")
			b.ResetTimer()
			for range b.N {
				data := fmt.Sprintf(`{"sent":%d,"text":"two hundred bytes or so"}`, clock.System().UnixNano())
				if got := s.gw.Deliver(gateway.Audience{Topic: "news/all"}, gateway.Event{ID: ident.New(), Name: "m", Data: json.RawMessage(data)}); got != n {
					b.Fatalf("got %d listeners, want %d", got, n)
				}
				for want += n; s.events(b) < want; {
					runtime.Gosched()
				}
			}
			_, p50, p99 := s.report(b, "forget")
			b.ReportMetric(p50/1000, "p50-ms")
			b.ReportMetric(p99/1000, "p99-ms")
			b.ReportMetric(float64(b.N*n)/b.Elapsed().Seconds(), "deliveries/s")
		})
	}
}

// BenchmarkHalfOpen holds 10,000 sockets whose clients have died without a word,
// beside honest ones that ask for pongs. All the dead must be closed after two
// missed beats, with the honest ones served meanwhile.
func BenchmarkHalfOpen(b *testing.B) {
	const dead, beat = 10_000, 2 * time.Second
	for range b.N {
		s := newStage(b, dead)
		raw, _ := s.signIn(time.Hour)
		honest := s.bearer(raw)
		s.gather(b, crowdMute+"=1")
		begin := clock.System()
		var took []time.Duration
		for s.gw.Counts().Open > 1 {
			if clock.System().Sub(begin) > 10*beat {
				b.Fatalf("got %d sockets after ten beats, want one", s.gw.Counts().Open)
			}
			asked := clock.System()
			honest.send(`{"type":"ping"}`)
			honest.want("pong")
			took = append(took, clock.System().Sub(asked))
			runtime.Gosched()
		}
		gone := clock.System().Sub(begin)
		p50, p99 := quantiles(took)
		b.ReportMetric(gone.Seconds(), "s-until-closed")
		b.ReportMetric(float64(p50.Microseconds())/1000, "honest-p50-ms")
		b.ReportMetric(float64(p99.Microseconds())/1000, "honest-p99-ms")
	}
}

// BenchmarkRevoke revokes one session after another of a node that holds 1,000
// sockets; an operation ends when the client has read the close frame.
func BenchmarkRevoke(b *testing.B) {
	s := newStage(b, 1000)
	s.gather(b)
	var took []time.Duration
	for b.Loop() {
		b.StopTimer()
		raw, claims := s.signIn(time.Hour)
		one := s.bearer(raw)
		b.StartTimer()
		begin := clock.System()
		s.revs.Add(s.takeBack(session.RevokedSession, claims.SessionID))
		one.wantClose(gateway.CloseRevoked)
		took = append(took, clock.System().Sub(begin))
	}
	p50, p99 := quantiles(took)
	b.ReportMetric(float64(p50.Microseconds())/1000, "p50-ms")
	b.ReportMetric(float64(p99.Microseconds())/1000, "p99-ms")
}
