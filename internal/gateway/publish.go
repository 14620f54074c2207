package gateway

import (
	"context"
	"encoding/json"
	"time"

	"github.com/sallyport/sallyport/internal/bus"
	"github.com/sallyport/sallyport/internal/fault"
	"github.com/sallyport/sallyport/internal/ident"
)

// Topics of the bus that the gateways of all nodes follow.
const (
	eventBus    = "gateway_events"
	presenceBus = "gateway_presence"
)

// posting is an event on its way between nodes.
type posting struct {
	To    Audience `json:"to"`
	Event Event    `json:"event"`
}

// Publish hands an event to its audience on all nodes and returns its id: the
// one it has, or a fresh one. An event whose id was published lately is
// delivered once. fault.CodeInvalidRequest says what is wrong with it;
// fault.CodeUnavailable that only the clients of this node were reached, and
// that the same event with the same id may be published again.
func (g *Gateway) Publish(ctx context.Context, to Audience, e Event) (id string, err error) {
	if err := check(to, e); err != nil {
		return "", err
	}
	if e.ID == "" {
		e.ID = ident.New()
	}
	body, err := json.Marshal(posting{to, e})
	if err != nil {
		return "", err
	}
	if err := g.parts.Bus.Publish(ctx, eventBus, body); err != nil {
		g.metrics.published.WithLabelValues(to.kind(), "local").Inc()
		g.deliver(to, e)
		return e.ID, fault.Because(fault.CodeUnavailable, err).WithRetryAfter(2 * time.Second)
	}
	g.metrics.published.WithLabelValues(to.kind(), "ok").Inc()
	return e.ID, nil
}

// Follow takes what other nodes publish until ctx ends: without it no event is
// delivered and no node knows of the others. It returns nil.
func (g *Gateway) Follow(ctx context.Context) error {
	done := make(chan struct{})
	go func() {
		defer close(done)
		g.presence.follow(ctx)
	}()
	_ = g.parts.Bus.Subscribe(ctx, eventBus, "", g.take)
	<-done
	return nil
}

// take delivers one message of the bus. After a gap every client is told that
// it may have missed something.
func (g *Gateway) take(m bus.Message) {
	if m.Gap {
		g.board.forget()
		gap := frame(topicFrame{Type: "gap"})
		for _, c := range g.hub.everyone(nil) {
			if s, _ := c.who(); s == open && c.send(gap) {
				g.metrics.countOut("gap")
			}
		}
		g.metrics.gaps.Inc() // once all are told: who connects from now on has missed nothing
		return
	}
	var p posting
	if err := json.Unmarshal(m.Body, &p); err != nil || check(p.To, p.Event) != nil || p.Event.ID == "" {
		g.parts.Log.Error("gateway: a message of the bus cannot be read", "topic", eventBus)
		return
	}
	g.deliver(p.To, p.Event)
}

// deliver queues an event for its audience on this node and returns how many
// connections took it. They share the bytes.
func (g *Gateway) deliver(to Audience, e Event) (reached int) {
	f := frame(eventFrame{"event", e.ID, to.Topic, e.Name, e.Data})
	number, receivers := g.board.post(to, e.ID, f, g.parts.Clock())
	for _, r := range receivers {
		if r.from < number && r.c.send(f) {
			g.metrics.countOut("event")
			reached++
		}
	}
	return reached
}
