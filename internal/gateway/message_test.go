package gateway_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/sallyport/sallyport/internal/audit"
	"github.com/sallyport/sallyport/internal/clock"
	"github.com/sallyport/sallyport/internal/gateway"
)

// wait lets every goroutine of a bubble run until it waits.
func wait() { synctest.Wait() }

// delay reads reconnect_ms out of a close reason and checks its bounds.
func delay(t *testing.T, reason string) int {
	t.Helper()
	_, text, ok := strings.Cut(reason, "; reconnect_ms=")
	ms, err := strconv.Atoi(text)
	if !ok || err != nil || ms < 1 || ms > 60_000 {
		t.Errorf("got reason %q, want restart; reconnect_ms=1 to 60000", reason)
	}
	return ms
}

func TestFramesOfAClient(t *testing.T) {
	r := start(t, nil)
	raw, _ := r.signIn(time.Hour)
	s := r.bearer(raw)
	cases := []struct{ name, frame, want string }{
		{"ping", `{"type":"ping"}`, `{"type":"pong"}`},
		{"ping with an id", `{"id":"7","type":"ping"}`, `{"id":"7","type":"pong"}`},
		{"unknown type", `{"type":"publish"}`, "malformed_request"},
		{"no type", `{}`, "malformed_request"},
		{"no object", `[1]`, "malformed_request"},
		{"no JSON", `{"type":`, "malformed_request"},
		{"nothing", ``, "malformed_request"},
		{"two objects", `{"type":"ping"}{"type":"ping"}`, "malformed_request"},
		{"a member twice", `{"type":"ping","type":"auth"}`, "malformed_request"},
		{"a member of another type", `{"type":"ping","token":"x"}`, "malformed_request"},
		{"an unknown member", `{"type":"ping","x":"y"}`, "malformed_request"},
		{"another case", `{"Type":"ping"}`, "malformed_request"},
		{"a number", `{"type":"ping","id":7}`, "malformed_request"},
		{"nested", `{"type":"ping","id":{"a":"b"}}`, "malformed_request"},
		{"a long id", `{"type":"ping","id":"` + strings.Repeat("x", 65) + `"}`, "malformed_request"},
		{"auth without a token", `{"type":"auth"}`, "malformed_request"},
		{"auth with both", `{"type":"auth","token":"a","ticket":"b"}`, "malformed_request"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			s.send(c.frame)
			got, err := s.read()
			if err != nil {
				t.Fatal(err)
			}
			if b, _ := json.Marshal(got); string(b) != c.want && got["code"] != c.want {
				t.Errorf("got %s, want %s", b, c.want)
			}
			if strings.Contains(fmt.Sprint(got["message"]), "publish") {
				t.Errorf("got %v, want no echo of what was sent", got)
			}
		})
	}
	t.Run("a pong needs no answer", func(t *testing.T) {
		s.send(`{"type":"pong"}`)
		s.send(`{"type":"ping","id":"next"}`)
		if got := s.want("pong"); got["id"] != "next" {
			t.Errorf("got %v, want the pong of the next ping", got)
		}
	})
}

func TestAllowances(t *testing.T) {
	ping := masked(0x81, []byte(`{"type":"ping"}`))
	t.Run("WS-06 the hundred and first message in a minute closes", func(t *testing.T) {
		r := start(t, nil)
		raw, claims := r.signIn(time.Hour)
		c := r.raw("Authorization: Bearer " + raw)
		c.want(0x1)
		c.write(bytes.Repeat(ping, 101))
		for range 100 {
			c.want(0x1)
		}
		c.wantClose(gateway.CloseTooMany)
		c.wantEnd()
		c.release()
		events := r.diary.named(audit.RateLimitExceeded)
		if len(events) != 1 || events[0].TargetID != claims.Subject || events[0].Reason != "connection_messages" {
			t.Errorf("WS-09: got %+v, want one event of the user", events)
		}
	})
	t.Run("WS-06 control frames count too", func(t *testing.T) {
		r := start(t, nil)
		raw, _ := r.signIn(time.Hour)
		c := r.raw("Authorization: Bearer " + raw)
		c.want(0x1)
		c.write(append(bytes.Repeat(masked(0x8A, nil), 60), bytes.Repeat(masked(0x89, nil), 41)...))
		for range 40 {
			c.want(0xA)
		}
		c.wantClose(gateway.CloseTooMany)
		c.release()
	})
	t.Run("bytes of a connection", func(t *testing.T) {
		r := start(t, func(c *gateway.Config) { c.BytesPerMinute = 100_000 })
		raw, _ := r.signIn(time.Hour)
		c := r.raw("Authorization: Bearer " + raw)
		c.want(0x1)
		c.write(bytes.Repeat(masked(0x81, bytes.Repeat([]byte(" "), 60_000)), 2))
		c.want(0x1) // the error for a frame that is no object
		c.wantClose(gateway.CloseTooMany)
		c.release()
	})
	t.Run("messages of a user over all sockets", func(t *testing.T) {
		r := start(t, func(c *gateway.Config) { c.UserMessagesPerMinute = 50 })
		raw, _ := r.signIn(time.Hour)
		one, two := r.raw("Authorization: Bearer "+raw), r.raw("Authorization: Bearer "+raw)
		one.want(0x1)
		two.want(0x1)
		one.write(bytes.Repeat(ping, 50))
		for range 50 {
			one.want(0x1)
		}
		two.write(ping)
		two.wantClose(gateway.CloseTooMany)
		one.release()
		two.release()
	})
	inBubble(t, "WS-06 a message every second goes on for ever", nil, func(t *testing.T, r *rig) {
		raw, _ := r.signIn(time.Hour)
		s := r.bearer(raw)
		for range 600 {
			s.send(`{"type":"ping"}`)
			s.want("pong")
			time.Sleep(time.Second)
		}
	})
}

