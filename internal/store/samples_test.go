package store_test

import (
	"slices"
	"testing"
	"time"

	"github.com/sallyport/sallyport/internal/statistics"
)

func TestSamples(t *testing.T) {
	onBoth(t, func(t *testing.T, r *rig) {
		first := statistics.Sample{
			At: noon, Node: "a", SignIns: 1, Failures: 2, Connections: 3, Revocations: 4, RevocationTime: 5 * time.Millisecond, RevocationWorst: 6 * time.Microsecond,
		}
		second, third := first, first
		second.Node = "b"
		third.At = noon.Add(time.Minute)
		for _, s := range []statistics.Sample{third, second, first} {
			r.must(r.AddSample(r.ctx(), s))
		}
		if err := r.AddSample(r.ctx(), first); err == nil {
			t.Error("the same node at the same instant: got no error, want one")
		}
		for _, tt := range []struct {
			since time.Time
			want  []statistics.Sample
		}{
			{noon, []statistics.Sample{first, second, third}},
			{noon.Add(time.Microsecond), []statistics.Sample{third}},
			{noon.Add(time.Hour), []statistics.Sample{}},
		} {
			got, err := r.Samples(r.ctx(), tt.since)
			r.must(err)
			if !slices.Equal(got, tt.want) {
				t.Errorf("since %v: got %+v, want %+v", tt.since, got, tt.want)
			}
		}
		keep := 8 * 24 * time.Hour
		if got := r.sweep(noon.Add(keep)).Samples; got != 0 {
			t.Errorf("swept after eight days: got %d, want 0", got)
		}
		if got := r.sweep(noon.Add(keep + time.Microsecond)).Samples; got != 2 {
			t.Errorf("swept a little later: got %d, want 2", got)
		}
	})
}
