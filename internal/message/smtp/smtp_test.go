package smtp_test

import (
	"context"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net/mail"
	"strings"
	"testing"
	"time"

	"github.com/sallyport/sallyport/internal/clock"
	"github.com/sallyport/sallyport/internal/message"
	"github.com/sallyport/sallyport/internal/message/smtp"
)

const password = "canary-pässword"

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// settings fits the server; change may alter them.
func (s *server) settings(change func(*smtp.Settings)) smtp.Settings {
	set := smtp.Settings{
		Host: "127.0.0.1", Port: s.port(), TLS: smtp.StartTLS, From: "Harbour Ä <no-reply@harbour.example>",
		Roots: s.roots, Clock: clock.NewFake(noon).Now,
	}
	if change != nil {
		change(&set)
	}
	return set
}

func (s *server) sender(change func(*smtp.Settings)) *smtp.Sender {
	s.t.Helper()
	out, err := smtp.New(s.settings(change))
	if err != nil {
		s.t.Fatal(err)
	}
	return out
}

func outgoing() message.Queued {
	o := message.ToMail(message.Code, "u1", "ada@example.org")
	o.Code = "493017"
	return message.Queued{Outgoing: o, Attempts: 1}
}

func words() message.Rendered {
	return message.Rendered{Subject: "Your code ✓", Text: "Grüße\n.\n493017\n", HTML: "<p>Grüße 493017</p>\n"}
}

func inTime(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	t.Cleanup(cancel)
	return ctx
}

func TestMailAsItArrives(t *testing.T) {
	s := serve(t, nil)
	o := outgoing()
	id, err := s.sender(nil).Send(inTime(t), o, words())
	if err != nil {
		t.Fatal(err)
	}
	if want := "<" + o.ID + "@harbour.example>"; id != want {
		t.Errorf("carrier id: got %q, want %q", id, want)
	}
	m, err := mail.ReadMessage(strings.NewReader(s.taken()[0]))
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{
		"Message-Id": id, "Auto-Submitted": "auto-generated", "X-Auto-Response-Suppress": "All", "To": "<ada@example.org>",
		"Date": "Sun, 01 Mar 2026 12:00:00 +0000", "User-Agent": "", "X-Mailer": "",
	} {
		if got := m.Header.Get(name); got != want {
			t.Errorf("%s: got %q, want %q", name, got, want)
		}
	}
	dec := new(mime.WordDecoder)
	if got, err := dec.DecodeHeader(m.Header.Get("Subject")); got != "Your code ✓" {
		t.Errorf("subject: got %q (%v)", got, err)
	}
	if got, err := mail.ParseAddress(m.Header.Get("From")); err != nil || got.Name != "Harbour Ä" || got.Address != "no-reply@harbour.example" {
		t.Errorf("from: got %v (%v)", got, err)
	}
	text, html := parts(t, m)
	if strings.ReplaceAll(text, "\r\n", "\n") != words().Text || strings.ReplaceAll(html, "\r\n", "\n") != words().HTML {
		t.Errorf("parts: got %q and %q", text, html)
	}
	if heard := s.heard(); !strings.Contains(heard, "EHLO harbour.example") || !strings.Contains(heard, "RCPT TO:<ada@example.org>") {
		t.Errorf("conversation: %s", heard)
	}
}

func parts(t *testing.T, m *mail.Message) (text, html string) {
	t.Helper()
	kind, params, err := mime.ParseMediaType(m.Header.Get("Content-Type"))
	if err != nil || kind != "multipart/alternative" {
		t.Fatalf("content type: got %q (%v), want multipart/alternative", kind, err)
	}
	r := multipart.NewReader(m.Body, params["boundary"])
	var out []string
	for {
		p, err := r.NextRawPart()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		b, err := io.ReadAll(quotedprintable.NewReader(p))
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, p.Header.Get("Content-Type"), string(b))
	}
	if len(out) != 4 || !strings.HasPrefix(out[0], "text/plain") || !strings.HasPrefix(out[2], "text/html") {
		t.Fatalf("parts: got %q, want text and HTML", out)
	}
	return out[1], out[3]
}

