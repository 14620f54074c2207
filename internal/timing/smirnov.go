package timing

import (
	"math"
	"slices"
	"time"
)

// Smirnov is the two-sample Kolmogorov-Smirnov test. d is the largest distance
// between the two empirical distribution functions, 0 to 1. p is how likely a
// distance of at least d is where both samples come from one distribution, by
// Smirnov's limit for large samples; from forty values each it is good to about
// a hundredth. The order of the values does not matter; neither sample may be
// empty.
func Smirnov(a, b []time.Duration) (d, p float64) {
	a, b = slices.Sorted(slices.Values(a)), slices.Sorted(slices.Values(b))
	n, m := float64(len(a)), float64(len(b))
	for i, j := 0, 0; i < len(a) && j < len(b); {
		at := min(a[i], b[j]) // equal values are passed in both before comparing
		for i < len(a) && a[i] == at {
			i++
		}
		for j < len(b) && b[j] == at {
			j++
		}
		d = max(d, math.Abs(float64(i)/n-float64(j)/m))
	}
	return d, tail(d * math.Sqrt(n*m/(n+m)))
}

// tail is the probability that Kolmogorov's distribution exceeds x. Both series
// (Kolmogorov 1933, and its theta transform) are exact; each is used where a few
// of its terms are enough.
func tail(x float64) float64 {
	if x <= 0 {
		return 1
	}
	sum := 0.0
	if x < 1 {
		for k := 1.0; k <= 7; k += 2 {
			sum += math.Exp(-k * k * math.Pi * math.Pi / (8 * x * x))
		}
		return 1 - math.Sqrt(2*math.Pi)/x*sum
	}
	sign := 2.0
	for k := 1.0; k <= 5; k++ {
		sum += sign * math.Exp(-2*k*k*x*x)
		sign = -sign
	}
	return sum
}

// Median is the middle of the values, or the mean of the two in the middle. There
// must be at least one.
func Median(values []time.Duration) time.Duration {
	sorted := slices.Sorted(slices.Values(values))
	n := len(sorted)
	return (sorted[(n-1)/2] + sorted[n/2]) / 2
}
