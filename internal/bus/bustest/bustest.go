package bustest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/sallyport/sallyport/internal/bus"
)

// Nodes makes two nodes' views of one empty bus, which may be the same value,
// keeping about history messages of each topic; zero means the default.
type Nodes func(t *testing.T, history int) (a, b bus.Bus)

// Run runs the suite. nodes is called once for each subtest.
func Run(t *testing.T, nodes Nodes) {
	tests := []struct {
		name    string
		history int
		run     func(t *testing.T, a, b bus.Bus)
	}{
		{"a new subscription begins now, with a gap", 0, beginsNow},
		{"messages arrive in order on every node", 0, inOrder},
		{"many publishers: all arrive, each one's in order", 0, manyPublishers},
		{"an offset goes on right behind it, without a gap", 0, resumes},
		{"the offset of a gap can be gone on from", 0, resumesFromGap},
		{"an offset of nobody's is a gap", 0, foreignOffset},
		{"trimmed history is a gap, then what is left", 10, trimmed},
		{"topics are apart", 0, topicsApart},
		{"bodies of any bytes, copied both ways", 0, bodies},
		{"a body too large is refused", 0, tooLarge},
		{"a slow subscriber holds nobody up", 0, slowSubscriber},
		{"handle is called one at a time and never after the end", 0, oneAtATime},
		{"a context that has ended", 0, endedContext},
		{"health counts", 0, health},
	}
	for _, c := range tests {
		t.Run(c.name, func(t *testing.T) {
			a, b := nodes(t, c.history)
			c.run(t, a, b)
		})
	}
}

func numbered(from, to int) (bodies []string) {
	for i := from; i <= to; i++ {
		bodies = append(bodies, fmt.Sprint("message ", i))
	}
	return bodies
}

func beginsNow(t *testing.T, a, b bus.Bus) {
	Publish(t, a, "topic", "before")
	l := Listen(t, b, "topic", "")
	Publish(t, a, "topic", "after")
	m := l.Want("after")
	if m.Topic != "topic" || m.Offset == "" {
		t.Errorf("message = %+v, want its topic and an offset", m)
	}
	if left := l.Close(); len(left) > 0 {
		t.Errorf("further messages: %+v, want none", left)
	}
}

func inOrder(t *testing.T, a, b bus.Bus) {
	listeners := []*Listener{Listen(t, a, "topic", ""), Listen(t, b, "topic", ""), Listen(t, b, "topic", "")}
	all := numbered(1, 600)
	for i, body := range all {
		Publish(t, []bus.Bus{a, b}[i%2], "topic", body)
	}
	offsets := map[string]bool{}
	for i, l := range listeners {
		for _, body := range all {
			m := l.Want(body)
			if i == 0 && offsets[m.Offset] {
				t.Fatalf("two messages have the offset %q", m.Offset)
			}
			offsets[m.Offset] = true
		}
	}
}

func manyPublishers(t *testing.T, a, b bus.Bus) {
	const publishers, each = 8, 50
	l := Listen(t, b, "topic", "")
	var wg sync.WaitGroup
	for p := range publishers {
		wg.Go(func() {
			for i := range each {
				if err := []bus.Bus{a, b}[p%2].Publish(context.Background(), "topic", fmt.Appendf(nil, "%d/%d", p, i)); err != nil {
					t.Errorf("Publish: %v", err)
				}
			}
		})
	}
	wg.Wait()
	var next [publishers]int
	for range publishers * each {
		var p, i int
		m := l.Next()
		if _, err := fmt.Sscanf(string(m.Body), "%d/%d", &p, &i); err != nil || m.Gap {
			t.Fatalf("got %+v, want a message", m)
		}
		if next[p] != i {
			t.Fatalf("publisher %d: message %d arrived, want %d", p, i, next[p])
		}
		next[p]++
	}
}

func resumes(t *testing.T, a, b bus.Bus) {
	first := Listen(t, a, "topic", "")
	Publish(t, b, "topic", numbered(1, 10)...)
	at := first.Want(numbered(1, 4)...).Offset
	first.Close()
	Publish(t, b, "topic", numbered(11, 12)...)

	second := Listen(t, b, "topic", at)
	last := second.Want(numbered(5, 12)...).Offset
	second.Close()

	third := Listen(t, a, "topic", last)
	Publish(t, b, "topic", "new")
	third.Want("new")
	if left := third.Close(); len(left) > 0 {
		t.Errorf("further messages: %+v, want none", left)
	}
}

func resumesFromGap(t *testing.T, a, b bus.Bus) {
	first := ListenUnsettled(t, a, "topic", "")
	at := first.WantGap().Offset
	first.Close()
	Publish(t, b, "topic", numbered(1, 3)...)
	Listen(t, b, "topic", at).Want(numbered(1, 3)...)
}

func foreignOffset(t *testing.T, a, b bus.Bus) {
	Publish(t, a, "topic", "before")
	l := Listen(t, a, "topic", "")
	Publish(t, a, "topic", "mark")
	real := l.Want("mark").Offset
	for _, offset := range []string{"x", "0", "-1", "0-0", real + "0", real + "x", "x" + real, strings.Repeat("9", 300)} {
		l := ListenUnsettled(t, b, "topic", offset)
		l.WantGap()
		Publish(t, a, "topic", "after")
		l.Want("after")
		l.Close()
	}
}

