package statistics

import (
	"errors"
	"time"
)

// Sample is what happened on one node since the sample before.
type Sample struct {
	At   time.Time
	Node string
	// SignIns are sessions opened, Failures wrong passwords and codes, counted by
	// the node that took their events into the audit chain.
	SignIns, Failures int
	// Connections are the authenticated sockets at that moment.
	Connections int
	// Revocations are sockets closed because what they rested on was revoked.
	Revocations int
	// RevocationTime is the sum of the times from the revoking transaction to the
	// close frame, and RevocationWorst what none of them exceeded.
	RevocationTime, RevocationWorst time.Duration
}

// Point is one point of a chart: all nodes together, from At for one step.
type Point struct {
	At          time.Time
	SignIns     int
	Failures    int
	Connections int // the most that each node held, added up
	Revocations int
	// RevocationMean is the mean time from revoking to the close frame, and
	// RevocationWorst what none exceeded; zero where nothing was revoked.
	RevocationMean, RevocationWorst time.Duration
}

// MaxPoints bounds a series.
const MaxPoints = 500

// Series adds samples up to one point for each step from from up to to, also
// where nothing happened. Samples may come in any order; those outside are left
// out.
func Series(samples []Sample, from, to time.Time, step time.Duration) ([]Point, error) {
	if step <= 0 || !from.Before(to) {
		return nil, errors.New("statistics: a series needs a step and a time to span")
	}
	n := int((to.Sub(from) + step - 1) / step)
	if n > MaxPoints {
		return nil, errors.New("statistics: too many points")
	}
	points := make([]Point, n)
	held := make([]map[string]int, n)
	sums := make([]time.Duration, n)
	for i := range points {
		points[i].At, held[i] = from.Add(time.Duration(i)*step), map[string]int{}
	}
	for _, s := range samples {
		if s.At.Before(from) || !s.At.Before(to) {
			continue
		}
		i := int(s.At.Sub(from) / step)
		p := &points[i]
		p.SignIns += s.SignIns
		p.Failures += s.Failures
		p.Revocations += s.Revocations
		sums[i] += s.RevocationTime
		p.RevocationWorst = max(p.RevocationWorst, s.RevocationWorst)
		held[i][s.Node] = max(held[i][s.Node], s.Connections)
	}
	for i := range points {
		for _, c := range held[i] {
			points[i].Connections += c
		}
		if n := points[i].Revocations; n > 0 {
			points[i].RevocationMean = sums[i] / time.Duration(n)
		}
	}
	return points, nil
}
