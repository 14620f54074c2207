package store

import (
	"context"
	"time"

	"github.com/sallyport/sallyport/internal/clock"
	"github.com/sallyport/sallyport/internal/statistics"
	"github.com/sallyport/sallyport/internal/store/queries"
)

// AddSample keeps what happened on a node. It is a measurement, no change: it
// leaves no trail.
func (s *Store) AddSample(ctx context.Context, x statistics.Sample) error {
	return s.write(ctx, func(q *queries.Queries) error {
		return q.InsertSample(ctx, queries.InsertSampleParams{
			At: clock.Micros(x.At), Node: x.Node, SignIns: int64(x.SignIns), Failures: int64(x.Failures),
			Connections: int64(x.Connections), Revocations: int64(x.Revocations),
			RevocationMicros: x.RevocationTime.Microseconds(), RevocationWorst: x.RevocationWorst.Microseconds(),
		})
	})
}

// Samples returns what happened on all nodes since then, oldest first.
func (s *Store) Samples(ctx context.Context, since time.Time) ([]statistics.Sample, error) {
	rows, err := s.read().SamplesSince(ctx, clock.Micros(since))
	out := make([]statistics.Sample, 0, len(rows))
	for _, r := range rows {
		out = append(out, statistics.Sample{
			At: clock.FromMicros(r.At), Node: r.Node, SignIns: int(r.SignIns), Failures: int(r.Failures),
			Connections: int(r.Connections), Revocations: int(r.Revocations),
			RevocationTime:  time.Duration(r.RevocationMicros) * time.Microsecond,
			RevocationWorst: time.Duration(r.RevocationWorst) * time.Microsecond,
		})
	}
	return out, err
}
