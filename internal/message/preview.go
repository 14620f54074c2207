package message

import (
	"errors"
	"fmt"
	"html"
	"strings"
	"time"
)

// sample returns a message of that kind as the preview shows it.
func (r *Renderer) sample(s sheet, by Channel, locale string, now time.Time) Outgoing {
	o := Outgoing{
		ID: "01890a5d-ac96-774b-bcce-b302099a8057", Channel: by, Kind: s.kind, Locale: locale,
		To: "ada@example.org", Data: s.data,
	}
	if by == SMS {
		o.To = "+447700900123"
	}
	if s.link && by == Email {
		o.Token = "sample-token"
		o.Link = r.publicURL + "/sample#token=" + o.Token
		o.ExpiresAt = now.Add(time.Hour)
	}
	if s.code {
		o.Code = "123456"
		o.ExpiresAt = now.Add(5 * time.Minute)
	}
	return o
}

// Preview renders a message of that kind with sample data, in that locale or the
// one that serves it best.
func (r *Renderer) Preview(kind Kind, by Channel, locale string) (Rendered, error) {
	s, ok := sheetOf(kind)
	if !ok {
		return Rendered{}, fmt.Errorf("message: no message is called %q", kind)
	}
	return r.Render(r.sample(s, by, locale, r.clock()))
}

// try parses the templates of one kind in one locale, renders it with sample data
// by every channel it travels and looks at the outcome: what the message is for
// must be in it.
func (r *Renderer) try(locale string, s sheet) error {
	chain := r.sources.chain(locale, s.kind)
	p, err := parsePages(chain, missingWrong)
	if err != nil {
		return err
	}
	if err := strayBlocks(chain); err != nil {
		return err
	}
	now := time.Unix(1_700_000_000, 0)
	mail := r.sample(s, Email, locale, now)
	out, err := r.render(p, mail, s, locale, now)
	switch {
	case err != nil && strings.Contains(err.Error(), extension): // names its file already
		return err
	case err != nil:
		return fmt.Errorf("%s/%s%s: %w", locale, s.kind, extension, err)
	}
	page := html.UnescapeString(out.HTML)
	demand := func(ok bool, complaint string) error {
		if ok {
			return nil
		}
		return fmt.Errorf("%s/%s%s: %s", locale, s.kind, extension, complaint)
	}
	problems := []error{
		demand(out.Subject != "", "the subject is empty"),
		demand(strings.Contains(out.Text, mail.Link), "the text does not say {{.Link}}"),
		demand(strings.Contains(page, mail.Link), "the HTML does not say {{.Link}}"),
		demand(strings.Contains(out.Text, mail.Code), "the text does not say {{.Code}}"),
		demand(strings.Contains(page, mail.Code), "the HTML does not say {{.Code}}"),
	}
	if s.sms {
		sms, err := r.render(p, r.sample(s, SMS, locale, now), s, locale, now)
		problems = append(problems, err,
			demand(strings.Contains(sms.Text, r.appName), "the SMS does not say {{.AppName}}"),
			demand(strings.Count(sms.Text, mail.Code) != 1 || mail.Code == "", "the SMS does not say {{.Code}}"))
	}
	return errors.Join(problems...)
}

// dedupe drops repeated lines of a joined error: a layout that does not parse is
// met once per kind.
func dedupe(err error) error {
	seen := map[string]bool{}
	var lines []error
	for line := range strings.SplitSeq(err.Error(), "\n") {
		if !seen[line] {
			seen[line] = true
			lines = append(lines, errors.New(line))
		}
	}
	return errors.Join(lines...)
}
