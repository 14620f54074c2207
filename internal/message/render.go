package message

import (
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net/url"
	"strings"
	"time"

	"github.com/sallyport/sallyport/internal/clock"
)

// Rendered is a message in its final words. An SMS has Text only.
type Rendered struct {
	Subject string // one line
	Text    string
	HTML    string
}

// String keeps the words of a message, which hold its secrets, out of logs.
func (r Rendered) String() string { return "rendered message" }

// GoString is String, for %#v.
func (r Rendered) GoString() string { return r.String() }

// LogValue is what slog writes: no words.
func (r Rendered) LogValue() slog.Value { return slog.StringValue(r.String()) }

// Wording is what a Renderer is made of.
type Wording struct {
	AppName   string
	PublicURL string // absolute; the only host messages name (RC-03)
	// CodeHost is the host whose pages ask for SMS codes; empty: PublicURL's.
	CodeHost string
	// Locale is the server's own, for messages that ask for none; empty: English.
	Locale string
	// Overrides is the operator's TEMPLATES_DIR; nil: none.
	Overrides fs.FS
	Clock     clock.Clock
}

// Renderer puts messages into words. It is safe for concurrent use. It keeps the
// text of the templates and parses those of a message when it renders it: parsed,
// they would be a quarter of all that the collector marks after each password hash.
type Renderer struct {
	appName, publicURL, codeHost, locale string
	clock                                clock.Clock
	sources                              sources
}

// NewRenderer reads the templates. Where there are overrides it parses every
// template and renders each once with sample data; the error joins all problems
// found, one line each, naming file and line. The built-in ones alone are tried by
// a test, not by each start.
func NewRenderer(w Wording) (*Renderer, error) {
	u, err := url.Parse(w.PublicURL)
	if err != nil || u.Host == "" {
		return nil, errors.New("message: the public URL is not absolute")
	}
	r := &Renderer{
		appName: oneLine(w.AppName, maxName), publicURL: strings.TrimRight(w.PublicURL, "/"),
		codeHost: w.CodeHost, locale: w.Locale, clock: w.Clock,
	}
	if r.codeHost == "" {
		r.codeHost = u.Hostname()
	}
	all, loadErr := loadSources(w.Overrides)
	if all == nil {
		return nil, loadErr
	}
	r.sources = all
	problems := []error{loadErr}
	if w.Overrides != nil {
		problems = append(problems, r.tryAll())
	}
	if err := errors.Join(problems...); err != nil {
		return nil, dedupe(err)
	}
	return r, nil
}

func (r *Renderer) tryAll() error {
	var problems []error
	for _, locale := range r.sources.locales() {
		for _, s := range sheets() {
			problems = append(problems, r.try(locale, s))
		}
	}
	return errors.Join(problems...)
}

// Render puts o into words, in o.Locale as far as it is there. Its errors are
// permanent: the same message fails again.
func (r *Renderer) Render(o Outgoing) (Rendered, error) {
	s, ok := sheetOf(o.Kind)
	if !ok || !o.Kind.Travels(o.Channel) {
		return Rendered{}, fmt.Errorf("message: %q does not travel by %q", o.Kind, o.Channel)
	}
	locale := r.sources.match(o.Locale, r.locale)
	p, err := parsePages(r.sources.chain(locale, s.kind), missingEmpty)
	if err != nil {
		return Rendered{}, err
	}
	return r.render(p, o, s, locale, r.clock())
}

func (r *Renderer) render(p *pages, o Outgoing, s sheet, locale string, now time.Time) (Rendered, error) {
	v, err := r.varsOf(o, s, locale, now)
	if err != nil {
		return Rendered{}, err
	}
	if o.Channel == SMS {
		text, err := p.sms(v)
		return Rendered{Text: bindCode(text, r.codeHost, o.Code)}, err
	}
	return p.mail(v)
}

// bindCode ends an SMS that carries a code with the line by which phones offer
// the code to pages of that host only (WICG origin-bound one-time codes). It is
// added here so that no template can forget it.
func bindCode(text, host, code string) string {
	if code == "" {
		return text
	}
	return text + "\n\n@" + host + " #" + code
}

// Locales returns the locales with templates, sorted; "en" is always there.
func (r *Renderer) Locales() []string { return r.sources.locales() }
