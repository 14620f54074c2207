package bus

import "sync"

// Counters keeps a node's Health. Implementations of Bus hold one; the zero
// value is a bus that was never talked to. It is safe for concurrent use.
type Counters struct {
	mu     sync.Mutex
	health Health
}

// Health returns the state now.
func (c *Counters) Health() Health {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.health
}

// Talked records an exchange with the bus: that it succeeded, or why it failed.
func (c *Counters) Talked(err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.health.Up, c.health.Cause = err == nil, err
	if err != nil {
		c.health.Failures++
	}
}

// Published counts one message handed to the bus.
func (c *Counters) Published() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.health.Published++
}

// Delivered counts what a subscriber was given.
func (c *Counters) Delivered(m Message) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if m.Gap {
		c.health.Gaps++
	} else {
		c.health.Delivered++
	}
}
