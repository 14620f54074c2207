package clock_test

import (
	"testing"
	"time"

	"github.com/sallyport/sallyport/internal/clock"
)

func TestMicros(t *testing.T) {
	at := time.Date(2026, 3, 1, 13, 0, 0, 123_456_789, time.FixedZone("CET", 3600))
	if got := clock.FromMicros(clock.Micros(at)); !got.Equal(at.Truncate(time.Microsecond)) || got.Location() != time.UTC {
		t.Errorf("got %v, want %v in UTC, to the microsecond", got, at)
	}
	if clock.Micros(time.Time{}) != 0 || !clock.FromMicros(0).IsZero() {
		t.Error("never: got something else, want 0 both ways")
	}
}

func TestSystem(t *testing.T) {
	if got := clock.System(); got.Location() != time.UTC || got.Nanosecond()%1000 != 0 {
		t.Errorf("got %v, want UTC in whole microseconds", got)
	}
}

func TestFake(t *testing.T) {
	at := time.Date(2026, 3, 1, 12, 0, 0, 999, time.UTC)
	f := clock.NewFake(at)
	if got := f.Now(); !got.Equal(at.Truncate(time.Microsecond)) || !f.Now().Equal(got) {
		t.Errorf("got %v, want %v, standing still", got, at)
	}
	f.Advance(time.Hour)
	f.Advance(-time.Minute)
	if got := f.Now().Sub(at.Truncate(time.Microsecond)); got != 59*time.Minute {
		t.Errorf("got moved by %v, want 59 min", got)
	}
}
