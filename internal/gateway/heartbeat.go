package gateway

import (
	"encoding/binary"
	"time"

	"github.com/sallyport/sallyport/internal/gateway/wire"
)

// heartbeat is what a connection remembers between the visits of Gateway.Run.
// Deadlines are in the time of Gateway.now, which no step of the clock moves.
type heartbeat struct {
	due    time.Duration // the next ping; while pending, the end of the wait for a token
	misses int           // pings in a row after which nothing was heard
	quiet  bool          // nothing was heard since the last ping
	number uint64        // of the last ping: its payload
	pinged time.Time     // when the last ping was queued; zero once it was answered
}

// start begins the beat of a connection that has just authenticated.
func (h *heartbeat) start(g *Gateway) { h.due = g.now() + g.cfg.Heartbeat }

// maxMisses is how many pings may go unanswered (WS-07).
const maxMisses = 2

// visit looks at the connection's deadlines; Run calls it every tick.
func (c *conn) visit(now time.Duration, wall time.Time) {
	if code, over := c.overdue(now, wall); over {
		if code == CloseHeartbeat {
			c.g.metrics.misses.Inc()
		}
		c.shut(code, "")
		return
	}
	ping, warning := c.reminders(now, wall)
	if ping != nil {
		c.send(ping)
	}
	if warning != nil {
		c.say(warning.Type, warning)
	}
}

// overdue reports whether the connection has to close, and why.
func (c *conn) overdue(now time.Duration, wall time.Time) (CloseCode, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.state == pending && now >= c.due:
		return CloseNoAuth, true
	case c.state == open && !wall.Before(c.claims.ExpiresAt):
		return CloseExpired, true
	case c.state == open && now >= c.due && c.quiet && c.misses+1 >= maxMisses:
		return CloseHeartbeat, true
	default:
		return CloseCode{}, false
	}
}

// reminders gives what is due: a ping, a warning that the token expires.
func (c *conn) reminders(now time.Duration, wall time.Time) (ping []byte, warning *expiryFrame) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.state != open {
		return nil, nil
	}
	if now >= c.due {
		ping = c.beat(wall)
	}
	if !c.warned && c.claims.ExpiresAt.Sub(wall) <= c.g.cfg.ExpiryNotice {
		c.warned = true
		warning = &expiryFrame{"auth_expiring", c.claims.ExpiresAt.UTC()}
	}
	return ping, warning
}

// beat counts a silence and makes the next ping, under c.mu.
func (c *conn) beat(wall time.Time) []byte {
	if c.quiet {
		c.misses++
		c.g.metrics.misses.Inc()
	}
	c.due += c.g.cfg.Heartbeat
	c.quiet, c.pinged = true, wall
	c.number++
	return wire.AppendFrame(nil, wire.Ping, binary.BigEndian.AppendUint64(nil, c.number))
}

// heard notes that the client lives: any whole frame says so.
func (c *conn) heard() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.quiet, c.misses = false, 0
}

// ponged reports whether payload answers the last ping, for the first time, and
// measures the round trip.
func (c *conn) ponged(payload []byte) bool {
	wall := c.g.parts.Clock()
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.pinged.IsZero() || len(payload) != 8 || binary.BigEndian.Uint64(payload) != c.number {
		return false
	}
	c.g.metrics.roundTrip.Observe(max(0, wall.Sub(c.pinged).Seconds()))
	c.pinged = time.Time{}
	return true
}
