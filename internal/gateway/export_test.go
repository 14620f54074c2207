package gateway

import (
	"context"
	"time"

	"github.com/sallyport/sallyport/internal/bus"
)

// Decoded and Decode show the tests how a client's frame is read.
type Decoded = inbound

// Decode is decode.
func Decode(b []byte) (Decoded, error) { return decode(b) }

// Budget is a fresh allowance and how to spend of it.
func Budget() func(now time.Duration, k, perMinute int) bool { return new(budget).spend }

// Deliver is deliver, without the way over the bus.
func (g *Gateway) Deliver(to Audience, e Event) int { return g.deliver(to, e) }

// Remembered reports whether an event was delivered lately.
func (g *Gateway) Remembered(id string) bool {
	g.board.mu.Lock()
	defer g.board.mu.Unlock()
	_, ok := g.board.history.at[id]
	return ok
}

// Take is take: one message of the bus.
func (g *Gateway) Take(m bus.Message) { g.take(m) }

// Hear is one word of another node.
func (g *Gateway) Hear(body []byte) { g.presence.take(context.Background(), bus.Message{Body: body}) }

// History shows the ring.
type History struct{ h history }

// NewHistory is newHistory.
func NewHistory(maxEvents, maxBytes int) *History { return &History{newHistory(maxEvents, maxBytes)} }

// Add adds an event for a user.
func (h *History) Add(user, id, frame string) bool {
	_, ok := h.h.add(Audience{User: user}, id, []byte(frame))
	return ok
}

// Forget is forget.
func (h *History) Forget() { h.h.forget() }

// After is after, for a user.
func (h *History) After(id string, maxBytes int, user string) (out []string, ok bool) {
	frames, ok := h.h.after(id, maxBytes, func(a Audience) bool { return a.User == user })
	for _, f := range frames {
		out = append(out, string(f))
	}
	return out, ok
}
