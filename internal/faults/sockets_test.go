package faults_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/sallyport/sallyport/internal/faults"
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

// publisher is a backend that tells a topic one thing after another and tries
// again, with the same id, until it is acknowledged.
type publisher struct {
	b     *bench
	topic string
	data  string
	stop  context.CancelFunc
	work  sync.WaitGroup

	mu    sync.Mutex
	sent  map[string]time.Duration // when first, by id
	acked map[string]time.Duration // when, by id
	again int                      // tries beyond the first
}

// newPublisher publishes an event of that many bytes every so often.
func newPublisher(b *bench, topic string, bytes int, every time.Duration) *publisher {
	p := &publisher{b: b, topic: topic, data: strings.Repeat("x", bytes), sent: map[string]time.Duration{}, acked: map[string]time.Duration{}}
	ctx, cancel := context.WithCancel(context.Background())
	p.stop = cancel
	id := crowds.Add(1)
	p.work.Go(func() {
		for n := 0; ctx.Err() == nil; n++ {
			p.publish(fmt.Sprintf("event-%d-%d", id, n))
			pause(ctx, every)
		}
	})
	return p
}

func (p *publisher) publish(id string) {
	p.mu.Lock()
	p.sent[id] = p.b.now()
	p.mu.Unlock()
	for range 200 {
		r := p.b.ask(p.b.next(), request{method: "POST", path: "/api/v1/realtime/publish", bearer: p.b.service, body: map[string]any{"topic": p.topic, "id": id, "name": "bench", "data": p.data}})
		p.mu.Lock()
		if r.status == http.StatusAccepted {
			p.acked[id] = p.b.now()
			p.mu.Unlock()
			return
		}
		p.again++
		p.mu.Unlock()
		<-time.After(50 * time.Millisecond)
	}
}

func (p *publisher) count() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.acked)
}

// goesOn waits until some more was acknowledged.
func (p *publisher) goesOn(t *testing.T, within time.Duration) {
	t.Helper()
	from := p.count()
	await(t, "events are published", within, func() bool { return p.count() >= from+3 })
}

// rest publishes no more.
func (p *publisher) rest() {
	p.stop()
	p.work.Wait()
}

// judge holds what listeners heard against what was acknowledged: every
// event once, unless the listener was told afterwards that it missed some.
func (p *publisher) judge(t *testing.T, listeners ...*listener) {
	t.Helper()
	p.rest()
	var last string
	p.mu.Lock()
	for id, at := range p.acked {
		if last == "" || at > p.acked[last] {
			last = id
		}
	}
	p.mu.Unlock()
	for _, l := range listeners {
		await(t, l.who.email+" hears the last event", 20*time.Second, func() bool {
			l.mu.Lock()
			defer l.mu.Unlock()
			return l.heard[last] > 0
		})
		l.mu.Lock()
		excused := 0
		for id, at := range p.acked {
			if p.sent[id] < l.since {
				continue
			}
			subject := fmt.Sprintf("WS %s for %s", id, l.who.email)
			p.b.Add(faults.Op{Kind: faults.Keep, Subject: subject, Outcome: faults.OK, Sent: at, Done: at})
			for range l.heard[id] {
				p.b.enterNow(faults.Spend, subject)
			}
			switch {
			case l.heard[id] > 0:
				p.b.enterNow(faults.Find, subject)
			case l.gap > at:
				excused++
			default:
				p.b.Add(faults.Op{Kind: faults.Find, Subject: subject, Outcome: faults.Refused, Sent: at + 1, Done: p.b.now()})
			}
		}
		t.Logf("%s: %d events acknowledged, %d not heard but told of by %d gap frames, closed by %v, away at most %v",
			l.who.email, len(p.acked), excused, l.gaps, l.closed, l.away)
		l.mu.Unlock()
	}
	t.Logf("publishing took %d tries beyond the first", p.again)
}
