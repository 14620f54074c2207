package message

import (
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"strings"
	"time"
	"unicode"
)

// Vars are the variables of a template: {{.AppName}}, {{.Data.factor}}, ….
// Text from people is one clean line each; HTML blocks escape it besides.
type Vars struct {
	Kind      Kind
	Channel   Channel
	Locale    string // the folder the templates were taken from: "en", "pt-BR"
	AppName   string
	PublicURL string // where the server is reached, without a slash at the end
	Link      string // what the person opens; empty where the kind has none
	Code      string // what the person types; empty where the kind has none
	// ExpiresIn is how long Link or Code still work; nil when they do not expire:
	// {{with .ExpiresIn}}It works for {{.}}.{{end}}
	ExpiresIn *Span
	// Data are the kind's own words; a key that was not given is empty.
	Data map[string]string
}

// codeShape is what a code may look like.
var codeShape = regexp.MustCompile(`^[0-9A-Za-z-]{1,32}$`)

// varsOf prepares the variables of one message at now. A link or code that could
// break out of its place is an error, never repaired.
func (r *Renderer) varsOf(o Outgoing, s sheet, locale string, now time.Time) (Vars, error) {
	v := Vars{
		Kind: o.Kind, Channel: o.Channel, Locale: locale, AppName: r.appName, PublicURL: r.publicURL,
		Link: o.Link, Code: o.Code, Data: make(map[string]string, len(o.Data)),
	}
	if s.link && o.Channel == Email && o.Link == "" || s.code && o.Code == "" {
		return Vars{}, fmt.Errorf("message: a %s needs its link or code", o.Kind)
	}
	if o.Link != "" && !safeLink(o.Link) {
		return Vars{}, errors.New("message: the link is not an absolute http or https address")
	}
	if o.Code != "" && !codeShape.MatchString(o.Code) {
		return Vars{}, errors.New("message: the code has characters a code cannot have")
	}
	for k, val := range o.Data {
		v.Data[k] = oneLine(val, maxName)
	}
	if !o.ExpiresAt.IsZero() {
		span := spanOf(o.ExpiresAt.Sub(now))
		v.ExpiresIn = &span
	}
	return v, nil
}

// safeLink reports whether link is an absolute web address that stays one word
// in a text mail.
func safeLink(link string) bool {
	if strings.ContainsFunc(link, func(c rune) bool {
		return unicode.IsSpace(c) || unicode.IsControl(c) || strings.ContainsRune(`<>"`, c)
	}) {
		return false
	}
	u, err := url.Parse(link)
	return err == nil && u.Host != "" && (u.Scheme == "https" || u.Scheme == "http")
}