func TestBudget(t *testing.T) {
	spend := gateway.Budget()
	for i := range 100 {
		if !spend(0, 1, 100) {
			t.Fatalf("got a refusal at %d, want 100 at once", i)
		}
	}
	for _, c := range []struct {
		at   time.Duration
		k    int
		want bool
	}{
		{0, 1, false}, {599 * time.Millisecond, 1, false}, {600 * time.Millisecond, 1, true}, {600 * time.Millisecond, 1, false},
		{30 * time.Second, 49, true}, {30 * time.Second, 1, false}, {time.Hour, 101, false}, {time.Hour, 100, true},
	} {
		if got := spend(c.at, c.k, 100); got != c.want {
			t.Errorf("%d at %v: got %v, want %v", c.k, c.at, got, c.want)
		}
	}
}

func TestSlowReaders(t *testing.T) {
	event := gateway.Event{Name: "bulk", Data: json.RawMessage(`"` + strings.Repeat("x", 32<<10) + `"`)}
	t.Run("WS-07 a client that does not read is cut, another is not", func(t *testing.T) {
		r := start(t, nil)
		raw, claims := r.signIn(time.Hour)
		slow := r.raw("Authorization: Bearer " + raw)
		otherRaw, other := r.signIn(time.Hour)
		quick := r.bearer(otherRaw)
		sent := 0
		for ; sent < 10_000; sent++ {
			if r.tell(claims, event) == 0 {
				break
			}
		}
		if got := r.metric("sallyport_ws_closes_total", "4010"); got != 1 {
			t.Fatalf("got %v closes with 4010 after %d events, want 1", got, sent)
		}
		if n := r.tell(other, event); n != 1 {
			t.Errorf("the other: got %d, want 1", n)
		}
		quick.want("event")
		until(t, "the slow one is gone", func() bool { return r.gw.Counts().Closing == 0 })
		if got := r.metric("sallyport_ws_queue_bytes", ""); got != 0 {
			t.Errorf("got %v bytes queued, want 0", got)
		}
		slow.release()
	})
	t.Run("WS-07 the kernel holds little for it besides the queue", func(t *testing.T) {
		r := start(t, nil)
		raw, claims := r.signIn(time.Hour)
		slow := r.raw("Authorization: Bearer " + raw)
		written := func() float64 { return r.metric("sallyport_ws_bytes_total", "out") }
		for range 10_000 {
			if r.tell(claims, event) == 0 {
				break
			}
			for range 20 { // until the network took it, or takes no more
				if r.metric("sallyport_ws_queue_bytes", "") == 0 {
					break
				}
				<-time.After(5 * time.Millisecond)
			}
		}
		if got := written(); got == 0 || got > 1<<20 {
			t.Errorf("got %.0f bytes handed to the network for a client that reads none, want some and at most 1 MiB", got)
		}
		slow.release()
	})
	inBubble(t, "WS-07 a write that takes ten seconds ends the connection", nil, func(t *testing.T, r *rig) {
		raw, claims := r.signIn(time.Hour)
		c := r.raw("Authorization: Bearer " + raw)
		c.want(0x1)
		begin := clock.System()
		r.tell(claims, event)
		until(t, "gone", func() bool { return r.gw.Counts() == gateway.Counts{} })
		within(t, "gone", begin, 9*time.Second, 11*time.Second)
		c.release()
	})
}

func FuzzDecode(f *testing.F) {
	for _, s := range []string{`{"type":"auth","token":"x"}`, `{"type":"ping","id":"1"}`, `{"type":"pong"}`, `{"type":"ping",}`, `{"type" "ping"}`, `{"a":{}}`, `{"type":"auth","token":"x","token ticket":"y"}`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		got, err := gateway.Decode(b)
		if err != nil {
			return
		}
		if !json.Valid(b) {
			t.Errorf("%q: got a frame, want a refusal of what is no JSON", b)
		}
		if !slices.Contains([]string{"auth", "ping", "pong", "subscribe", "unsubscribe"}, got.Type) || len(got.ID) > 64 {
			t.Errorf("%q: got %+v, want a known frame", b, got)
		}
		var members map[string]string
		if err := json.Unmarshal(b, &members); err != nil {
			t.Fatalf("%q: got a frame, want a refusal of what encoding/json cannot read: %v", b, err)
		}
		delete(members, "type")
		for name, value := range map[string]string{"id": got.ID, "token": got.Token, "ticket": got.Ticket, "topic": got.Topic, "grant": got.Grant, "after": got.After} {
			if members[name] != value {
				t.Errorf("%q: got %s %q, want %q", b, name, value, members[name])
			}
			delete(members, name)
		}
		if len(members) > 0 {
			t.Errorf("%q: got a frame, want a refusal of the members %v", b, members)
		}
	})
}
