package gateway

import (
	"context"
	"errors"
	"runtime/debug"

	"github.com/sallyport/sallyport/internal/audit"
	"github.com/sallyport/sallyport/internal/fault"
	"github.com/sallyport/sallyport/internal/gateway/wire"
	"github.com/sallyport/sallyport/internal/limit"
)

// pendingLimits bounds the one frame of a socket that has shown no token
// (WS-03).
var pendingLimits = wire.Limits{Bytes: 4 << 10, Frames: 1}

// maxFragments is how many frames one message may be cut into.
const maxFragments = 64

// run reads until the connection ends, and gives its place back.
func (c *conn) run() {
	defer c.release()
	defer func() {
		if p := recover(); p != nil {
			c.g.parts.Log.Error("gateway: a connection panicked", "connection", c.id, "panic", p, "stack", string(debug.Stack()))
			c.shut(CloseInternal, "")
		}
	}()
	for {
		if err := c.in.Wait(); err != nil {
			c.readFailed(err)
			return
		}
		if !c.step() {
			return
		}
	}
}

// release waits for the last frame to leave and for the client to have seen it,
// then frees the socket.
func (c *conn) release() {
	c.mu.Lock()
	linger := !c.silent && !c.broken
	c.mu.Unlock()
	if linger {
		c.in.Discard() // ends by the deadline that end has set
	}
	<-c.flushed
	_ = c.nc.Close()
	c.vacate()
	c.g.hub.remove(c)
}

// step reads one message and handles it; false when the connection is closing.
func (c *conn) step() bool {
	s, _ := c.who()
	m, err := c.in.Next(c.limits(s))
	if err != nil {
		c.readFailed(err)
		return false
	}
	c.g.metrics.bytesIn.Add(float64(len(m.Data)))
	if m.Op == wire.Close {
		c.peerClosed(m.Data)
		return false
	}
	if s, _ = c.who(); s == open {
		c.message(m)
	} else if s == pending {
		c.firstFrame(m)
	}
	s, _ = c.who()
	return s != closing
}

func (c *conn) limits(s state) wire.Limits {
	if s == open {
		return wire.Limits{Bytes: c.g.cfg.MessageMaxBytes, Frames: maxFragments}
	}
	return pendingLimits
}

// readFailed ends the connection for what reading gave: the close code the RFC
// names for a violation, else a broken network.
func (c *conn) readFailed(err error) {
	var v *wire.Violation
	if !errors.As(err, &v) {
		if s, _ := c.who(); s != closing {
			c.abort()
		}
		return
	}
	if v.Code == wire.CodeTooBig {
		c.g.metrics.limitHits.WithLabelValues("message_size").Inc()
	}
	c.shut(ofWire(v.Code), "")
}

// peerClosed answers the client's close frame.
func (c *conn) peerClosed(payload []byte) {
	code, _, err := wire.ParseClose(payload)
	if err != nil {
		c.readFailed(err)
		return
	}
	c.answer(code)
}

// message handles one frame of an authenticated client.
func (c *conn) message(m wire.Message) {
	c.heard()
	if m.Op == wire.Pong {
		if c.ponged(m.Data) {
			return // it answers our ping and costs the client nothing
		}
	}
	if !c.affords(len(m.Data)) {
		return
	}
	switch m.Op {
	case wire.Ping:
		c.send(wire.AppendFrame(nil, wire.Pong, m.Data))
	case wire.Binary:
		c.shut(CloseNotText, "")
	case wire.Text:
		c.text(m.Data)
	}
}

// text handles one JSON frame of an authenticated client.
func (c *conn) text(b []byte) {
	f, err := decode(b)
	if err != nil {
		c.g.metrics.countIn("invalid")
		c.say("error", refusal(err))
		return
	}
	c.g.metrics.countIn(f.Type)
	switch f.Type {
	case "ping":
		c.say("pong", pongFrame{"pong", f.ID})
	case "auth":
		c.renew(f)
	case "subscribe":
		c.subscribe(f)
	case "unsubscribe":
		c.unsubscribe(f)
	}
}

// affords counts a frame of n bytes against the connection's and the user's
// allowance (WS-06) and closes the connection when it is used up.
func (c *conn) affords(n int) bool {
	cfg, now := c.g.cfg, c.g.now()
	var limit string
	switch {
	case !c.sent.take(now, n, cfg.MessagesPerMinute, cfg.BytesPerMinute):
		limit = "connection_messages"
	case !c.g.hub.userAffords(c, now, n):
		limit = "user_messages"
	default:
		return true
	}
	c.g.metrics.limitHits.WithLabelValues(limit).Inc()
	_, claims := c.who()
	c.g.record(c.origin, claims, audit.RateLimitExceeded, audit.Failure, limit, map[string]string{"connection_id": c.id})
	c.shut(CloseTooMany, "")
	return false
}

// firstFrame handles the only frame of a socket that has shown no token: it
// must be auth.
func (c *conn) firstFrame(m wire.Message) {
	f, err := decode(m.Data)
	if m.Op != wire.Text || err != nil || f.Type != "auth" {
		c.g.metrics.auth("first_frame", "failed")
		c.g.parts.Limits.AuthFailed(c.context(), c.key())
		c.shut(CloseNoAuth, "")
		return
	}
	ctx, cancel := context.WithTimeout(c.context(), c.g.cfg.AuthTimeout)
	defer cancel()
	claims, err := c.g.prove(ctx, credential{"first_frame", f.Token, f.Ticket}, c.key())
	if err == nil {
		err = c.g.parts.Limits.Admit(ctx, c.key(), claims.Subject)
	}
	if err == nil {
		var lease *limit.Place
		lease, err = c.g.claim(ctx, c.id, c.key(), claims)
		c.hold(lease)
	}
	if err != nil {
		c.say("error", refusal(err))
		c.shut(closeFor(err), "")
		return
	}
	c.become(claims, "first_frame")
}

// closeFor gives the close code for an authentication that failed after the
// upgrade.
func closeFor(err error) CloseCode {
	var f *fault.Error
	if !errors.As(err, &f) {
		return CloseInternal
	}
	switch f.Kind() {
	case fault.TooMany:
		return CloseTooManyConn
	case fault.Unavailable, fault.Internal:
		return CloseInternal
	default:
		return CloseNoAuth
	}
}
