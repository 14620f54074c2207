package main

import (
	"context"
	"strings"
	"time"
)

// sighting is how far another clock was ahead of ours; negative: behind.
type sighting struct {
	whose string
	ahead time.Duration
	give  time.Duration // the sighting may be off by this much
}

// How far clocks may be apart: a code lives for 30 s, and a token is accepted
// up to 60 s off.
const (
	clockWarn = 5 * time.Second
	clockFail = 30 * time.Second
)

// see notes another clock that was read between before and now. grain is the
// unit in which it tells the time.
func (d *doctor) see(whose string, at, before time.Time, grain time.Duration) {
	after := d.now()
	middle := before.Add(after.Sub(before) / 2)
	d.clocks = append(d.clocks, sighting{whose, at.Sub(middle), after.Sub(before)/2 + grain})
}

// clock compares this machine's clock with those seen on the way.
func (d *doctor) clock(context.Context) []check {
	if len(d.clocks) == 0 {
		return []check{fine("clock", d.now().Format(time.RFC3339)+" by this machine; no other clock in reach to compare with")}
	}
	var out []check
	var seen []string
	for _, s := range d.clocks {
		seen = append(seen, s.whose)
		off := max(s.ahead.Abs()-s.give, 0)
		what := s.whose + " is " + s.ahead.Abs().Round(time.Second).String() + " ahead of this machine"
		if s.ahead < 0 {
			what = s.whose + " is " + s.ahead.Abs().Round(time.Second).String() + " behind this machine"
		}
		const mend = "Keep the time with NTP on every machine; authenticator codes live for 30 seconds"
		switch {
		case off >= clockFail:
			out = append(out, failed("clock", what, mend))
		case off >= clockWarn:
			out = append(out, caution("clock", what, mend))
		}
	}
	if len(out) == 0 {
		out = append(out, fine("clock", "agrees with "+strings.Join(seen, " and ")))
	}
	return out
}
