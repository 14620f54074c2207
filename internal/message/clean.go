package message

import (
	"log/slog"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Sizes beyond which text from outside is cut, in runes.
const (
	maxName    = 100 // one value of Data, the application's name
	maxSubject = 200
	maxReason  = 200
)

// oneLine makes s safe to stand in a header, a log line or a terminal: every
// control character, line separator and direction override becomes a space, runs
// of spaces become one, and what is longer than limit runes is cut. It is the
// wall against header injection: a name with CR/LF cannot start a new line.
func oneLine(s string, limit int) string {
	s = strings.ToValidUTF8(s, "")
	s = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.Is(unicode.Zl, r) || unicode.Is(unicode.Zp, r) || steers(r) {
			return ' '
		}
		return r
	}, s)
	s = strings.Join(strings.Fields(s), " ")
	if utf8.RuneCountInString(s) > limit {
		s = string([]rune(s)[:limit-1]) + "…"
	}
	return s
}

// steers reports whether r changes the direction of the text around it or is
// invisible: such a rune can make a line read as something it is not.
func steers(r rune) bool {
	switch {
	case r >= 0x202a && r <= 0x202e, r >= 0x2066 && r <= 0x2069: // embeddings, overrides, isolates
		return true
	default: // marks, zero-width space, byte order mark; joiners stay, names need them
		return r == 0x200b || r == 0x200e || r == 0x200f || r == 0x061c || r == 0xfeff
	}
}

// OneLine returns s as one printable line of at most limit runes, for adapters
// that write text from outside to a terminal or keep it as a reason.
func OneLine(s string, limit int) string { return oneLine(s, max(limit, 1)) }

// String names the message without its recipient and secrets, so that printing
// one by mistake gives nothing away.
func (o Outgoing) String() string {
	return "message " + o.ID + " (" + string(o.Channel) + ", " + string(o.Kind) + ")"
}

// GoString is String, for %#v.
func (o Outgoing) GoString() string { return o.String() }

// LogValue is what slog writes: id, channel and kind.
func (o Outgoing) LogValue() slog.Value {
	return slog.GroupValue(
		slog.String("id", o.ID),
		slog.String("channel", string(o.Channel)),
		slog.String("kind", string(o.Kind)),
	)
}

// scrub returns text without the recipient and the secrets of o, as one line. A
// carrier's refusal often repeats what it was given.
func scrub(text string, o Outgoing) string {
	for _, secret := range []string{o.Link, o.Token, o.Code, o.To} {
		if secret != "" {
			text = regexp.MustCompile(`(?i)`+regexp.QuoteMeta(secret)).ReplaceAllLiteralString(text, "[hidden]")
		}
	}
	return oneLine(text, maxReason)
}
