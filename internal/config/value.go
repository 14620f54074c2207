package config

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
)

// value binds one setting to one field.
type value struct {
	form string                // what is accepted, for people
	set  func(string) *refusal // parses text into the field, nil if it is good
	show func() string         // the field as text, a placeholder for a secret
}

// refusal says why a text is not accepted, and what would be.
type refusal struct{ what, mend string }

func refuse(what, mend string) *refusal { return &refusal{what, mend} }

// quoted shows a refused value that is no secret, cut to a readable size.
func quoted(text string) string {
	if len(text) > 64 {
		text = text[:64] + "…"
	}
	return strconv.QuoteToASCII(text)
}

// hasControl reports whether text holds a control character, which would let a
// setting break out of a mail header or a log line.
func hasControl(text string) bool { return strings.ContainsFunc(text, unicode.IsControl) }

func text(to *string) value {
	return value{
		form: "text",
		set:  func(s string) *refusal { *to = s; return nil },
		show: func() string { return *to },
	}
}

func secret(to *Secret) value {
	return value{
		form: "text",
		set:  func(s string) *refusal { *to = NewSecret(s); return nil },
		show: func() string { return to.String() },
	}
}

func choice[T ~string](to *T, allowed ...T) value {
	words := make([]string, len(allowed))
	for i, a := range allowed {
		words[i] = string(a)
	}
	list := strings.Join(words, ", ")
	return value{
		form: "one of " + list,
		set: func(s string) *refusal {
			i := slices.IndexFunc(words, func(w string) bool { return strings.EqualFold(w, s) })
			if i < 0 {
				return refuse(quoted(s)+" is not a choice", "Use one of "+list)
			}
			*to = allowed[i]
			return nil
		},
		show: func() string { return string(*to) },
	}
}

func flag(to *bool) value {
	return value{
		form: "true or false",
		set: func(s string) *refusal {
			switch strings.ToLower(s) {
			case "true", "1", "yes", "on":
				*to = true
			case "false", "0", "no", "off":
				*to = false
			default:
				return refuse(quoted(s)+" is neither true nor false", "Use true or false")
			}
			return nil
		},
		show: func() string { return strconv.FormatBool(*to) },
	}
}

// integer is what whole can fill.
type integer interface{ ~int | ~uint8 | ~uint32 }

func whole[T integer](to *T, lo, hi int) value {
	bounds := fmt.Sprintf("from %d to %d", lo, hi)
	return value{
		form: "whole number " + bounds,
		set: func(s string) *refusal {
			n, err := strconv.Atoi(s)
			if err != nil {
				return refuse(quoted(s)+" is not a whole number", "Use a number "+bounds)
			}
			if n < lo || n > hi {
				return refuse(fmt.Sprintf("%d is out of range", n), "Use a number "+bounds)
			}
			*to = T(n)
			return nil
		},
		show: func() string { return strconv.Itoa(int(*to)) },
	}
}

func span(to *time.Duration, lo, hi time.Duration) value {
	bounds := "from " + showSpan(lo) + " to " + showSpan(hi)
	return value{
		form: "duration " + bounds,
		set: func(s string) *refusal {
			d, err := parseSpan(s)
			if err != nil {
				return refuse(quoted(s)+" is not a duration", "Write it like 90s, 10m, 24h or 30d, "+bounds)
			}
			if d < lo || d > hi {
				return refuse(showSpan(d)+" is out of range", "Use a duration "+bounds)
			}
			*to = d
			return nil
		},
		show: func() string { return showSpan(*to) },
	}
}

// parseSpan reads a duration as Go writes it, and also whole days: "30d".
func parseSpan(s string) (time.Duration, error) {
	if days, ok := strings.CutSuffix(s, "d"); ok {
		n, err := strconv.ParseUint(days, 10, 16)
		return time.Duration(n) * 24 * time.Hour, err
	}
	return time.ParseDuration(s)
}

// showSpan writes d without the zero parts Go appends: 10m, not 10m0s.
func showSpan(d time.Duration) string {
	s := d.String()
	if strings.HasSuffix(s, "m0s") {
		s = strings.TrimSuffix(s, "0s")
	}
	if strings.HasSuffix(s, "h0m") {
		s = strings.TrimSuffix(s, "0m")
	}
	return s
}

// items splits a comma list; blanks around and empty items are dropped.
func items(s string) []string {
	var out []string
	for item := range strings.SplitSeq(s, ",") {
		if item = strings.TrimSpace(item); item != "" {
			out = append(out, item)
		}
	}
	return out
}

// list binds a comma list whose items parse reads one by one.
func list[T any](to *[]T, form string, parse func(string) (T, *refusal), show func(T) string) value {
	return value{
		form: form,
		set: func(s string) *refusal {
			var out []T
			for i, item := range items(s) {
				v, bad := parse(item)
				if bad != nil {
					bad.what = fmt.Sprintf("item %d: %s", i+1, bad.what)
					return bad
				}
				out = append(out, v)
			}
			*to = out
			return nil
		},
		show: func() string {
			words := make([]string, len(*to))
			for i, v := range *to {
				words[i] = show(v)
			}
			return strings.Join(words, ", ")
		},
	}
}
