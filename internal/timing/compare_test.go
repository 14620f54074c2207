package timing_test

import (
	"crypto/sha256"
	"encoding/binary"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/sallyport/sallyport/internal/timing"
)

// sample draws 500 times around the middle. The same seed draws the same.
func sample(seed string, middle, spread time.Duration) timing.Sample {
	s := timing.Sample{Kind: seed}
	for i := range 500 {
		sum := sha256.Sum256(binary.BigEndian.AppendUint32([]byte(seed), uint32(i)))
		share := 0.0 // about normal, between -1 and 1
		for part := range 4 {
			share += float64(binary.BigEndian.Uint16(sum[2*part:]))/math.MaxUint16/2 - 0.25
		}
		s.Took = append(s.Took, middle+time.Duration(share*float64(spread)))
	}
	return s
}

func TestCompare(t *testing.T) {
	known := sample("known", 40*time.Millisecond, 10*time.Millisecond)
	skewed := sample("a sixth of them slow", 40*time.Millisecond, 10*time.Millisecond)
	for i := range skewed.Took {
		if i%6 == 0 {
			skewed.Took[i] += 15 * time.Millisecond
		}
	}
	for name, tt := range map[string]struct {
		other timing.Sample
		alike bool
	}{
		"PW-09 the same":                             {known, true},
		"PW-09 drawn from the same":                  {sample("other", 40*time.Millisecond, 10*time.Millisecond), true},
		"PW-09 a hundred microseconds later":         {sample("other", 40_100*time.Microsecond, 10*time.Millisecond), true},
		"PW-09 a median 3 % later is seen by D":      {sample("other", 41_200*time.Microsecond, 10*time.Millisecond), false},
		"PW-09 a median 6 % earlier":                 {sample("other", 37_600*time.Microsecond, 10*time.Millisecond), false},
		"PW-09 the same median with another spread":  {sample("other", 40*time.Millisecond, 20*time.Millisecond), false},
		"PW-09 the same median with slow exceptions": {skewed, false},
	} {
		t.Run(name, func(t *testing.T) {
			got := timing.Compare("sign-in", []timing.Sample{known, tt.other})
			if len(got) != 2 || got[0].Ratio != 1 || got[0].D != 0 || !got[0].Alike() {
				t.Fatalf("the first kind: got %+v, want it alike to itself", got)
			}
			if got[1].Alike() != tt.alike || timing.Apart(got) == tt.alike {
				t.Errorf("got %+v, want alike %v", got[1], tt.alike)
			}
		})
	}
}

func TestBounds(t *testing.T) {
	for _, tt := range []struct {
		line timing.Line
		want bool
	}{
		{timing.Line{Ratio: 1.049, P: 0.5}, true}, {timing.Line{Ratio: 1.051, P: 0.5}, false},
		{timing.Line{Ratio: 0.951, P: 0.5}, true}, {timing.Line{Ratio: 0.94, P: 0.5}, false},
		{timing.Line{Ratio: 1, P: 0.011}, true}, {timing.Line{Ratio: 1, P: 0.01}, false},
	} {
		if got := tt.line.Alike(); got != tt.want {
			t.Errorf("PW-09 ratio %v, p %v: got alike %v, want %v", tt.line.Ratio, tt.line.P, got, tt.want)
		}
	}
}

func TestSound(t *testing.T) {
	known := timing.Line{Kind: "known", Ratio: 1, P: 1}
	for name, tt := range map[string]struct {
		lines []timing.Line
		want  bool
	}{
		"PW-09 the control is alike":    {[]timing.Line{known, {Kind: timing.Control, Ratio: 1.02, P: 0.4}, {Kind: "unknown", Ratio: 2}}, true},
		"PW-09 the control is apart":    {[]timing.Line{known, {Kind: timing.Control, Ratio: 1.08, P: 0.4}, {Kind: "unknown", Ratio: 1, P: 1}}, false},
		"PW-09 nothing without control": {[]timing.Line{known, {Kind: "unknown", Ratio: 1, P: 1}}, false},
	} {
		t.Run(name, func(t *testing.T) {
			if got := timing.Sound(tt.lines); got != tt.want {
				t.Errorf("got %v, want %v", got, tt.want)
			}
		})
	}
}

func TestConfirmed(t *testing.T) {
	lines := func(ps ...float64) (out []timing.Line) {
		for i, p := range ps {
			out = append(out, timing.Line{Kind: string(rune('a' + i)), Ratio: 1, P: p})
		}
		return out
	}
	for name, tt := range map[string]struct {
		first, second []timing.Line
		want          []string
	}{
		"neither":             {lines(1, 0.4), lines(1, 0.2), nil},
		"an accident":         {lines(1, 0.005, 0.3), lines(1, 0.7, 0.001), nil},
		"one of them, twice":  {lines(1, 0.005, 0.3), lines(1, 0.001, 0.001), []string{"b"}},
		"several, both times": {lines(1, 0, 0), lines(1, 0, 0), []string{"b", "c"}},
	} {
		t.Run(name, func(t *testing.T) {
			if got := timing.Confirmed(tt.first, tt.second); !slices.Equal(got, tt.want) {
				t.Errorf("PW-09 got %v, want %v", got, tt.want)
			}
		})
	}
}

func TestTable(t *testing.T) {
	got := timing.Table([]timing.Line{
		{Request: "sign-in", Kind: "known", Median: 41_234_567, Ratio: 1, P: 1},
		{Request: "sign-in", Kind: "unknown", Median: 45_000_000, Ratio: 1.0913, D: 0.25, P: 0.0001},
	})
	want := strings.Join([]string{
		"| request | about | median ms | ratio | D | p | |",
		"| --- | --- | ---: | ---: | ---: | ---: | --- |",
		"| sign-in | known | 41.235 | 1.000 | 0.000 | 1.000 | alike |",
		"| sign-in | unknown | 45.000 | 1.091 | 0.250 | 0.000 | **apart** |",
		"",
	}, "\n")
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}
