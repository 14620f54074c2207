package httpapi

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"unicode/utf16"
	"unicode/utf8"
)

// maxDepth is how deep objects and arrays may nest (OP-04).
const maxDepth = 32

// bodyError is why a body is refused before anything looks at its fields. The
// text is sent to the client: it never holds a part of the body.
type bodyError string

func (e bodyError) Error() string { return string(e) }

const (
	errNotUTF8   bodyError = "The body is not valid UTF-8."
	errNotJSON   bodyError = "The body is not valid JSON."
	errTrailing  bodyError = "Something follows the JSON value."
	errTooDeep   bodyError = "Objects and arrays nest more than 32 deep."
	errDuplicate bodyError = "An object names the same field twice."
	errSurrogate bodyError = "A string holds half of a surrogate pair."
	errNUL       bodyError = "A string holds the NUL character."
	errNumber    bodyError = "A number is out of range."
)

// parseStrict reads one JSON value (RFC 8259) the way I-JSON (RFC 7493) asks
// for: UTF-8, no name twice in an object, no lone surrogate, numbers within
// float64, at most 32 deep, nothing after it. Objects come as map[any]any, which
// is what makes the validator compare field names exactly: {"Email":…} is not
// "email".
func parseStrict(data []byte) (any, error) {
	if !utf8.Valid(data) {
		return nil, errNotUTF8
	}
	if err := checkEscapes(data); err != nil {
		return nil, err
	}
	p := parser{dec: json.NewDecoder(bytes.NewReader(data))}
	v, err := p.value(0)
	if err != nil {
		return nil, err
	}
	if _, err := p.dec.Token(); !errors.Is(err, io.EOF) {
		return nil, errTrailing
	}
	return v, nil
}

type parser struct{ dec *json.Decoder }

// value reads the value that comes next, inside depth open brackets.
func (p parser) value(depth int) (any, error) {
	t, err := p.token()
	if err != nil {
		return nil, err
	}
	d, isDelim := t.(json.Delim)
	if !isDelim {
		return t, nil
	}
	if depth == maxDepth {
		return nil, errTooDeep
	}
	if d == '{' {
		return p.object(depth + 1)
	}
	return p.array(depth + 1)
}

func (p parser) object(depth int) (any, error) {
	m := map[any]any{}
	for p.dec.More() {
		key, err := p.token()
		if err != nil {
			return nil, err
		}
		if _, twice := m[key]; twice {
			return nil, errDuplicate
		}
		if m[key], err = p.value(depth); err != nil {
			return nil, err
		}
	}
	_, err := p.token() // the closing bracket
	return m, err
}

func (p parser) array(depth int) (any, error) {
	a := []any{}
	for p.dec.More() {
		v, err := p.value(depth)
		if err != nil {
			return nil, err
		}
		a = append(a, v)
	}
	_, err := p.token() // the closing bracket
	return a, err
}

func (p parser) token() (json.Token, error) {
	t, err := p.dec.Token()
	var number *json.UnmarshalTypeError
	switch {
	case errors.As(err, &number):
		return nil, errNumber
	case err != nil:
		return nil, errNotJSON
	}
	return t, nil
}

// checkEscapes refuses \u escapes that stand for no character: halves of
// surrogate pairs, which decoding would silently replace, and NUL, which a
// database refuses. Backslashes stand only inside strings in valid JSON.
func checkEscapes(data []byte) error {
	for i := 0; i < len(data); i++ {
		if data[i] != '\\' {
			continue
		}
		r, ok := escaped(data[i:])
		i++ // the letter after the backslash is no backslash of its own
		switch {
		case !ok:
		case r == 0:
			return errNUL
		case utf16.IsSurrogate(r):
			low, ok := escaped(data[min(i+5, len(data)):])
			if !ok || utf16.DecodeRune(r, low) == utf8.RuneError {
				return errSurrogate
			}
			i += 10
		}
	}
	return nil
}

// escaped reads \uXXXX at the start of b.
func escaped(b []byte) (r rune, ok bool) {
	if len(b) < 6 || b[0] != '\\' || b[1] != 'u' {
		return 0, false
	}
	for _, c := range b[2:6] {
		switch {
		case '0' <= c && c <= '9':
			r = r<<4 | rune(c-'0')
		case 'a' <= c|0x20 && c|0x20 <= 'f':
			r = r<<4 | rune(c|0x20-'a'+10)
		default:
			return 0, false
		}
	}
	return r, true
}
