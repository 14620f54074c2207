package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/sallyport/sallyport/internal/app"
	"github.com/sallyport/sallyport/internal/clock"
	"github.com/sallyport/sallyport/internal/message"
)

type messageCmd struct {
	List    messageListCmd    `cmd:"" help:"List the kinds of messages and the languages there are."`
	Preview messagePreviewCmd `cmd:"" help:"Print a message with sample data, in the words of TEMPLATES_DIR."`
}

type messageListCmd struct{}

// Run lists what Preview takes.
func (messageListCmd) Run(t terminal, s settings) error {
	r, err := s.renderer()
	if err != nil {
		return err
	}
	for _, k := range message.Kinds() {
		by := "email"
		if k.Travels(message.SMS) {
			by += " sms"
		}
		t.printf("%-18s %s\n", k, by)
	}
	t.printf("\nlanguages: %s\n", strings.Join(r.Locales(), " "))
	return nil
}

type messagePreviewCmd struct {
	Kind   string `arg:"" help:"Which message; list names them."`
	SMS    bool   `name:"sms" help:"As SMS instead of e-mail." xor:"form"`
	HTML   bool   `name:"html" help:"The page of the e-mail instead of its text." xor:"form"`
	Locale string `help:"In which language; empty: the server's."`
}

// Run prints one message. Nothing is sent and no database is opened.
func (c messagePreviewCmd) Run(t terminal, s settings) error {
	r, err := s.renderer()
	if err != nil {
		return err
	}
	kind, by := message.Kind(c.Kind), message.Email
	if c.SMS {
		by = message.SMS
	}
	if !slices.Contains(message.Kinds(), kind) {
		return fmt.Errorf("no message is called %q; `sallyport message list` names them", c.Kind)
	}
	out, err := r.Preview(kind, by, c.Locale)
	switch {
	case err != nil:
		return err
	case c.HTML:
		t.printf("%s", out.HTML)
	case c.SMS:
		t.printf("%s\n", out.Text)
	default:
		t.printf("Subject: %s\n\n%s", out.Subject, out.Text)
	}
	return nil
}

func (s settings) renderer() (*message.Renderer, error) {
	cfg, err := s.load()
	if err != nil {
		return nil, err
	}
	return app.Renderer(cfg, clock.System)
}
