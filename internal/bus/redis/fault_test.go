package redis_test

import (
	"context"
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/redis/rueidis"

	"github.com/sallyport/sallyport/internal/bus/bustest"
	"github.com/sallyport/sallyport/internal/bus/redis"
	"github.com/sallyport/sallyport/internal/clock"
	"github.com/sallyport/sallyport/internal/testbed"
)

// until waits for what to become true.
func until(t testing.TB, what string, ok func() bool) {
	t.Helper()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	deadline := time.After(bustest.Patience)
	for !ok() {
		select {
		case <-tick.C:
		case <-deadline:
			buf := make([]byte, 1<<20)
			t.Fatalf("not within %v: %s\n%s", bustest.Patience, what, buf[:runtime.Stack(buf, true)])
		}
	}
}

// noLeak fails the test if it leaves goroutines behind. It is called before
// anything else is set up, so that it looks after all of that is gone.
func noLeak(t *testing.T) {
	before := runtime.NumGoroutine()
	t.Cleanup(func() {
		until(t, fmt.Sprintf("no more than the %d goroutines there were before", before),
			func() bool { return runtime.NumGoroutine() <= before })
	})
}

func node(t testing.TB, url string) *redis.Bus { return redis.New(dial(t, url), "", 300) }

// fault is a server with two nodes on it; the first one's cable can be cut.
type fault struct {
	server *testbed.RedisServer
	cable  *cable
	a, b   *redis.Bus
	l      *bustest.Listener // on a, which has seen "hello"
	at     string            // the offset of "hello"
}

func newFault(t *testing.T) *fault {
	t.Helper()
	noLeak(t)
	f := &fault{server: testbed.OwnRedis(t)}
	cable, url := newCable(t, f.server)
	f.cable, f.a, f.b = cable, node(t, url), node(t, f.server.URL())
	f.l = bustest.Listen(t, f.a, "topic", "")
	bustest.Publish(t, f.b, "topic", "hello")
	f.at = f.l.Want("hello").Offset
	return f
}

// cut takes node a off the network.
func (f *fault) cut(t *testing.T) {
	t.Helper()
	f.cable.cut()
	until(t, "node a notices", func() bool { return !f.a.Health().Up })
}

// published publishes on node b, whose connections may have to be made anew.
func (f *fault) published(t *testing.T, body string) {
	t.Helper()
	until(t, "publish "+body, func() bool { return f.b.Publish(context.Background(), "topic", []byte(body)) == nil })
}

// replaceTopic deletes the topic and publishes body under an entry id of the
// test's choice, in one step.
func (f *fault) replaceTopic(t *testing.T, id, body string) {
	t.Helper()
	const script = `redis.call('DEL', KEYS[1])
local now = redis.call('TIME')
return redis.call('XADD', KEYS[1], ARGV[1], 'n', now[1] .. string.format('%06d', now[2]), 'b', ARGV[2])`
	admin := dial(t, f.server.URL())
	cmd := admin.B().Eval().Script(script).Numkeys(1).Key(redis.DefaultPrefix+"bus:topic").Arg(id, body).Build()
	if err := admin.Do(context.Background(), cmd).Error(); err != nil {
		t.Fatalf("replace the topic: %v", err)
	}
}

// wantUntil takes messages until body; it tells whether a gap was among them.
func wantUntil(t *testing.T, l *bustest.Listener, body string) (gap bool) {
	t.Helper()
	for {
		m := l.Next()
		if string(m.Body) == body && !m.Gap {
			return gap
		}
		gap = gap || m.Gap
	}
}

func TestRedisAwayAtStart(t *testing.T) {
	noLeak(t)
	server := testbed.OwnRedis(t)
	server.Stop()
	b := node(t, server.URL())
	l := bustest.ListenUnsettled(t, b, "topic", "")
	until(t, "health tells why", func() bool { h := b.Health(); return !h.Up && h.Cause != nil })
	server.Start()
	l.WantGap()
	bustest.Publish(t, b, "topic", "first")
	l.Want("first")
	if h := b.Health(); !h.Up || h.Cause != nil {
		t.Errorf("Health = %+v, want up", h)
	}
}

func TestRedisHangsAtStart(t *testing.T) {
	noLeak(t)
	server := testbed.OwnRedis(t)
	server.Freeze()
	began := clock.System()
	b := node(t, server.URL())
	if took := clock.System().Sub(began); took > 500*time.Millisecond {
		t.Errorf("making a node took %v while redis hangs, want next to nothing", took)
	}
	l := bustest.ListenUnsettled(t, b, "topic", "")
	until(t, "health tells why", func() bool { h := b.Health(); return !h.Up && h.Cause != nil })
	server.Thaw()
	l.WantGap()
	bustest.Publish(t, b, "topic", "first")
	l.Want("first")
}

func TestTK11Restart(t *testing.T) {
	f := newFault(t)
	f.server.Stop()
	until(t, "node a notices", func() bool { return !f.a.Health().Up })
	if err := f.b.Publish(context.Background(), "topic", nil); err == nil {
		t.Error("Publish without a server: got no error, want one")
	}
	f.server.Start()
	f.published(t, "after")
	if gap := wantUntil(t, f.l, "after"); !gap {
		t.Error("TK-11 a restart that lost everything was not told as a gap")
	}
}

