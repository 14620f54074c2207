package faults_test

import (
	"net"
	"sync"
	"testing"
	"time"
)

// wire stands between the program and a server of its, to make it slow or to cut it.
type wire struct {
	listener net.Listener
	target   string

	mu    sync.Mutex
	delay time.Duration // of each piece that goes to the server
	cut   bool          // nothing gets through, and nobody is told
	conns map[net.Conn]bool
}

// newWire listens in front of target, a host:port.
func newWire(t *testing.T, target string) *wire {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	w := &wire{listener: l, target: target, conns: map[net.Conn]bool{}}
	var all sync.WaitGroup
	all.Go(func() {
		for {
			near, err := l.Accept()
			if err != nil {
				return
			}
			far, err := net.Dial("tcp", target)
			if err != nil {
				_ = near.Close()
				continue
			}
			w.mu.Lock()
			w.conns[near], w.conns[far] = true, true
			w.mu.Unlock()
			all.Go(func() { w.carry(far, near, true) })
			all.Go(func() { w.carry(near, far, false) })
		}
	})
	t.Cleanup(func() {
		_ = l.Close()
		w.hangUp()
		w.set(0, false)
		all.Wait()
	})
	return w
}

func (w *wire) address() string { return w.listener.Addr().String() }

// set changes what happens to the pieces that come from now on.
func (w *wire) set(delay time.Duration, cut bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.delay, w.cut = delay, cut
}

// hangUp ends every connection.
func (w *wire) hangUp() {
	w.mu.Lock()
	defer w.mu.Unlock()
	for c := range w.conns {
		_ = c.Close()
	}
	w.conns = map[net.Conn]bool{}
}

func (w *wire) carry(to, from net.Conn, out bool) {
	defer func() {
		_, _ = to.Close(), from.Close()
		w.mu.Lock()
		delete(w.conns, to)
		delete(w.conns, from)
		w.mu.Unlock()
	}()
	piece := make([]byte, 64<<10)
	for {
		n, err := from.Read(piece)
		if err != nil {
			return
		}
		for {
			w.mu.Lock()
			delay, cut := w.delay, w.cut
			w.mu.Unlock()
			if out && delay > 0 {
				<-time.After(delay)
			}
			if !cut {
				break
			}
			<-time.After(20 * time.Millisecond)
		}
		if _, err := to.Write(piece[:n]); err != nil {
			return
		}
	}
}
