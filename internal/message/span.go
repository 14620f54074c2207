package message

import (
	"strconv"
	"time"
)

// Span is a length of time as people say it: one number and one unit. Templates
// in English print it as it is; templates in other languages choose their words
// by Unit.
type Span struct {
	N    int
	Unit string // "minute", "hour" or "day"
}

// spanOf rounds d to the unit in which it is said: minutes up to two hours, but
// "1 hour"; hours up to two days; then days. Less than a minute is one minute.
func spanOf(d time.Duration) Span {
	minutes := int(d.Round(time.Minute) / time.Minute)
	switch {
	case minutes < 1:
		return Span{1, "minute"}
	case minutes < 120 && minutes != 60:
		return Span{minutes, "minute"}
	case d < 47*time.Hour+30*time.Minute:
		return Span{int(d.Round(time.Hour) / time.Hour), "hour"}
	default:
		return Span{int(d.Round(24*time.Hour) / (24 * time.Hour)), "day"}
	}
}

// String says the span in English: "10 minutes", "1 hour".
func (s Span) String() string {
	if s.N == 1 {
		return "1 " + s.Unit
	}
	return strconv.Itoa(s.N) + " " + s.Unit + "s"
}
