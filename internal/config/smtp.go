package config

import (
	"net/mail"
	"net/netip"
)

// SMTPTLS says how the connection to the mail server is protected.
type SMTPTLS string

// The ways.
const (
	SMTPStartTLS SMTPTLS = "starttls" // begins in the clear; STARTTLS is mandatory
	SMTPImplicit SMTPTLS = "tls"      // TLS from the first byte
	SMTPNone     SMTPTLS = "none"     // in the clear
)

// SMTP is how mail leaves.
type SMTP struct {
	Server       string  // SMTP_SERVER: host; empty: the dev inbox
	Port         int     // SMTP_PORT
	Username     string  // SMTP_USERNAME; empty: no authentication
	Password     Secret  // SMTP_PASSWORD
	TLS          SMTPTLS // SMTP_TLS
	From         string  // SMTP_FROM: RFC 5322 address, with or without a name
	TemplatesDir string  // TEMPLATES_DIR; empty: the built-in ones only
}

// Configured reports whether there is a mail server.
func (s SMTP) Configured() bool { return s.Server != "" }

func (s *SMTP) block() block {
	return block{
		title: "Mail",
		about: "How mail leaves. Without SMTP_SERVER a local run delivers to the dev inbox: printed on the terminal and shown at /dev/inbox. A run that is not local needs a mail server.",
		settings: []Setting{
			{Name: "SMTP_SERVER", into: text(&s.Server), Help: "The host name of the mail server."},
			{
				Name: "SMTP_PORT", Default: "587", Derived: "465 with SMTP_TLS=tls", into: whole(&s.Port, 1, 65535),
				Help: "Its port.",
			},
			{Name: "SMTP_USERNAME", into: text(&s.Username), Help: "Who signs in there. Empty: nobody does."},
			{Name: "SMTP_PASSWORD", Secret: true, into: secret(&s.Password), Help: "The password for it."},
			{
				Name: "SMTP_TLS", Default: "starttls", into: choice(&s.TLS, SMTPStartTLS, SMTPImplicit, SMTPNone),
				Help: "starttls: begin in the clear and refuse to go on without STARTTLS. tls: TLS from the first byte. none: in the clear, for a mail server on this machine only.",
			},
			{
				Name: "SMTP_FROM", Derived: "APP_NAME <no-reply@host of PUBLIC_URL>", into: text(&s.From),
				Help: "The sender of every mail: an address, or Name <address>.",
			},
			{
				Name: "TEMPLATES_DIR", into: text(&s.TemplatesDir),
				Help: "A folder whose templates replace the built-in ones of the same name.",
			},
		},
		derive: func(c *Config) { c.SMTP.derive(c) },
		check:  func(c *Config) []Problem { return c.SMTP.check(c) },
	}
}

func (s *SMTP) derive(c *Config) {
	if s.TLS == SMTPImplicit && !c.Given("SMTP_PORT") {
		s.Port = 465
	}
	if s.From == "" {
		host := c.PublicHost()
		if _, err := netip.ParseAddr(host); err == nil {
			host = "localhost" // an address literal is no domain for mail
		}
		from := mail.Address{Name: c.App.Name, Address: "no-reply@" + host}
		s.From = from.String()
	}
}

func (s *SMTP) check(c *Config) []Problem {
	var ps []Problem
	add := func(name, what, mend string) { ps = append(ps, Problem{name, what, mend}) }
	if !s.Configured() {
		if !c.Local() {
			add("SMTP_SERVER", "it is missing, and this run is not local", "Give the host name of your mail server; the dev inbox is for local runs only")
		}
		for _, name := range []string{"SMTP_USERNAME", "SMTP_PASSWORD"} {
			if c.Given(name) {
				add(name, "it is given without SMTP_SERVER", "Give SMTP_SERVER too")
			}
		}
		return ps
	}
	if !goodHost(s.Server) {
		add("SMTP_SERVER", quoted(s.Server)+" is not a host name", "Give the name only; the port belongs in SMTP_PORT")
	}
	if s.TLS == SMTPNone && !isLoopback(s.Server) && (!c.Local() || s.Username != "") {
		add("SMTP_TLS", "mail, and the links in it, would travel in the clear", "Use starttls or tls; none is for a mail server on this machine")
	}
	if (s.Username == "") != s.Password.Empty() {
		add("SMTP_PASSWORD", "only one of SMTP_USERNAME and SMTP_PASSWORD is given", "Give both or neither")
	}
	if _, err := mail.ParseAddress(s.From); err != nil && c.Given("SMTP_FROM") {
		add("SMTP_FROM", "it is not a mail address", "Write it like no-reply@example.org or Example <no-reply@example.org>")
	}
	return ps
}
