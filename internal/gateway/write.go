package gateway

import (
	"net"

	"github.com/sallyport/sallyport/internal/clock"
)

// send queues frames for the client. It never blocks; frames for a connection
// that is closing are dropped, and a client whose queue is full is cut (WS-07).
// It reports whether the frames were queued.
func (c *conn) send(frames ...[]byte) bool {
	if s, _ := c.who(); s == closing {
		return false
	}
	if !c.offer(frames...) {
		c.tooSlow()
		return false
	}
	return true
}

// offer queues frames and reports whether there was room. Frames for a
// connection that is closing are dropped. Unlike send it ends nothing, so it may
// be called under board.mu.
func (c *conn) offer(frames ...[]byte) bool {
	n := 0
	for _, f := range frames {
		n += len(f)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.state == closing {
		return true
	}
	if c.queued+n > c.g.cfg.QueueBytes {
		return false
	}
	if c.enqueue(frames...) {
		go c.flush(nil)
	}
	return true
}

// tooSlow cuts a client whose queue is full (WS-07).
func (c *conn) tooSlow() {
	c.g.metrics.limitHits.WithLabelValues("queue").Inc()
	c.shut(CloseTooSlow, "")
}

// say sends one text frame of that type and counts it.
func (c *conn) say(kind string, v any) {
	if c.send(frame(v)) {
		c.g.metrics.countOut(kind)
	}
}

// enqueue adds frames under c.mu and reports whether the caller must start
// flush.
func (c *conn) enqueue(frames ...[]byte) (start bool) {
	for _, f := range frames {
		if f != nil {
			c.out = append(c.out, f)
			c.account(len(f))
		}
	}
	start = !c.writing && !c.broken && len(c.out) > 0
	c.writing = c.writing || start
	return start
}

// dropQueue forgets what was not yet handed to the network, under c.mu.
func (c *conn) dropQueue() {
	for _, f := range c.out {
		c.account(-len(f))
	}
	c.out = nil
}

// account keeps the size of the queue, under c.mu.
func (c *conn) account(n int) {
	c.queued += n
	c.g.metrics.queued.Add(float64(n))
}

// flush writes what is queued until nothing is, then goes away. c.writing is set
// by whoever starts it. head, if any, is written first.
func (c *conn) flush(head []byte) {
	for {
		batch, n := c.batch(head)
		if len(batch) == 0 {
			c.halfClose()
			return
		}
		head = nil
		err := c.write(batch)
		c.mu.Lock()
		c.account(-n)
		c.mu.Unlock()
		if err != nil {
			c.abort()
		}
	}
}

// batch takes all that is queued, n bytes of it; nothing when flush is to end.
func (c *conn) batch(head []byte) (frames net.Buffers, n int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.broken {
		c.dropQueue()
	}
	n = 0
	for _, f := range c.out {
		n += len(f)
	}
	frames = c.out
	c.out = nil
	if head != nil {
		frames = append(net.Buffers{head}, frames...)
	}
	if len(frames) == 0 {
		c.writing = false
		c.settle()
	}
	return frames, n
}

// settle tells the reader that the last byte was written, under c.mu.
func (c *conn) settle() {
	if c.state != closing {
		return
	}
	if !c.revoked.IsZero() {
		c.g.metrics.revocation.Observe(max(0, c.g.parts.Clock().Sub(c.revoked).Seconds()))
	}
	close(c.flushed)
}

// halfClose tells the network that nothing follows the close frame, so that the
// client sees it before the connection goes.
func (c *conn) halfClose() {
	if s, _ := c.who(); s != closing {
		return
	}
	if half, ok := c.nc.(interface{ CloseWrite() error }); ok {
		_ = half.CloseWrite()
	}
}

// write hands frames to the network within WriteTimeout.
func (c *conn) write(frames net.Buffers) error {
	c.mu.Lock()
	if c.state != closing { // closing has set a shorter deadline
		_ = c.nc.SetWriteDeadline(clock.System().Add(c.g.cfg.WriteTimeout))
	}
	c.mu.Unlock()
	n, err := frames.WriteTo(c.nc)
	c.g.metrics.bytesOut.Add(float64(n))
	return err
}
