package timing_test

import (
	"math"
	"testing"
	"time"

	"github.com/sallyport/sallyport/internal/timing"
)

// TestSmirnovTable compares with Smirnov's table of the limiting distribution
// (Annals of Mathematical Statistics 19, 1948). Two samples of 200 values make
// the argument ten times the distance: the first 10x values of one lie below all
// of the other, the rest are the same.
func TestSmirnovTable(t *testing.T) {
	const n = 200
	for _, tt := range []struct {
		x, p float64 // p is one minus the table's value
	}{
		{0.3, 0.999991}, {0.5, 0.963945}, {0.8, 0.544142}, {0.9, 0.392731}, {1.0, 0.270000}, {1.2, 0.112250},
		{1.4, 0.039682}, {1.5, 0.022218}, {2.0, 0.000671},
	} {
		below := int(math.Round(tt.x / 10 * n))
		var a, b []time.Duration
		for i := range n {
			b = append(b, time.Duration(i))
			if i < below {
				a = append(a, -1)
			} else {
				a = append(a, time.Duration(i))
			}
		}
		d, p := timing.Smirnov(a, b)
		if want := tt.x / 10; math.Abs(d-want) > 1e-9 || math.Abs(p-tt.p) > 1e-6 {
			t.Errorf("PW-09 x = %.1f: got D %.4f, p %.6f, want %.4f, %.6f", tt.x, d, p, want, tt.p)
		}
	}
}

func TestSmirnovByHand(t *testing.T) {
	ms := func(values ...int) (out []time.Duration) {
		for _, v := range values {
			out = append(out, time.Duration(v)*time.Millisecond)
		}
		return out
	}
	for name, tt := range map[string]struct {
		a, b []time.Duration
		d    float64
	}{
		"the same":                    {ms(1, 2, 3), ms(3, 1, 2), 0},
		"all below":                   {ms(1, 2, 3), ms(7, 8), 1},
		"half below":                  {ms(1, 2, 3, 4), ms(3, 4, 5, 6), 0.5},
		"equal values count together": {ms(2, 2, 2, 5), ms(2, 5, 5, 5), 0.5},
		"of different size":           {ms(1, 2, 3, 4, 5), ms(0, 6), 0.5},
		"one value each, the same":    {ms(4), ms(4), 0},
	} {
		t.Run(name, func(t *testing.T) {
			got, p := timing.Smirnov(tt.a, tt.b)
			back, q := timing.Smirnov(tt.b, tt.a)
			if math.Abs(got-tt.d) > 1e-12 || got != back || p != q {
				t.Errorf("D: got %v and, turned round, %v, want %v", got, back, tt.d)
			}
			if (tt.d == 0) != (p == 1) || p < 0 || p > 1 {
				t.Errorf("p: got %v for D %v", p, got)
			}
		})
	}
}

func TestMedian(t *testing.T) {
	for name, tt := range map[string]struct {
		values []time.Duration
		want   time.Duration
	}{
		"one":  {[]time.Duration{7}, 7},
		"odd":  {[]time.Duration{9, 1, 5}, 5},
		"even": {[]time.Duration{10, 2, 4, 100}, 7},
	} {
		t.Run(name, func(t *testing.T) {
			if got := timing.Median(tt.values); got != tt.want {
				t.Errorf("got %v, want %v", got, tt.want)
			}
		})
	}
}