func TestProtectionAndAuth(t *testing.T) {
	login := func(set *smtp.Settings) { set.Username, set.Password = "harbour", password }
	tests := []struct {
		name     string
		server   func(*server)
		settings func(*smtp.Settings)
		want     string // in the conversation
		wantErr  string
	}{
		{"STARTTLS", nil, nil, "STARTTLS\nEHLO", ""},
		{"TLS from the start", func(s *server) { s.implicit = true }, func(set *smtp.Settings) { set.TLS = smtp.Implicit }, "EHLO", ""},
		{"none", nil, func(set *smtp.Settings) { set.TLS = smtp.None }, "EHLO", ""},
		{"no STARTTLS offered", func(s *server) { s.offers = s.offers[1:] }, nil, "EHLO", "smtp_connect"},
		{"PLAIN", nil, login, "credentials |harbour|" + password, ""},
		{"LOGIN", func(s *server) { s.offers = []string{"STARTTLS", "AUTH LOGIN"} }, login, "credentials harbour," + password, ""},
		{"CRAM-MD5", func(s *server) { s.offers = []string{"STARTTLS", "AUTH CRAM-MD5"} }, login, "credentials harbour ", ""},
		{"PLAIN over implicit TLS", func(s *server) { s.implicit = true }, func(set *smtp.Settings) { login(set); set.TLS = smtp.Implicit }, "credentials |harbour|", ""},
		{"PLAIN in the clear on loopback", nil, func(set *smtp.Settings) { login(set); set.TLS = smtp.None }, "credentials |harbour|", ""},
		{"no AUTH offered", func(s *server) { s.offers = []string{"STARTTLS"} }, login, "EHLO", "smtp_connect"},
		{"an unknown authority", func(s *server) { _, s.roots = certificate(s.t) }, nil, "STARTTLS", "smtp_connect"},
		{"an unknown authority, implicit", func(s *server) { s.implicit = true; _, s.roots = certificate(s.t) }, func(set *smtp.Settings) { set.TLS = smtp.Implicit }, "", "smtp_connect"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := serve(t, tt.server)
			_, err := s.sender(tt.settings).Send(inTime(t), outgoing(), words())
			if tt.wantErr == "" && err != nil || tt.wantErr != "" && (err == nil || !strings.Contains(err.Error(), tt.wantErr)) {
				t.Errorf("got error %v, want %q", err, tt.wantErr)
			}
			if !strings.Contains(s.heard(), tt.want) {
				t.Errorf("conversation: got %q, want %q in it", s.heard(), tt.want)
			}
			if sent := len(s.taken()) == 1; sent != (tt.wantErr == "") {
				t.Errorf("mail taken: got %t", sent)
			}
		})
	}
}

func TestRefusals(t *testing.T) {
	tests := []struct {
		name    string
		replies map[string]string
		code    string // "" for success
		final   bool
	}{
		{"recipient unknown", map[string]string{"RCPT": "550 5.1.1 no such user"}, "smtp_550", true},
		{"recipient greylisted", map[string]string{"RCPT": "451 4.7.1 later"}, "smtp_451", false},
		{"mailbox full", map[string]string{"RCPT": "452 4.2.2 full"}, "smtp_452", false},
		{"sender refused", map[string]string{"MAIL": "553 5.1.8 not you"}, "smtp_553", true},
		{"authentication wanted", map[string]string{"MAIL": "530 5.7.0 sign in first"}, "smtp_530", false},
		{"data refused", map[string]string{"DATA": "554 5.5.1 no"}, "smtp_554", true},
		{"content refused", map[string]string{"end": "554 5.7.1 spam"}, "smtp_554", true},
		{"content postponed", map[string]string{"end": "421 4.3.2 closing"}, "smtp_421", false},
		{"line dropped before the verdict", map[string]string{"end": "drop"}, "smtp_broken", false},
		{"service not available", map[string]string{"greeting": "554 5.3.2 busy"}, "smtp_554", false},
		{"a greeting that is no SMTP", map[string]string{"greeting": "hello there"}, "smtp_connect", false},
		{"line dropped at once", map[string]string{"greeting": "drop"}, "smtp_connect", false},
		{"a rude goodbye is no failure", map[string]string{"QUIT": "drop"}, "", false},
		{"an angry goodbye is no failure", map[string]string{"QUIT": "500 what"}, "", false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := serve(t, func(s *server) { s.replies = tt.replies })
			id, err := s.sender(nil).Send(inTime(t), outgoing(), words())
			var f *message.Failure
			switch {
			case tt.code == "":
				if err != nil || id == "" {
					t.Errorf("got %q, %v; want success", id, err)
				}
			case !errors.As(err, &f) || f.Code != tt.code || f.Final != tt.final:
				t.Errorf("got %+v (%v), want code %s, final %t", f, err, tt.code, tt.final)
			}
		})
	}
}

func TestSlowServer(t *testing.T) {
	for _, phase := range []string{"greeting", "EHLO", "STARTTLS", "AUTH", "MAIL", "RCPT", "DATA", "end"} {
		t.Run("hangs at "+phase, func(t *testing.T) {
			t.Parallel()
			s := serve(t, func(s *server) { s.replies = map[string]string{phase: "hang"} })
			ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
			defer cancel()
			_, err := s.sender(func(set *smtp.Settings) { set.Username, set.Password = "harbour", password }).Send(ctx, outgoing(), words())
			var f *message.Failure
			if !errors.As(err, &f) || f.Code != "timeout" || f.Final {
				t.Errorf("got %v, want a timeout worth another try", err)
			}
		})
	}
}

