package faults_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/coder/websocket"
)

// listener is a client whose socket comes back whenever it closes, to the next
// node, and asks for what it missed.
type listener struct {
	b     *bench
	who   *person
	topic string
	from  string // its address
	stop  context.CancelFunc
	work  sync.WaitGroup

	mu     sync.Mutex
	open   bool
	last   string         // the id of the last event
	heard  map[string]int // how often, by id
	gap    time.Duration  // when it was last told that it may have missed something
	gaps   int
	closed map[websocket.StatusCode]int
	since  time.Duration // when it first listened
	away   time.Duration // the longest time without a socket
}

// newListener signs somebody in who listens to a topic, first at that node.
func newListener(t *testing.T, b *bench, email, topic string, node int) *listener {
	t.Helper()
	l := &listener{b: b, who: newPerson(b, email), topic: topic, from: address(1<<20 + int(crowds.Add(1))), heard: map[string]int{}, closed: map[websocket.StatusCode]int{}}
	await(t, "a sign-in", time.Minute, l.who.signIn)
	ctx, cancel := context.WithCancel(context.Background())
	l.stop = cancel
	l.work.Go(func() { l.run(ctx, node) })
	t.Cleanup(l.rest)
	await(t, email+" listens", 20*time.Second, l.listens)
	return l
}

func (l *listener) listens() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.open
}

// rest ends the socket for good.
func (l *listener) rest() {
	l.stop()
	l.work.Wait()
}

func (l *listener) run(ctx context.Context, node int) {
	gone := l.b.now()
	for ; ctx.Err() == nil; node++ {
		ws := l.dial(ctx, l.b.nodes[node%len(l.b.nodes)])
		if ws == nil {
			pause(ctx, 50*time.Millisecond)
			continue
		}
		code, reason := l.listen(ctx, ws, gone)
		gone = l.b.now()
		_ = ws.CloseNow()
		l.mu.Lock()
		l.open = false
		if ctx.Err() == nil {
			l.closed[code]++
		}
		l.mu.Unlock()
		_, wait, _ := strings.Cut(reason, "reconnect_ms=")
		ms, _ := strconv.Atoi(wait)
		pause(ctx, time.Duration(ms)*time.Millisecond)
	}
}

func pause(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}

func (l *listener) dial(ctx context.Context, n *node) *websocket.Conn {
	ws, err := dialSocket(ctx, n, l.from, l.who.access)
	if err != nil {
		return nil
	}
	return ws
}

// dialSocket opens a socket as a program at that address does.
func dialSocket(ctx context.Context, n *node, from, access string) (*websocket.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	ws, _, err := websocket.Dial(ctx, n.url+"/api/v1/ws", &websocket.DialOptions{HTTPHeader: http.Header{"Authorization": {"Bearer " + access}, "X-Forwarded-For": {from}}})
	if err == nil {
		ws.SetReadLimit(1 << 20)
	}
	return ws, err
}

// listen reads until the socket closes.
func (l *listener) listen(ctx context.Context, ws *websocket.Conn, gone time.Duration) (websocket.StatusCode, string) {
	subscribe := map[string]string{"type": "subscribe", "topic": l.topic}
	l.mu.Lock()
	if l.last != "" {
		subscribe["after"] = l.last
	}
	l.mu.Unlock()
	raw, err := json.Marshal(subscribe)
	if err == nil {
		err = ws.Write(ctx, websocket.MessageText, raw)
	}
	for err == nil {
		var frame []byte
		if _, frame, err = ws.Read(ctx); err == nil {
			l.take(frame, gone)
		}
	}
	var closed websocket.CloseError
	if errors.As(err, &closed) {
		return closed.Code, closed.Reason
	}
	return websocket.StatusAbnormalClosure, ""
}

func (l *listener) take(raw []byte, gone time.Duration) {
	var f struct{ Type, ID, Topic string }
	if json.Unmarshal(raw, &f) != nil {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	switch f.Type {
	case "subscribed":
		l.open = true
		if l.since == 0 {
			l.since = l.b.now()
		}
		l.away = max(l.away, l.b.now()-gone)
	case "event":
		l.last = f.ID
		l.heard[f.ID]++
	case "gap":
		l.gap, l.gaps = l.b.now(), l.gaps+1
	}
}