func TestTK11Flush(t *testing.T) {
	t.Run("TK-11 noticed without any further message", func(t *testing.T) {
		f := newFault(t)
		f.server.Flush()
		f.l.WantGap()
		f.published(t, "after")
		f.l.Want("after")
	})
	t.Run("TK-11 noticed with the next message", func(t *testing.T) {
		f := newFault(t)
		f.server.Flush()
		f.published(t, "after")
		f.l.WantGap()
		f.l.Want("after")
	})
	for name, id := range map[string]string{
		"TK-11 noticed when a new message takes the old one's place":  "",
		"TK-11 noticed when the server's clock went back with it all": "1-1",
	} {
		t.Run(name, func(t *testing.T) {
			f := newFault(t)
			if id == "" {
				id, _, _ = strings.Cut(f.at, ".")
			}
			f.replaceTopic(t, id, "after")
			f.l.WantGap()
			f.l.Want("after")
			f.published(t, "and on")
			wantUntil(t, f.l, "and on")
		})
	}
	t.Run("TK-11 noticed by a node that was cut off meanwhile", func(t *testing.T) {
		f := newFault(t)
		f.cut(t)
		f.published(t, "lost")
		f.server.Flush()
		f.published(t, "after")
		f.cable.mend()
		f.l.WantGap()
		f.l.Want("after")
	})
}

func TestTK11CutOff(t *testing.T) {
	t.Run("TK-11 catches up by offset, without a gap", func(t *testing.T) {
		f := newFault(t)
		f.cut(t)
		var missed []string
		for i := range 150 {
			missed = append(missed, fmt.Sprint("missed ", i))
		}
		bustest.Publish(t, f.b, "topic", missed...)
		f.cable.mend()
		f.l.Want(missed...)
		until(t, "health is up again", func() bool { return f.a.Health().Up })
	})
	t.Run("TK-11 with its history trimmed: a gap, then what is left", func(t *testing.T) {
		f := newFault(t)
		f.cut(t)
		for i := range 1000 {
			f.published(t, fmt.Sprint("missed ", i))
		}
		f.cable.mend()
		f.l.WantGap()
		if gap := wantUntil(t, f.l, "missed 999"); gap {
			t.Error("a second gap was told, want one")
		}
	})
}

// TestTK11RestartLosingTheEnd shows TK-11 in its hardest case. It brings the server back from a snapshot: the last
// message before its end is lost, and the next one takes its number.
func TestTK11RestartLosingTheEnd(t *testing.T) {
	f := newFault(t)
	admin := dial(t, f.server.URL())
	until(t, "a snapshot", func() bool {
		return admin.Do(context.Background(), admin.B().Arbitrary("SAVE").Build()).Error() == nil
	})
	f.cut(t)
	f.published(t, "lost")
	f.server.Stop()
	f.server.Start()
	f.published(t, "after")
	f.cable.mend()
	f.l.WantGap()
	f.l.Want("after")
}

func TestTK11Hanging(t *testing.T) {
	t.Run("TK-11 awake again: no gap and nothing missing", func(t *testing.T) {
		f := newFault(t)
		f.server.Freeze()
		until(t, "health is down", func() bool { return !f.a.Health().Up })
		began := clock.System()
		for range 3 {
			if err := f.b.Publish(context.Background(), "topic", []byte("uncertain")); err == nil {
				t.Error("Publish while redis hangs: got no error, want one")
			}
		}
		if took, most := clock.System().Sub(began), 3*redis.PublishWithin+2*time.Second; took > most {
			t.Errorf("three publishes took %v while redis hangs, want at most %v", took, most)
		}
		f.server.Thaw()
		f.published(t, "after")
		if gap := wantUntil(t, f.l, "after"); gap {
			t.Error("a gap was told although nothing was lost")
		}
	})
	t.Run("a subscription ends while redis hangs", func(t *testing.T) {
		f := newFault(t)
		f.server.Freeze()
		began := clock.System()
		f.l.Close()
		if took := clock.System().Sub(began); took > 3*time.Second {
			t.Errorf("Subscribe returned %v after its end, want at once", took)
		}
		f.server.Thaw()
	})
}

// TestBrokenConnections kills the connection on the server's side, as a proxy in
// between does with idle ones.
func TestBrokenConnections(t *testing.T) {
	f := newFault(t)
	admin := dial(t, f.server.URL())
	for i := range 5 {
		kill := admin.B().Arbitrary("CLIENT", "KILL", "TYPE", "normal").Build()
		if err := admin.Do(context.Background(), kill).Error(); err != nil && !isBroken(err) {
			t.Fatalf("CLIENT KILL: %v", err)
		}
		f.published(t, fmt.Sprint(i))
		if gap := wantUntil(t, f.l, fmt.Sprint(i)); gap {
			t.Error("a gap was told although the server ran on")
		}
	}
}

func isBroken(err error) bool {
	_, answered := rueidis.IsRedisErr(err)
	return !answered
}
