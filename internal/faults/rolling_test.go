package faults_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/sallyport/sallyport/internal/clock"
	"github.com/sallyport/sallyport/internal/faults"
)

// TestRollingRestart ends one of two nodes as an operator does and starts it again,
// then the other, while people work who ask the other node where one does not
// answer. What is under way is finished, and sockets are told to come back.
func TestRollingRestart(t *testing.T) {
	rolling(t, either(1, 3), func(t *testing.T, b *bench, n *node) {
		open, ok := n.gauge(`sallyport_ws_connections{state="open"}`)
		if !ok || open == 0 {
			t.Errorf("WS-10 sockets of the node that ends: got %v, %v, want some", open, ok)
		}
		finished := b.underWay(t, n)
		began := clock.System()
		n.stop(t)
		finished()
		t.Logf("a node with %v sockets ended %v after it was asked to", open, clock.System().Sub(began))
	}, func(t *testing.T, l *listener) {
		if n := l.closed[websocket.StatusServiceRestart]; n == 0 || len(l.closed) != 1 {
			t.Errorf("WS-10 %s: its socket closed with %v, want 1012 alone", l.who.email, l.closed)
		}
	})
}

// TestRollingKill is the same with nodes that end without a word.
func TestRollingKill(t *testing.T) {
	rolling(t, either(1, 2), func(_ *testing.T, _ *bench, n *node) { n.kill() }, func(t *testing.T, l *listener) {
		if n := l.closed[websocket.StatusAbnormalClosure]; n == 0 || len(l.closed) != 1 {
			t.Errorf("WS-10 %s: its socket closed with %v, want it cut and nothing else", l.who.email, l.closed)
		}
	})
}

func rolling(t *testing.T, rounds int, end func(t *testing.T, b *bench, n *node), closed func(t *testing.T, l *listener)) {
	b, _, _ := newTwoNodes(t, "SHUTDOWN_TIMEOUT=1m") // a busy machine ends nobody's request
	b.insists = true
	c := newCrowd(b, either(3, 6))
	c.goesOn(t, patience)
	pub := newPublisher(b, "news/bench", 100, 50*time.Millisecond)
	var listeners []*listener
	for i := range either(4, 12) {
		listeners = append(listeners, newListener(t, b, fmt.Sprintf("ear%d@example.org", i), "news/bench", i))
	}
	pub.goesOn(t, patience)
	for range rounds {
		for _, n := range b.nodes {
			end(t, b, n)
			n.serve(t)
			for _, l := range listeners {
				await(t, "WS-10 "+l.who.email+" is back", 20*time.Second, l.listens)
			}
			pub.goesOn(t, patience)
			c.goesOn(t, patience)
		}
	}
	pub.judge(t, listeners...)
	for _, l := range listeners {
		closed(t, l)
		l.rest()
	}
	c.judge(t)
	c.showsSomething(t)
	t.Logf("%d connections were refused and %d broke, of %d calls", b.refused, b.broken, b.calls())
}

// calls is how many calls were made.
func (b *bench) calls() (n int) {
	for _, times := range b.statuses {
		n += times
	}
	return n
}

// underWay sends one half of a refresh, and the other once the node was asked to
// end. What it returns waits for the answer, which must be tokens that work.
func (b *bench) underWay(t *testing.T, n *node) (finished func()) {
	t.Helper()
	p := newPerson(b, fmt.Sprintf("last%d@example.org", crowds.Add(1)))
	await(t, "a sign-in", time.Minute, p.signIn)
	body, err := json.Marshal(map[string]any{"refresh_token": p.refresh})
	if err != nil {
		t.Fatal(err)
	}
	conn := dialNode(t, n)
	if _, err := fmt.Fprintf(conn, "POST /api/v1/auth/refresh HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s", len(body), body[:10]); err != nil {
		t.Fatal(err)
	}
	<-time.After(100 * time.Millisecond) // until the node has read so far
	answers := make(chan map[string]any, 1)
	go func() {
		defer close(answers)
		<-time.After(500 * time.Millisecond)
		if _, err := conn.Write(body[10:]); err != nil {
			return
		}
		res, err := http.ReadResponse(bufio.NewReader(conn), nil)
		if err != nil {
			return
		}
		defer func() { _ = res.Body.Close() }()
		var answer map[string]any
		if raw, err := io.ReadAll(res.Body); err == nil && json.Unmarshal(raw, &answer) == nil {
			answers <- answer
		}
	}()
	return func() {
		answer := <-answers
		if !p.take(answer) {
			t.Errorf("OP-05 a refresh under way when the node was asked to end: got %v, want tokens", answer)
			return
		}
		p.note("/api/v1/auth/refresh", answer)
		p.do(faults.Find, name("session of", p.refresh), "/api/v1/auth/refresh", "", map[string]any{"refresh_token": p.refresh})
	}
}