func TestAU03NoSecretInErrors(t *testing.T) {
	for name, replies := range map[string]map[string]string{
		"refused":     {"AUTH": "535 5.7.8 wrong password " + password + " for harbour"},
		"odd":         {"AUTH": "334 " + password},
		"no base64":   {"challenge": "334 %%%" + password},
		"unavailable": {"AUTH": "454 4.7.0 " + password},
	} {
		for _, mech := range []string{"PLAIN", "LOGIN", "CRAM-MD5"} {
			t.Run(name+" "+mech, func(t *testing.T) {
				s := serve(t, func(s *server) { s.replies = replies; s.offers = []string{"STARTTLS", "AUTH " + mech} })
				send := s.sender(func(set *smtp.Settings) { set.Username, set.Password = "harbour", password })
				err := send.Check(inTime(t))
				if err == nil {
					if name == "no base64" && mech == "PLAIN" { // has no challenge
						return
					}
					t.Fatal("got no error")
				}
				var f *message.Failure
				if strings.Contains(err.Error(), "canary") || !errors.As(err, &f) || f.Final || f.Code != "smtp_auth" {
					t.Errorf("got %v (%+v), want smtp_auth, worth another try, without the password", err, f)
				}
			})
		}
	}
}

func TestRecipientMustBeOneAddress(t *testing.T) {
	s := serve(t, nil)
	send := s.sender(nil)
	for _, to := range []string{
		"", "ada", "Ada <ada@example.org>", "a@example.org, b@example.org", "a@example.org\r\nRCPT TO:<b@example.org>",
		"a@example.org\nBcc: b@example.org", "<a@example.org>", " a@example.org", "a@b@c",
	} {
		o := outgoing()
		o.To = to
		_, err := send.Send(inTime(t), o, words())
		var f *message.Failure
		if !errors.As(err, &f) || !f.Final {
			t.Errorf("RC-09 %q: got %v, want a final refusal", to, err)
		}
	}
	if got := s.heard(); got != "" {
		t.Errorf("the server heard %q, want nothing", got)
	}
}

func TestHeaderInjection(t *testing.T) {
	s := serve(t, nil)
	r := words()
	r.Subject = "hello\r\nBcc: all@example.org\r\n\r\nbody"
	if _, err := s.sender(nil).Send(inTime(t), outgoing(), r); err != nil {
		t.Fatal(err)
	}
	m, err := mail.ReadMessage(strings.NewReader(s.taken()[0]))
	if err != nil {
		t.Fatal(err)
	}
	if m.Header.Get("Bcc") != "" || m.Header.Get("Subject") != "hello Bcc: all@example.org body" {
		t.Errorf("headers: %v", m.Header)
	}
}

func TestCheck(t *testing.T) {
	s := serve(t, nil)
	if err := s.sender(nil).Check(inTime(t)); err != nil {
		t.Errorf("Check: %v", err)
	}
	s.stop()
	var f *message.Failure
	if err := s.sender(nil).Check(inTime(t)); !errors.As(err, &f) || f.Code != "smtp_connect" || f.Final {
		t.Errorf("Check of a server that is gone: got %v", err)
	}
}

func TestNewRefuses(t *testing.T) {
	good := smtp.Settings{Host: "mail.example", Port: 587, TLS: smtp.StartTLS, From: "a@example.org", Clock: clock.System}
	for name, change := range map[string]func(*smtp.Settings){
		"no host":                    func(s *smtp.Settings) { s.Host = "" },
		"no port":                    func(s *smtp.Settings) { s.Port = 0 },
		"unknown protection":         func(s *smtp.Settings) { s.TLS = "ssl" },
		"no sender":                  func(s *smtp.Settings) { s.From = "Harbour" },
		"sender with a header":       func(s *smtp.Settings) { s.From = "x\r\nBcc: b@example.org <a@example.org>" },
		"a password in the clear":    func(s *smtp.Settings) { s.TLS, s.Username = smtp.None, "harbour" },
		"a password to a look-alike": func(s *smtp.Settings) { s.TLS, s.Username, s.Host = smtp.None, "harbour", "localhost.example" },
	} {
		t.Run(name, func(t *testing.T) {
			s := good
			change(&s)
			if _, err := smtp.New(s); err == nil {
				t.Error("got no error")
			}
		})
	}
	if _, err := smtp.New(good); err != nil {
		t.Errorf("good settings: %v", err)
	}
}
