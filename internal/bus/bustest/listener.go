package bustest

import (
	"context"
	"testing"
	"time"

	"github.com/sallyport/sallyport/internal/bus"
)

// Patience is how long a listener waits for a message before the test fails. It
// is far above what any bus needs.
const Patience = 30 * time.Second

// Listener is a subscription whose messages the test takes one by one.
type Listener struct {
	t        testing.TB
	messages chan bus.Message
	cancel   context.CancelFunc
	done     chan struct{}
	err      error // what Subscribe returned; to be read after done
}

// Listen subscribes; the subscription ends with the test or with Close. With
// after == "" it returns once the bus has said where "now" is, so everything
// published afterwards arrives.
func Listen(t testing.TB, b bus.Bus, topic, after string) *Listener {
	t.Helper()
	l := ListenUnsettled(t, b, topic, after)
	if after == "" {
		if m := l.Next(); !m.Gap {
			t.Fatalf("a new subscription began with %+v, want a gap", m)
		}
	}
	return l
}

// ListenUnsettled is Listen that returns at once, for a bus that is away.
func ListenUnsettled(t testing.TB, b bus.Bus, topic, after string) *Listener {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	l := &Listener{t: t, messages: make(chan bus.Message, 100_000), cancel: cancel, done: make(chan struct{})}
	go func() {
		defer close(l.done)
		l.err = b.Subscribe(ctx, topic, after, func(m bus.Message) { l.messages <- m })
	}()
	t.Cleanup(func() { l.Close() })
	return l
}

// Next returns the next message or gap.
func (l *Listener) Next() bus.Message {
	l.t.Helper()
	select {
	case m := <-l.messages:
		return m
	case <-time.After(Patience):
		l.t.Fatalf("no message within %v", Patience)
		return bus.Message{}
	}
}

// Want takes messages and compares their bodies; a gap is a failure.
func (l *Listener) Want(bodies ...string) (last bus.Message) {
	l.t.Helper()
	for i, want := range bodies {
		last = l.Next()
		if last.Gap || string(last.Body) != want {
			l.t.Fatalf("message %d = gap %v, body %.60q, want %.60q", i+1, last.Gap, last.Body, want)
		}
	}
	return last
}

// WantGap takes the next thing, which must be a gap.
func (l *Listener) WantGap() bus.Message {
	l.t.Helper()
	m := l.Next()
	if !m.Gap || m.Body != nil || m.Offset == "" {
		l.t.Fatalf("got %+v, want a gap with an offset and without a body", m)
	}
	return m
}

// Close ends the subscription, waits for it and returns what is left unread.
func (l *Listener) Close() (left []bus.Message) {
	l.t.Helper()
	l.cancel()
	select {
	case <-l.done:
	case <-time.After(Patience):
		l.t.Fatalf("Subscribe did not return within %v of its context's end", Patience)
	}
	if l.err != context.Canceled {
		l.t.Errorf("Subscribe returned %v, want %v", l.err, context.Canceled)
	}
	for {
		select {
		case m := <-l.messages:
			left = append(left, m)
		default:
			return left
		}
	}
}

// Publish is bus.Publish that may not fail.
func Publish(t testing.TB, b bus.Bus, topic string, bodies ...string) {
	t.Helper()
	for _, body := range bodies {
		if err := b.Publish(context.Background(), topic, []byte(body)); err != nil {
			t.Fatalf("Publish(%q, %.60q): %v", topic, body, err)
		}
	}
}
