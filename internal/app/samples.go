package app

import (
	"context"
	"math"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"

	"github.com/sallyport/sallyport/internal/audit"
	"github.com/sallyport/sallyport/internal/statistics"
)

// sampleEvery is how often a node keeps what happened on it.
const sampleEvery = time.Minute

// sampler turns the node's metrics into samples: what rose since the last one.
type sampler struct {
	metrics prometheus.Gatherer
	node    string
	last    tally
}

// tally is where the counters stand.
type tally struct {
	signIns, failures float64
	connections       float64
	closed            uint64             // sockets closed by a revocation
	seconds           float64            // that it took, in all
	buckets           map[float64]uint64 // how many took at most so long
}

// next returns what happened since it was called last, or since the start.
func (s *sampler) next(now time.Time) (statistics.Sample, error) {
	t, err := s.read()
	if err != nil {
		return statistics.Sample{}, err
	}
	d := statistics.Sample{
		At: now, Node: s.node, SignIns: int(t.signIns - s.last.signIns), Failures: int(t.failures - s.last.failures),
		Connections: int(t.connections), Revocations: int(t.closed - s.last.closed),
		RevocationTime: seconds(t.seconds - s.last.seconds), RevocationWorst: seconds(t.worstSince(s.last)),
	}
	s.last = t
	return d, nil
}

func seconds(s float64) time.Duration { return time.Duration(s * float64(time.Second)) }

func (s *sampler) read() (tally, error) {
	t := tally{buckets: map[float64]uint64{}}
	families, err := s.metrics.Gather()
	for _, f := range families {
		for _, m := range f.GetMetric() {
			switch f.GetName() {
			case "sallyport_audit_events_total":
				switch audit.Name(label(m, "event")) {
				case audit.SessionCreated:
					t.signIns += m.GetCounter().GetValue()
				case audit.LoginFail, audit.FactorFail:
					t.failures += m.GetCounter().GetValue()
				}
			case "sallyport_ws_connections":
				if label(m, "state") == "open" {
					t.connections = m.GetGauge().GetValue()
				}
			case "sallyport_ws_revocation_seconds":
				t.closed, t.seconds = m.GetHistogram().GetSampleCount(), m.GetHistogram().GetSampleSum()
				for _, b := range m.GetHistogram().GetBucket() {
					t.buckets[b.GetUpperBound()] = b.GetCumulativeCount()
				}
			}
		}
	}
	return t, err
}

// worstSince returns the smallest bound that none of those since old exceeded, or
// the largest there is.
func (t tally) worstSince(old tally) float64 {
	n := t.closed - old.closed
	if n == 0 {
		return 0
	}
	worst, largest := math.Inf(1), 0.0
	for bound, count := range t.buckets {
		if count-old.buckets[bound] == n {
			worst = min(worst, bound)
		}
		if !math.IsInf(bound, 1) {
			largest = max(largest, bound)
		}
	}
	if math.IsInf(worst, 1) {
		return largest
	}
	return worst
}

func label(m *dto.Metric, name string) string {
	for _, l := range m.GetLabel() {
		if l.GetName() == name {
			return l.GetValue()
		}
	}
	return ""
}

// Sample keeps what happened on this node since the last time. The running server
// does it every minute.
func (a *App) Sample(ctx context.Context) error {
	s, err := a.sampler.next(a.clock())
	if err != nil {
		return err
	}
	return a.Store.AddSample(ctx, s)
}
