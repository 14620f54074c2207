package gateway

import (
	"math"
	"net"
	"sync"
	"time"

	"github.com/sallyport/sallyport/internal/audit"
	"github.com/sallyport/sallyport/internal/clock"
	"github.com/sallyport/sallyport/internal/gateway/wire"
	"github.com/sallyport/sallyport/internal/limit"
	"github.com/sallyport/sallyport/internal/token"
)

// closeWait is how long a connection may take to end once it is closing: to
// take the close frame and to answer it.
const closeWait = time.Second

// state is where a connection stands; it only ever grows.
type state uint8

const (
	pending state = iota // upgraded, no token seen yet
	open                 // authenticated
	closing              // the close frame is queued or sent, or the network is gone
)

// conn is one WebSocket. Its goroutine is run (read.go); flush (write.go) exists
// while something is queued. Whoever moves state to closing reports the end.
type conn struct {
	g      *Gateway
	nc     net.Conn
	in     wire.Reader
	id     string
	origin audit.Origin
	since  time.Time
	sent   usage    // only touched by run
	after  string   // the last event the client saw before it came back; empty: none
	topics []string // guarded by board.mu: where it listens

	// Guarded by hub.mu: where the registry keeps the connection.
	place         int  // in hub.all
	waiting       bool // it holds a pending place
	user, session string

	mu sync.Mutex // guards all below
	heartbeat
	state   state
	greeted bool          // welcome is queued
	from    uint64        // the number of the last event before that
	claims  token.Claims  // zero while pending
	warned  bool          // auth_expiring was sent for these claims
	writing bool          // flush is running, or the handshake is being written
	silent  bool          // the client sent a close frame: nothing more will come
	broken  bool          // the network failed: nothing can be written
	queued  int           // bytes in out and in the write under way
	out     [][]byte      // frames to write; shared with other connections, never changed
	flushed chan struct{} // made on closing, closed when nothing will be written any more
	lease   *limit.Place  // among all nodes; nil: none
	revoked time.Time     // when the revocation that closed it was made
}

// key is the address under which the connection is counted.
func (c *conn) key() string { return c.origin.Prefix }

// who returns the state and the claims at this instant.
func (c *conn) who() (state, token.Claims) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.state, c.claims
}

// greetedAt returns the number of the last event before the welcome; before it,
// a number that no event reaches.
func (c *conn) greetedAt() uint64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.greeted {
		return math.MaxUint64
	}
	return c.from
}

// shut closes the connection with that code. It never blocks; only the first
// call has an effect. detail follows the code's name in the reason.
func (c *conn) shut(code CloseCode, detail string) {
	reason := code.Name
	if detail != "" {
		reason += "; " + detail
	}
	c.end(ending{code: code, by: byServer}, wire.AppendClose(nil, code.Code, reason))
}

// answer closes the connection because the client did, with the client's code.
func (c *conn) answer(code uint16) {
	frame := wire.AppendClose(nil, code, "")
	c.mu.Lock()
	c.silent = true
	c.mu.Unlock()
	c.end(ending{code: CloseCode{Code: code, Name: CloseNormal.Name}, by: byClient}, frame)
}

// abort ends a connection whose network failed.
func (c *conn) abort() {
	c.mu.Lock()
	c.broken = true
	c.mu.Unlock()
	_ = c.nc.Close()
	c.end(ending{code: closeLost, by: byNetwork}, nil)
}

// end moves the connection to closing, with a last frame to write if there is
// one, and reports how it ended.
func (c *conn) end(e ending, last []byte) {
	c.mu.Lock()
	if c.state == closing {
		c.mu.Unlock()
		return
	}
	e.was, e.claims = c.state, c.claims
	c.state = closing
	c.flushed = make(chan struct{})
	if e.code.quiet {
		c.dropQueue()
	}
	start := c.enqueue(last)
	if !start && !c.writing {
		c.settle()
	}
	_ = c.nc.SetDeadline(clock.System().Add(closeWait))
	c.mu.Unlock()
	if start {
		go c.flush(nil)
	}
	c.g.ended(c, e)
}

// revoke closes the connection because of a revocation made at that instant.
func (c *conn) revoke(at time.Time) {
	c.mu.Lock()
	if c.state != closing {
		c.revoked = at
	}
	c.mu.Unlock()
	c.shut(CloseRevoked, "")
}
