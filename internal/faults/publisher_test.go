package faults_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/sallyport/sallyport/internal/faults"
)

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
