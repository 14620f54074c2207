package timing

import (
	"fmt"
	"math"
	"strings"
	"time"
)

// The bounds of PW-09: beyond either, two kinds can be told apart.
const (
	MaxApart = 0.05 // between the medians, as a share of the first kind's
	MinP     = 0.01 // of the Kolmogorov-Smirnov test
)

// Sample is how long the answers about one kind of address took.
type Sample struct {
	Kind string
	Took []time.Duration
}

// Line compares one kind with the first.
type Line struct {
	Request, Kind string
	Median        time.Duration
	Ratio         float64 // of the medians; 1 for the first kind itself
	D, P          float64 // of Smirnov; 0 and 1 for the first kind itself
}

// Alike reports whether the line is within the bounds.
func (l Line) Alike() bool { return math.Abs(l.Ratio-1) <= MaxApart && l.P > MinP }

// Compare compares every sample with the first.
func Compare(request string, samples []Sample) []Line {
	var out []Line
	for i, s := range samples {
		l := Line{Request: request, Kind: s.Kind, Median: Median(s.Took), Ratio: 1, P: 1}
		if i > 0 {
			l.Ratio = float64(l.Median) / float64(out[0].Median)
			l.D, l.P = Smirnov(samples[0].Took, s.Took)
		}
		out = append(out, l)
	}
	return out
}

// Control is the kind of a second sample about the same sort of address as the
// first. Only the machine can make it stand apart.
const Control = "known, once more"

// Sound reports whether a measurement can be believed: its control is alike.
func Sound(lines []Line) bool {
	for _, l := range lines {
		if l.Kind == Control {
			return l.Alike()
		}
	}
	return false
}

// Apart reports whether any line is beyond the bounds.
func Apart(lines []Line) bool {
	for _, l := range lines {
		if !l.Alike() {
			return true
		}
	}
	return false
}

// Confirmed names the kinds that two measurements of the same request, each with
// samples of its own, both found apart. One that only one of them found is an
// accident of the machine: of a hundred honest comparisons, one ends beyond MinP.
func Confirmed(first, second []Line) (kinds []string) {
	for i, l := range first {
		if !l.Alike() && !second[i].Alike() {
			kinds = append(kinds, l.Kind)
		}
	}
	return kinds
}

// Table writes lines as Markdown.
func Table(lines []Line) string {
	var b strings.Builder
	b.WriteString("| request | about | median ms | ratio | D | p | |\n| --- | --- | ---: | ---: | ---: | ---: | --- |\n")
	for _, l := range lines {
		verdict := "alike"
		if !l.Alike() {
			verdict = "**apart**"
		}
		_, _ = fmt.Fprintf(&b, "| %s | %s | %.3f | %.3f | %.3f | %.3f | %s |\n",
			l.Request, l.Kind, float64(l.Median.Nanoseconds())/1e6, l.Ratio, l.D, l.P, verdict)
	}
	return b.String()
}
