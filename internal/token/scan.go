package token

import (
	"encoding/json"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// Bounds of the JSON inside a token.
const (
	maxMembers = 64 // in one object
	maxItems   = 64 // in one array
	flat       = 1  // depth of a header: no object or array inside it
	nested     = 4  // depth of a payload
	maxDigits  = 12 // of an instant: seconds up to the year 33658
)

// scanner reads one JSON text (RFC 8259) and is stricter than encoding/json: a
// name may stand once in an object and holds no escapes, names differ by letter
// case, the text is valid UTF-8, nothing follows the value. It allocates only for
// strings with escapes.
type scanner struct {
	in   string
	at   int
	room int // how many more objects and arrays may be opened
}

// object reads in as one object of at most that depth and calls member for each
// name; member reads the value.
func object(in string, depth int, member func(s *scanner, name string) error) error {
	if !utf8.ValidString(in) {
		return BadJSON
	}
	s := &scanner{in: in, room: depth}
	if err := s.object(member); err != nil {
		return err
	}
	if s.space(); s.at != len(s.in) {
		return BadJSON
	}
	return nil
}

func (s *scanner) object(member func(s *scanner, name string) error) error {
	var names [maxMembers]string
	return s.list('{', '}', maxMembers, func(n int) error {
		name, err := s.name()
		if err != nil {
			return err
		}
		for _, seen := range names[:n] {
			if seen == name {
				return DuplicateMember
			}
		}
		names[n] = name
		return member(s, name)
	})
}

// list reads the frame of an object or array and calls item before each element
// with the number of those already read.
func (s *scanner) list(open, end byte, most int, item func(n int) error) error {
	if s.room == 0 || !s.take(open) {
		return BadJSON
	}
	s.room--
	defer func() { s.room++ }()
	if s.take(end) {
		return nil
	}
	for n := range most {
		if err := item(n); err != nil {
			return err
		}
		if s.take(end) {
			return nil
		}
		if !s.take(',') {
			return BadJSON
		}
	}
	return BadJSON
}

// name reads the name of a member and the colon after it.
func (s *scanner) name() (string, error) {
	if s.peek() != '"' {
		return "", BadJSON
	}
	name, escaped, err := s.literal()
	if err != nil || escaped || !s.take(':') {
		return "", BadJSON
	}
	return name, nil
}

// text reads a string.
func (s *scanner) text() (string, error) {
	if s.peek() != '"' {
		return "", WrongType
	}
	start := s.at
	text, escaped, err := s.literal()
	if err != nil || !escaped {
		return text, err
	}
	quoted := s.in[start:s.at]
	if json.Unmarshal([]byte(quoted), &text) != nil || strings.ContainsRune(text, utf8.RuneError) {
		return "", BadJSON // also what half a surrogate pair turns into
	}
	return text, nil
}

// literal reads a string in quotes and leaves its escapes as they are.
func (s *scanner) literal() (text string, escaped bool, err error) {
	start := s.at + 1
	for i := start; i < len(s.in); i++ {
		switch c := s.in[i]; {
		case c == '"':
			s.at = i + 1
			return s.in[start:i], escaped, nil
		case c == '\\':
			escaped = true
			i++
		case c < ' ':
			return "", false, BadJSON
		}
	}
	return "", false, BadJSON
}

// texts reads an array of strings.
func (s *scanner) texts() ([]string, error) {
	if s.peek() != '[' {
		return nil, WrongType
	}
	var out []string
	err := s.list('[', ']', maxItems, func(int) error {
		text, err := s.text()
		out = append(out, text)
		return err
	})
	return out, err
}

// oneOrMore reads a string or an array of strings, the two forms of aud (RFC 7519
// §4.1.3).
func (s *scanner) oneOrMore() ([]string, error) {
	if s.peek() == '[' {
		return s.texts()
	}
	one, err := s.text()
	return []string{one}, err
}

// instant reads a NumericDate in whole seconds, which is how we write them.
func (s *scanner) instant() (time.Time, error) {
	s.space()
	start := s.at
	for s.at < len(s.in) && '0' <= s.in[s.at] && s.in[s.at] <= '9' {
		s.at++
	}
	digits := s.in[start:s.at]
	next := byte(0)
	if s.at < len(s.in) {
		next = s.in[s.at]
	}
	if digits == "" || digits[0] == '0' || len(digits) > maxDigits || strings.IndexByte(".eE", next) >= 0 {
		return time.Time{}, WrongType
	}
	seconds, err := strconv.ParseInt(digits, 10, 64)
	if err != nil {
		return time.Time{}, WrongType
	}
	return time.Unix(seconds, 0).UTC(), nil
}

// skip reads over any value, with the same rules.
func (s *scanner) skip() error {
	switch c := s.peek(); {
	case c == '"':
		_, err := s.text()
		return err
	case c == '{':
		return s.object(func(s *scanner, _ string) error { return s.skip() })
	case c == '[':
		return s.list('[', ']', maxItems, func(int) error { return s.skip() })
	default:
		return s.scalar()
	}
}

// scalar reads over a number, true, false or null.
func (s *scanner) scalar() error {
	start := s.at
	for s.at < len(s.in) && strings.IndexByte(",]} \t\r\n", s.in[s.at]) < 0 {
		s.at++
	}
	if !json.Valid([]byte(s.in[start:s.at])) {
		return BadJSON
	}
	return nil
}

func (s *scanner) space() {
	for s.at < len(s.in) && strings.IndexByte(" \t\r\n", s.in[s.at]) >= 0 {
		s.at++
	}
}

// peek returns the next byte after white space without taking it; 0 at the end.
func (s *scanner) peek() byte {
	s.space()
	if s.at < len(s.in) {
		return s.in[s.at]
	}
	return 0
}

// take takes c if it comes next after white space.
func (s *scanner) take(c byte) bool {
	if s.peek() != c || s.at >= len(s.in) {
		return false
	}
	s.at++
	return true
}
