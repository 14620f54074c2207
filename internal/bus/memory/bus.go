package memory

import (
	"bytes"
	"context"
	"crypto/rand"
	"strconv"
	"strings"
	"sync"

	"github.com/sallyport/sallyport/internal/bus"
)

// DefaultHistory is how many messages of each topic are kept unless set
// otherwise.
const DefaultHistory = 1024

// Bus is a bus inside one process. It is safe for concurrent use.
type Bus struct {
	history  uint64
	instance string // in front of every offset, so that another bus's are known as such
	counters bus.Counters

	mu     sync.Mutex
	topics map[string]*topic
}

var _ bus.Bus = (*Bus)(nil)

// New returns a bus that keeps that many messages of each topic; zero or less
// means DefaultHistory.
func New(history int) *Bus {
	if history <= 0 {
		history = DefaultHistory
	}
	b := &Bus{history: uint64(history), instance: rand.Text() + ".", topics: map[string]*topic{}}
	b.counters.Talked(nil)
	return b
}

// Publish implements bus.Bus. It never waits.
func (b *Bus) Publish(ctx context.Context, topic string, body []byte) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if len(body) > bus.MaxBody {
		return bus.ErrTooLarge
	}
	b.topic(topic).add(bytes.Clone(body))
	b.counters.Published()
	return nil
}

// Subscribe implements bus.Bus.
func (b *Bus) Subscribe(ctx context.Context, name, after string, handle func(bus.Message)) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	t := b.topic(name)
	deliver := func(at uint64, body []byte, gap bool) {
		m := bus.Message{Offset: b.offset(at), Topic: name, Body: body, Gap: gap}
		b.counters.Delivered(m)
		handle(m)
	}
	at, known := b.parse(after, t)
	if !known {
		at = t.last()
		deliver(at, nil, true)
	}
	for ctx.Err() == nil {
		bodies, first, more := t.behind(at)
		if first != at+1 {
			at = first - 1
			deliver(at, nil, true)
		}
		for _, body := range bodies {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			at++
			deliver(at, bytes.Clone(body), false)
		}
		if len(bodies) > 0 {
			continue
		}
		select {
		case <-ctx.Done():
		case <-more:
		}
	}
	return ctx.Err()
}

// Health implements bus.Bus. A bus in memory is always up.
func (b *Bus) Health() bus.Health { return b.counters.Health() }

func (b *Bus) topic(name string) *topic {
	b.mu.Lock()
	defer b.mu.Unlock()
	t, ok := b.topics[name]
	if !ok {
		t = &topic{room: b.history, more: make(chan struct{})}
		b.topics[name] = t
	}
	return t
}

func (b *Bus) offset(n uint64) string { return b.instance + strconv.FormatUint(n, 10) }

// parse reads an offset of this bus; ok is false for any other text and for a
// place the topic has not reached.
func (b *Bus) parse(offset string, t *topic) (n uint64, ok bool) {
	digits, ok := strings.CutPrefix(offset, b.instance)
	if !ok {
		return 0, false
	}
	n, err := strconv.ParseUint(digits, 10, 64)
	return n, err == nil && n <= t.last()
}

// topic is the history of one topic. Its messages are numbered from 1.
type topic struct {
	mu    sync.Mutex
	room  uint64
	ring  [][]byte      // message n lies at (n-1) modulo room
	count uint64        // how many were published; the number of the last one
	more  chan struct{} // closed when the next message is there
}

func (t *topic) add(body []byte) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if uint64(len(t.ring)) < t.room {
		t.ring = append(t.ring, body)
	} else {
		t.ring[t.count%t.room] = body
	}
	t.count++
	close(t.more)
	t.more = make(chan struct{})
}

func (t *topic) last() uint64 {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.count
}

// behind returns the messages kept behind number n, the number of the first of
// them (n+1, or more if history has moved on), and what to wait for if there
// are none.
func (t *topic) behind(n uint64) (bodies [][]byte, first uint64, more <-chan struct{}) {
	t.mu.Lock()
	defer t.mu.Unlock()
	first = max(n, t.count-uint64(len(t.ring))) + 1
	for i := first; i <= t.count; i++ {
		bodies = append(bodies, t.ring[(i-1)%t.room])
	}
	return bodies, first, t.more
}