func trimmed(t *testing.T, a, b bus.Bus) {
	l := Listen(t, a, "topic", "")
	Publish(t, a, "topic", "first")
	at := l.Want("first").Offset
	l.Close()
	all := numbered(1, 500)
	Publish(t, b, "topic", all...)
	late := ListenUnsettled(t, a, "topic", at)
	late.WantGap()
	m := late.Next()
	if m.Gap || string(m.Body) == all[0] {
		t.Fatalf("after the gap came %+v, want a later message", m)
	}
	for i, body := range all { // whatever is left arrives in order, to the last
		if body == string(m.Body) {
			late.Want(all[i+1:]...)
			return
		}
	}
	t.Fatalf("after the gap came %q, want one of those published", m.Body)
}

func topicsApart(t *testing.T, a, b bus.Bus) {
	one, two := Listen(t, a, "one", ""), Listen(t, a, "two", "")
	Publish(t, b, "one", "1")
	Publish(t, b, "two", "2")
	Publish(t, b, "three", "3")
	if m := one.Want("1"); m.Topic != "one" {
		t.Errorf("topic = %q, want %q", m.Topic, "one")
	}
	if m := two.Want("2"); m.Topic != "two" {
		t.Errorf("topic = %q, want %q", m.Topic, "two")
	}
	if left := append(one.Close(), two.Close()...); len(left) > 0 {
		t.Errorf("further messages: %+v, want none", left)
	}
}

func bodies(t *testing.T, a, b bus.Bus) {
	one, two := Listen(t, a, "topic", ""), Listen(t, a, "topic", "")
	every := make([]byte, 256)
	for i := range every {
		every[i] = byte(i)
	}
	for _, want := range [][]byte{every, {}, []byte("\r\n$-1\r\n"), bytes.Repeat([]byte{0xff}, bus.MaxBody)} {
		sent := bytes.Clone(want)
		if err := b.Publish(context.Background(), "topic", sent); err != nil {
			t.Fatalf("Publish of %d bytes: %v", len(sent), err)
		}
		clear(sent)
		for _, l := range []*Listener{one, two} {
			got := l.Next()
			if got.Gap || !bytes.Equal(got.Body, want) {
				t.Errorf("a body of %d bytes arrived as %d others (gap %v)", len(want), len(got.Body), got.Gap)
			}
			clear(got.Body) // the receiver's own
		}
	}
}

func tooLarge(t *testing.T, a, b bus.Bus) {
	l := Listen(t, b, "topic", "")
	err := a.Publish(context.Background(), "topic", make([]byte, bus.MaxBody+1))
	if !errors.Is(err, bus.ErrTooLarge) {
		t.Errorf("Publish = %v, want %v", err, bus.ErrTooLarge)
	}
	Publish(t, a, "topic", "next")
	l.Want("next")
}

func slowSubscriber(t *testing.T, a, b bus.Bus) {
	ctx, cancel := context.WithCancel(context.Background())
	held, hold := make(chan struct{}), make(chan struct{})
	var once, open sync.Once
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = a.Subscribe(ctx, "topic", "", func(bus.Message) {
			once.Do(func() { close(held) })
			<-hold
		})
	}()
	t.Cleanup(func() { open.Do(func() { close(hold) }); cancel(); <-done })
	<-held
	quick := Listen(t, b, "topic", "")
	Publish(t, a, "topic", numbered(1, 300)...)
	quick.Want(numbered(1, 300)...)
}

func oneAtATime(t *testing.T, a, b bus.Bus) {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	var inside, calls atomic.Int32
	ready := make(chan struct{})
	result := make(chan error, 1)
	go func() {
		result <- a.Subscribe(ctx, "topic", "", func(m bus.Message) {
			if inside.Add(1) != 1 {
				t.Error("handle was called while it ran")
			}
			defer inside.Add(-1)
			if calls.Add(1) == 1 {
				close(ready)
			}
			if string(m.Body) == "message 20" {
				cancel()
			}
		})
	}()
	<-ready
	Publish(t, b, "topic", numbered(1, 60)...)
	if err := <-result; !errors.Is(err, context.Canceled) {
		t.Errorf("Subscribe = %v, want %v", err, context.Canceled)
	}
	at := calls.Load()
	if at != 21 {
		t.Errorf("handle was called %d times, want the gap and 20 messages", at)
	}
	Publish(t, b, "topic", "later")
	Listen(t, b, "topic", "")
	if calls.Load() != at {
		t.Error("handle was called after Subscribe had returned")
	}
}

func endedContext(t *testing.T, a, _ bus.Bus) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if err := a.Publish(ctx, "topic", nil); !errors.Is(err, context.Canceled) {
		t.Errorf("Publish = %v, want %v", err, context.Canceled)
	}
	if err := a.Subscribe(ctx, "topic", "", func(bus.Message) {}); !errors.Is(err, context.Canceled) {
		t.Errorf("Subscribe = %v, want %v", err, context.Canceled)
	}
}

func health(t *testing.T, a, _ bus.Bus) {
	l := Listen(t, a, "topic", "")
	Publish(t, a, "topic", numbered(1, 5)...)
	l.Want(numbered(1, 5)...)
	h := a.Health()
	if !h.Up || h.Cause != nil || h.Published != 5 || h.Delivered != 5 || h.Gaps != 1 {
		t.Errorf("Health = %+v, want up with 5 published, 5 delivered, 1 gap", h)
	}
}
