package smtp_test

import (
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/sallyport/sallyport/internal/clock"
	"github.com/sallyport/sallyport/internal/message"
	"github.com/sallyport/sallyport/internal/message/messagetest"
	"github.com/sallyport/sallyport/internal/message/smtp"
)

// TestMailReadBack sends a mail of every kind through outbox, worker and adapter
// to a real mail server, and reads it back.
func TestMailReadBack(t *testing.T) {
	pit := messagetest.StartMailpit(t)
	sender, err := smtp.New(smtp.Settings{
		Host: pit.Host, Port: pit.Port, TLS: smtp.None, From: "Harbour <no-reply@harbour.example>", Clock: clock.System,
	})
	if err != nil {
		t.Fatal(err)
	}
	renderer, err := message.NewRenderer(message.Wording{AppName: "Harbour", PublicURL: "https://auth.example", Clock: clock.System})
	if err != nil {
		t.Fatal(err)
	}
	store := messagetest.NewMemory()
	worker := message.NewWorker(message.Parts{
		Store: store, Renderer: renderer, Senders: map[message.Channel]message.Sender{message.Email: sender},
		Clock: clock.System, Log: slog.New(slog.DiscardHandler),
	})
	go func() { _ = worker.Run(t.Context()) }()
	for _, kind := range message.Kinds() {
		o := message.ToMail(kind, "u1", string(kind)+"@example.org")
		o.Link, o.Code, o.ExpiresAt = "https://auth.example/x?a=1&b=2#token="+string(kind), "493017", clock.System().Add(time.Hour)
		if err := store.QueueMessages(t.Context(), clock.System(), o); err != nil {
			t.Fatal(err)
		}
		worker.Nudge()
		mail := pit.WaitFor(t, o.To, "Harbour")
		want, err := renderer.Render(o)
		if err != nil {
			t.Fatal(err)
		}
		if mail.Subject != want.Subject || lines(mail.Text) != lines(want.Text) || lines(mail.HTML) != lines(want.HTML) {
			t.Errorf("%s: got %+v, want %q %q", kind, mail, want.Subject, want.Text)
		}
		if mail.MessageID != o.ID+"@harbour.example" || mail.From.Name != "Harbour" {
			t.Errorf("%s: got id %q from %+v", kind, mail.MessageID, mail.From)
		}
		if got := mail.Headers["Auto-Submitted"]; len(got) != 1 || got[0] != "auto-generated" {
			t.Errorf("%s: Auto-Submitted: got %v", kind, got)
		}
	}
	if got, want := pit.Count(t), len(message.Kinds()); got != want {
		t.Errorf("mails: got %d, want %d, each once", got, want)
	}
}

func lines(s string) string { return strings.TrimSpace(strings.ReplaceAll(s, "\r\n", "\n")) }
