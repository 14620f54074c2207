package gateway

import (
	"context"
	"net/http"
	"time"

	"github.com/sallyport/sallyport/internal/bus"
	"github.com/sallyport/sallyport/internal/gateway/wire"
	"github.com/sallyport/sallyport/internal/token"
)

// Upgrade is what the gateway reads from an upgrade request.
type Upgrade struct {
	Method, Token, Ticket, After string
	Answer                       []byte // the 101
}

// ReadUpgrade reads an upgrade request as ServeHTTP does.
func ReadUpgrade(origins []string, r *http.Request) (Upgrade, error) {
	g, q := &Gateway{cfg: Config{Origins: origins}}, request{}
	if err := g.read(r, &q); err != nil {
		return Upgrade{}, err
	}
	return Upgrade{q.credential.method, q.credential.token, q.credential.ticket, q.after, wire.AppendAccept(nil, q.key, q.protocol)}, nil
}

// Allows is allows: until when a grant lets these claims listen there.
func (s Grants) Allows(text string, claims token.Claims, name string) time.Time {
	return s.allows(text, claims, name)
}

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
