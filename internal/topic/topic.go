package topic

import (
	"errors"
	"strings"
)

// MaxBytes is the longest name of a topic.
const MaxBytes = 128

// Valid reports whether name can be a topic: segments of ASCII letters, digits
// and ._:- with one slash between them, MaxBytes in all.
func Valid(name string) bool {
	if name == "" || len(name) > MaxBytes {
		return false
	}
	for segment := range strings.SplitSeq(name, "/") {
		if segment == "" || strings.ContainsFunc(segment, foreign) {
			return false
		}
	}
	return true
}

func foreign(r rune) bool {
	switch {
	case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9', strings.ContainsRune("._:-", r):
		return false
	default:
		return true
	}
}

// The segments of a rule that stand for something else.
const (
	user    = "{user}"    // the id of whoever asks
	session = "{session}" // the id of their session
	rest    = "*"         // one segment or more; only at the end
)

// Rule allows the topics that fit a pattern, such as "news/*" or
// "users/{user}/orders". The zero value allows none.
type Rule struct{ pattern string }

// ErrRule is returned for text that is no rule.
var ErrRule = errors.New("topic: a rule is a topic whose segments may be {user} or {session}, and whose last may be *")

// ParseRule reads a rule. Its error is ErrRule.
func ParseRule(pattern string) (Rule, error) {
	plain := strings.NewReplacer(user, "u", session, "s").Replace(pattern)
	plain = strings.TrimSuffix(plain, "/"+rest)
	if !Valid(plain) || len(pattern) > MaxBytes {
		return Rule{}, ErrRule
	}
	for segment := range strings.SplitSeq(pattern, "/") {
		if strings.ContainsAny(segment, "{}") && segment != user && segment != session {
			return Rule{}, ErrRule
		}
	}
	return Rule{pattern}, nil
}

// String returns the rule as it was written.
func (r Rule) String() string { return r.pattern }

// Allows reports whether the rule lets that user in that session at the topic
// name.
func (r Rule) Allows(name, userID, sessionID string) bool {
	if r.pattern == "" || !Valid(name) {
		return false
	}
	want, have := strings.Split(r.pattern, "/"), strings.Split(name, "/")
	for i, segment := range want {
		switch {
		case segment == rest:
			return len(have) > i
		case i >= len(have):
			return false
		case segment == user:
			segment = userID
		case segment == session:
			segment = sessionID
		}
		if have[i] != segment {
			return false
		}
	}
	return len(have) == len(want)
}
