package statistics_test

import (
	"slices"
	"testing"
	"time"

	"github.com/sallyport/sallyport/internal/statistics"
)

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func at(minute int) time.Time { return noon.Add(time.Duration(minute) * time.Minute) }

func TestSeries(t *testing.T) {
	ms := time.Millisecond
	samples := []statistics.Sample{
		{At: at(6), Node: "b", Connections: 4, SignIns: 1},
		{At: at(0), Node: "a", SignIns: 2, Failures: 1, Connections: 10, Revocations: 1, RevocationTime: 2 * ms, RevocationWorst: 2500 * time.Microsecond},
		{At: at(4), Node: "a", SignIns: 3, Connections: 7, Revocations: 3, RevocationTime: 10 * ms, RevocationWorst: 10 * ms},
		{At: at(4), Node: "b", Failures: 5, Connections: 5},
		{At: at(-1), Node: "a", SignIns: 100},
		{At: at(12), Node: "a", SignIns: 100},
	}
	got, err := statistics.Series(samples, at(0), at(12), 5*time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	want := []statistics.Point{
		{At: at(0), SignIns: 5, Failures: 6, Connections: 15, Revocations: 4, RevocationMean: 3 * ms, RevocationWorst: 10 * ms},
		{At: at(5), SignIns: 1, Connections: 4},
		{At: at(10)},
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

func TestSeriesRefuses(t *testing.T) {
	for _, tt := range []struct {
		name     string
		from, to time.Time
		step     time.Duration
	}{
		{"no step", at(0), at(5), 0},
		{"a step back", at(0), at(5), -time.Minute},
		{"no time", at(5), at(5), time.Minute},
		{"time that runs back", at(5), at(0), time.Minute},
		{"more points than a chart shows", at(0), at(statistics.MaxPoints + 1), time.Minute},
	} {
		if got, err := statistics.Series(nil, tt.from, tt.to, tt.step); err == nil {
			t.Errorf("%s: got %d points, want an error", tt.name, len(got))
		}
	}
	if got, err := statistics.Series(nil, at(0), at(statistics.MaxPoints), time.Minute); err != nil || len(got) != statistics.MaxPoints {
		t.Errorf("as many as a chart shows: got %d points, error %v; want all, none", len(got), err)
	}
}
