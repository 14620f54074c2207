package messagetest

import (
	"context"
	"slices"
	"sync"

	"github.com/sallyport/sallyport/internal/message"
)

// Sending is one call of Carrier.Send.
type Sending struct {
	message.Queued
	Words message.Rendered
}

// Carrier is a Sender without a carrier: it remembers what it was given. It is
// safe for concurrent use.
type Carrier struct {
	// Answer decides how a try ends; nil: every message is taken. It may wait for
	// its context.
	Answer func(ctx context.Context, q message.Queued) (carrierID string, err error)

	mu   sync.Mutex
	sent []Sending
}

// Send implements message.Sender.
func (c *Carrier) Send(ctx context.Context, q message.Queued, r message.Rendered) (string, error) {
	c.mu.Lock()
	c.sent = append(c.sent, Sending{q, r})
	c.mu.Unlock()
	if c.Answer != nil {
		return c.Answer(ctx, q)
	}
	return "carrier-" + q.ID, nil
}

// Sendings returns every try so far, oldest first.
func (c *Carrier) Sendings() []Sending {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.sent)
}
