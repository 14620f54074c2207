package gateway

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"fmt"
	"time"
)

// The spread of reconnects after a restart: every client is told its own moment
// so that they come back at reconnectRate a second, within these bounds.
const (
	reconnectRate = 500
	minSpread     = 2 * time.Second
	maxSpread     = time.Minute
)

// Drain ends the gateway in order (WS-10): new upgrades get 503, every
// connection closes with 1012 and its own reconnect delay, and Drain returns
// when all are gone. When ctx ends first it cuts what is left and returns its
// error. Run must still be running or no longer be needed.
func (g *Gateway) Drain(ctx context.Context) error {
	g.hub.drain()
	spread := spreadFor(g.hub.counts())
	t := time.NewTicker(tick / 5)
	defer t.Stop()
	for {
		for _, c := range g.hub.everyone(nil) {
			c.shut(CloseRestart, fmt.Sprintf("reconnect_ms=%d", someOf(spread).Milliseconds()))
		}
		select {
		case <-g.hub.empty:
			return nil
		case <-ctx.Done():
			for _, c := range g.hub.everyone(nil) {
				c.abort()
			}
			return ctx.Err()
		case <-t.C: // an upgrade that was under way may have added one
		}
	}
}

// drain lets nobody in any more.
func (h *hub) drain() {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.draining {
		return
	}
	h.draining = true
	if h.taken == 0 {
		close(h.empty)
	}
}

func spreadFor(n Counts) time.Duration {
	seconds := (n.Pending + n.Open + n.Closing) / reconnectRate
	return min(max(time.Duration(seconds)*time.Second, minSpread), maxSpread)
}

// someOf returns a uniform part of d, in milliseconds, never zero.
func someOf(d time.Duration) time.Duration {
	var b [8]byte
	rand.Read(b[:])
	return time.Duration(1+binary.BigEndian.Uint64(b[:])%uint64(d.Milliseconds())) * time.Millisecond
}
