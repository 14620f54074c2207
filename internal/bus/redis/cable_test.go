package redis_test

import (
	"io"
	"net"
	"strings"
	"sync"
	"testing"

	"github.com/sallyport/sallyport/internal/testbed"
)

// cable is the network between one node and Redis; it can be cut and mended.
type cable struct {
	listener net.Listener
	to       string
	mu       sync.Mutex
	isCut    bool
	open     map[net.Conn]bool
	running  sync.WaitGroup
}

// newCable lays a cable to the server and returns it with the URL at its end.
func newCable(t *testing.T, server *testbed.RedisServer) (*cable, string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatalf("listen: %v", err)
	}
	c := &cable{listener: l, to: server.Addr(), open: map[net.Conn]bool{}}
	c.running.Go(c.serve)
	t.Cleanup(func() {
		c.cut()
		_ = l.Close()
		c.running.Wait()
	})
	return c, strings.Replace(server.URL(), server.Addr(), l.Addr().String(), 1)
}

// cut breaks all connections and lets none through until mend.
func (c *cable) cut() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.isCut = true
	for conn := range c.open {
		_ = conn.Close()
	}
}

func (c *cable) mend() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.isCut = false
}

func (c *cable) serve() {
	for {
		near, err := c.listener.Accept()
		if err != nil {
			return
		}
		far, err := net.Dial("tcp", c.to)
		if err != nil || !c.hold(near, far) {
			_ = near.Close()
			if far != nil {
				_ = far.Close()
			}
			continue
		}
		c.running.Go(func() { c.carry(near, far) })
		c.running.Go(func() { c.carry(far, near) })
	}
}

// hold registers both ends; ok is false while the cable is cut.
func (c *cable) hold(near, far net.Conn) (ok bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.isCut {
		return false
	}
	c.open[near], c.open[far] = true, true
	return true
}

func (c *cable) carry(from, to net.Conn) {
	_, _ = io.Copy(to, from)
	_, _ = from.Close(), to.Close()
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.open, from)
	delete(c.open, to)
}
