package smtp

import (
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	netmail "net/mail"
	"strings"
	"time"

	"github.com/wneessen/go-mail"

	"github.com/sallyport/sallyport/internal/clock"
	"github.com/sallyport/sallyport/internal/message"
)

// Protection says how the connection to the mail server is kept private.
type Protection string

// The protections.
const (
	StartTLS Protection = "starttls" // begins in the clear; without STARTTLS nothing is sent
	Implicit Protection = "tls"      // TLS from the first byte
	None     Protection = "none"     // in the clear, for a server on this machine
)

// connBudget bounds each phase of a connection where the context has no
// deadline of its own.
const connBudget = 10 * time.Second

// Settings is what a Sender is made of.
type Settings struct {
	Host     string
	Port     int
	TLS      Protection
	Username string // empty: no authentication
	Password string
	From     string         // RFC 5322 address, with or without a name
	Roots    *x509.CertPool // nil: the system's
	Clock    clock.Clock
}

// Sender is a message.Sender for e-mail. It opens a connection per message and
// is safe for concurrent use.
type Sender struct {
	Settings
	from   *netmail.Address
	domain string // of from; names us to the server and ends message ids
}

// New checks the settings; it opens no connection.
func New(s Settings) (*Sender, error) {
	from, err := netmail.ParseAddress(s.From)
	if err != nil {
		return nil, errors.New("smtp: the sender is not a mail address")
	}
	switch s.TLS {
	case StartTLS, Implicit:
	case None:
		if s.Username != "" && !loopback(s.Host) {
			return nil, errors.New("smtp: a password would travel in the clear")
		}
	default:
		return nil, fmt.Errorf("smtp: unknown protection %q", s.TLS)
	}
	if s.Host == "" || s.Port < 1 || s.Port > 65535 {
		return nil, errors.New("smtp: the mail server needs a host and a port")
	}
	_, domain, _ := strings.Cut(from.Address, "@")
	return &Sender{Settings: s, from: from, domain: domain}, nil
}

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// Send implements message.Sender. The carrier's name of a mail is its
// Message-ID, which is made from the message's id: a second copy after a crash
// carries the same one. Success is the server's word at the end of the data;
// what goes wrong afterwards, while saying goodbye, is no failure.
func (s *Sender) Send(ctx context.Context, q message.Queued, r message.Rendered) (string, error) {
	mail, id, err := s.compose(q.Outgoing, r)
	if err != nil {
		return "", message.Refused("smtp_compose", err)
	}
	err = s.converse(ctx, func(c *session) error {
		if err := c.client.SendWithSMTPClient(c.conn, mail); err != nil && !mail.IsDelivered() {
			return verdict(err)
		}
		return nil
	})
	if err != nil {
		return "", err
	}
	return id, nil
}

// Check connects, signs in and says goodbye, for `sallyport doctor`.
func (s *Sender) Check(ctx context.Context) error {
	return s.converse(ctx, func(*session) error { return nil })
}

// compose builds the mail and returns it with its Message-ID.
func (s *Sender) compose(o message.Outgoing, r message.Rendered) (*mail.Msg, string, error) {
	to, err := netmail.ParseAddress(o.To)
	if err != nil || to.Name != "" || to.Address != o.To {
		return nil, "", errors.New("the recipient is not one bare mail address")
	}
	id := o.ID + "@" + s.domain
	m := mail.NewMsg(mail.WithNoDefaultUserAgent())
	m.FromMailAddress(s.from)
	if err := m.To(to.Address); err != nil {
		return nil, "", errors.New("the recipient is not a mail address")
	}
	m.Subject(message.OneLine(r.Subject, 200))
	m.SetDateWithValue(s.Clock())
	m.SetMessageIDWithValue(id)
	m.SetGenHeader("Auto-Submitted", "auto-generated") // RFC 3834
	m.SetGenHeader("X-Auto-Response-Suppress", "All")  // the same, for Exchange
	m.SetBodyString(mail.TypeTextPlain, r.Text)
	if r.HTML != "" {
		m.AddAlternativeString(mail.TypeTextHTML, r.HTML)
	}
	return m, "<" + id + ">", nil
}

// client returns a go-mail client. It is made per connection: the library
// changes it while signing in.
func (s *Sender) client(dial mail.DialContextFunc) (*mail.Client, error) {
	options := []mail.Option{
		mail.WithPort(s.Port), mail.WithTimeout(connBudget), mail.WithHELO(s.domain),
		mail.WithTLSConfig(s.tlsConfig()), mail.WithTLSPolicy(mail.TLSMandatory),
		mail.WithoutNoop(), mail.WithoutRset(), mail.WithDialContextFunc(dial),
	}
	switch s.TLS {
	case Implicit:
		options = append(options, mail.WithSSL())
	case None:
		options = append(options, mail.WithTLSPolicy(mail.NoTLS))
	}
	if s.Username != "" {
		options = append(options, mail.WithUsername(s.Username), mail.WithPassword(s.Password),
			// The simplest first: behind verified TLS they are as good as the others,
			// and servers that keep hashed passwords can check no other.
			mail.WithOpportunisticSMTPAuth(mail.SMTPAuthPlain, mail.SMTPAuthLogin, mail.SMTPAuthCramMD5, mail.SMTPAuthSCRAMSHA256))
	}
	return mail.NewClient(s.Host, options...)
}

func (s *Sender) tlsConfig() *tls.Config {
	return &tls.Config{ServerName: s.Host, RootCAs: s.Roots, MinVersion: tls.VersionTLS12}
}

// orCtx prefers to say that time ran out.
func orCtx(ctx context.Context, err error) error { return cmp.Or(ctx.Err(), err) }
