package devinbox

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/sallyport/sallyport/internal/clock"
	"github.com/sallyport/sallyport/internal/message"
)

// kept is how many messages the inbox remembers.
const kept = 200

// Message is a delivered message as GET /dev/inbox/messages lists it.
type Message struct {
	To      string          `json:"to"`
	Channel message.Channel `json:"channel"`
	Kind    message.Kind    `json:"kind"`
	Subject string          `json:"subject"`
	Text    string          `json:"text"`
	Link    string          `json:"link"`
	Token   string          `json:"token"`
	Code    string          `json:"code"`
	SentAt  time.Time       `json:"sent_at"`
}

// Inbox is a message.Sender for both channels that keeps the last 200 messages
// in memory. It is safe for concurrent use.
type Inbox struct {
	terminal io.Writer
	clock    clock.Clock

	mu       sync.Mutex
	messages []Message // oldest first
}

// New returns an empty inbox that tells terminal of each message.
func New(terminal io.Writer, c clock.Clock) *Inbox { return &Inbox{terminal: terminal, clock: c} }

// Send implements message.Sender. It never fails.
func (i *Inbox) Send(_ context.Context, o message.Queued, r message.Rendered) (string, error) {
	m := Message{
		To: o.To, Channel: o.Channel, Kind: o.Kind, Subject: r.Subject, Text: r.Text,
		Link: o.Link, Token: o.Token, Code: o.Code, SentAt: i.clock(),
	}
	i.mu.Lock()
	defer i.mu.Unlock()
	i.messages = append(i.messages, m)
	i.messages = i.messages[max(0, len(i.messages)-kept):]
	_, _ = io.WriteString(i.terminal, m.line()) // a closed terminal loses no message
	return "devinbox-" + o.ID, nil
}

// line tells of the message on one line that no content can break out of.
func (m Message) line() string {
	parts := []string{fmt.Sprintf("%s to %s", m.Channel, m.To), string(m.Kind)}
	if m.Code != "" {
		parts = append(parts, "code "+m.Code)
	}
	if m.Link != "" {
		parts = append(parts, m.Link)
	}
	return message.OneLine("dev inbox: "+strings.Join(parts, " · "), 2000) + "\n"
}

// List returns the messages, newest first.
func (i *Inbox) List() []Message {
	i.mu.Lock()
	defer i.mu.Unlock()
	out := slices.Clone(i.messages)
	slices.Reverse(out)
	return out
}
