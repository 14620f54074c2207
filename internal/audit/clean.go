package audit

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// The sizes at which fields are cut, in bytes (AU-04).
const (
	MaxField     = 256
	MaxUserAgent = 512
)

// Clean returns the event with every text made safe for one line of a log: no
// control, format or bidirectional characters, valid UTF-8, cut at MaxField or
// MaxUserAgent bytes.
func (e Event) Clean() Event {
	for _, f := range []*string{
		&e.Reason, &e.ActorID, &e.ActorKind, &e.TargetID, &e.SessionID, &e.Factor,
		&e.Origin.ClientIP, &e.Origin.Prefix, &e.Origin.RequestID,
	} {
		*f = CleanText(*f, MaxField)
	}
	e.Origin.UserAgent = CleanText(e.Origin.UserAgent, MaxUserAgent)
	if e.Details != nil {
		d := make(map[string]string, len(e.Details))
		for k, v := range e.Details {
			d[CleanText(k, MaxField)] = CleanText(v, MaxField)
		}
		e.Details = d
	}
	return e
}

// CleanText returns s as valid UTF-8 without characters that could forge a line,
// colour a terminal or turn the direction of text, cut to at most limit bytes at
// a character's border. It reads no more of s than it needs.
func CleanText(s string, limit int) string {
	if len(s) > 4*limit {
		s = s[:4*limit]
	}
	s = strings.Map(func(r rune) rune {
		switch {
		case r == utf8.RuneError, unicode.IsControl(r), unicode.Is(unicode.Cf, r), unicode.Is(unicode.Zl, r), unicode.Is(unicode.Zp, r):
			return '\uFFFD'
		default:
			return r
		}
	}, s)
	for len(s) > limit {
		_, size := utf8.DecodeLastRuneInString(s)
		s = s[:len(s)-size]
	}
	return s
}
