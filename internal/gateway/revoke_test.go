package gateway_test

import (
	"context"
	"encoding/json"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/sallyport/sallyport/internal/clock"
	"github.com/sallyport/sallyport/internal/gateway"
	"github.com/sallyport/sallyport/internal/ident"
	"github.com/sallyport/sallyport/internal/session"
	"github.com/sallyport/sallyport/internal/token"
)

// takeBack makes a revocation of that kind, an hour long.
func (r *rig) takeBack(kind session.RevocationKind, value string) session.Revocation {
	return session.Revocation{
		ID: ident.New(), Kind: kind, Value: value, NotBefore: r.now(), Reason: "test", At: r.now(), ExpiresAt: r.now().Add(time.Hour),
	}
}

func TestRevocationCloses(t *testing.T) {
	r := start(t, nil)
	cases := []struct {
		name string
		of   func(c token.Claims) session.Revocation
	}{
		{"TK-11 by session", func(c token.Claims) session.Revocation { return r.takeBack(session.RevokedSession, c.SessionID) }},
		{"TK-11 by user", func(c token.Claims) session.Revocation { return r.takeBack(session.RevokedUser, c.Subject) }},
		{"TK-11 by token", func(c token.Claims) session.Revocation { return r.takeBack(session.RevokedToken, c.ID) }},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			raw, claims := r.signIn(time.Hour)
			otherRaw, _ := r.signIn(time.Hour)
			one, two, other := r.bearer(raw), r.bearer(raw), r.bearer(otherRaw)
			begin := clock.System()
			r.revs.Add(c.of(claims))
			one.wantClose(gateway.CloseRevoked)
			two.wantClose(gateway.CloseRevoked)
			within(t, "close", begin, 0, time.Second)
			other.send(`{"type":"ping"}`)
			other.want("pong")
			if _, res, err := r.try(http.Header{"Authorization": {"Bearer " + raw}}); err == nil || res.StatusCode != 401 {
				t.Errorf("the same token again: got %s, want 401", status(res))
			}
		})
	}
	t.Run("TK-11 a kind this node does not know closes all", func(t *testing.T) {
		raw, _ := r.signIn(time.Hour)
		s := r.bearer(raw)
		r.revs.Add(r.takeBack("tenant", "x"))
		s.wantClose(gateway.CloseRevoked)
	})
	t.Run("TK-11 a user revocation spares the session opened after it", func(t *testing.T) {
		raw, claims := r.signIn(time.Hour)
		s := r.bearer(raw)
		rev := r.takeBack(session.RevokedUser, claims.Subject)
		rev.NotBefore = rev.NotBefore.Add(-time.Hour)
		r.revs.Add(rev)
		s.send(`{"type":"ping"}`)
		s.want("pong")
	})
	until(t, "ten latencies: three times two, and four at once", func() bool {
		return r.metric("sallyport_ws_revocation_seconds", "") == 10
	})
}

func TestRevocationBetweenVerifyAndRegister(t *testing.T) {
	// The token is taken back while it is being verified, after the verifier has
	// looked: the question after the registration must find it.
	for name, open := range map[string]func(r *rig, raw string) *socket{
		"bearer": func(r *rig, raw string) *socket {
			s, _, err := r.try(http.Header{"Authorization": {"Bearer " + raw}})
			if err != nil {
				return nil // refused before the upgrade: as good
			}
			return s
		},
		"first frame": func(r *rig, raw string) *socket {
			s := r.browser()
			s.send(`{"type":"auth","token":"` + raw + `"}`)
			return s
		},
	} {
		t.Run("TK-11 "+name, func(t *testing.T) {
			r := start(t, nil)
			raw, claims := r.signIn(time.Hour)
			r.limits.admitting = func() { r.revs.Add(r.takeBack(session.RevokedSession, claims.SessionID)) }
			s := open(r, raw)
			s.wantClose(gateway.CloseRevoked)
		})
	}
	t.Run("TK-11 at any instant, many times", func(t *testing.T) {
		r := start(t, nil)
		for range 200 {
			raw, claims := r.signIn(time.Hour)
			var done sync.WaitGroup
			done.Go(func() { r.revs.Add(r.takeBack(session.RevokedSession, claims.SessionID)) })
			s, _, err := r.try(http.Header{"Authorization": {"Bearer " + raw}})
			done.Wait()
			if err != nil {
				continue
			}
			for { // a welcome may come first, the close must come
				if m, err := s.read(); err != nil {
					break
				} else if m["type"] != "welcome" {
					t.Fatalf("got %v, want welcome or close", m)
				}
			}
		}
		until(t, "no open connection", func() bool { return r.gw.Counts().Open == 0 })
	})
}

func TestNoFrameAfterARevocation(t *testing.T) {
	event := func(n int) gateway.Event {
		return gateway.Event{Name: "tick", Data: json.RawMessage(`"` + string(rune('a'+n)) + `"`)}
	}
	inBubble(t, "WS-04 what is queued for a slow client is dropped", nil, func(t *testing.T, r *rig) {
		raw, claims := r.signIn(time.Hour)
		c := r.raw("Authorization: Bearer " + raw)
		c.want(0x1)
		for n := range 10 { // the pipe has no buffer: the first waits in the write, the others in the queue
			if got := r.tell(claims, event(n)); got != 1 {
				t.Fatalf("got %d, want 1", got)
			}
			wait()
		}
		r.revs.Add(r.takeBack(session.RevokedSession, claims.SessionID))
		if got := r.tell(claims, event(11)); got != 0 {
			t.Errorf("after the revocation: got %d deliveries, want 0", got)
		}
		c.want(0x1) // the write under way
		c.wantClose(gateway.CloseRevoked)
		c.release()
	})
	inBubble(t, "TK-11 a client that does not read loses its socket within two seconds", nil, func(t *testing.T, r *rig) {
		raw, claims := r.signIn(time.Hour)
		c := r.raw("Authorization: Bearer " + raw)
		c.want(0x1)
		r.tell(claims, event(0))
		wait()
		begin := clock.System()
		r.revs.Add(r.takeBack(session.RevokedSession, claims.SessionID))
		within(t, "Add", begin, 0, 0)
		until(t, "the place is free", func() bool { return r.gw.Counts() == gateway.Counts{} })
		within(t, "gone", begin, 0, 2*time.Second)
		c.release()
	})
}

func TestTwoThousandSocketsCloseAtOnce(t *testing.T) {
	const n = 2000
	r := start(t, func(c *gateway.Config) { c.MaxPerUser, c.MaxPerSession = n, n })
	raw, claims := r.signIn(time.Hour)
	sockets := make([]*rawSocket, n)
	for i := range sockets {
		sockets[i] = r.raw("Authorization: Bearer " + raw)
		sockets[i].want(0x1)
	}
	if got, want := r.gw.Counts(), (gateway.Counts{Open: n, Users: 1, Sessions: 1}); got != want {
		t.Fatalf("got %+v, want %+v", got, want)
	}
	begin := clock.System()
	r.revs.Add(r.takeBack(session.RevokedUser, claims.Subject))
	asked := clock.System().Sub(begin)
	for _, s := range sockets {
		s.wantClose(gateway.CloseRevoked)
	}
	t.Logf("2,000 sockets: the revocation returned after %v, the last close frame was read after %v", asked, clock.System().Sub(begin))
	within(t, "TK-11 the last close", begin, 0, time.Second)
	for _, s := range sockets {
		s.wantEnd()
		s.release()
	}
	until(t, "all places are free", func() bool { return r.gw.Counts() == gateway.Counts{} })
}

func TestDrain(t *testing.T) {
	t.Run("WS-10 all are told to come back, each at its own time", func(t *testing.T) {
		r := start(t, nil)
		var sockets []*socket
		for range 40 {
			raw, _ := r.signIn(time.Hour)
			sockets = append(sockets, r.bearer(raw))
		}
		waiting := r.browser()
		reasons := make(chan string, len(sockets)+1)
		for _, s := range append(sockets, waiting) {
			go func() { reasons <- s.wantClose(gateway.CloseRestart) }()
		}
		begin := clock.System()
		if err := r.gw.Drain(context.Background()); err != nil {
			t.Fatalf("got %v, want nil", err)
		}
		within(t, "WS-10 drain", begin, 0, 3*time.Second)
		different := map[int]bool{}
		for range len(sockets) + 1 {
			different[delay(t, <-reasons)] = true
		}
		if len(different) < 30 {
			t.Errorf("got %d different delays of 41, want a spread", len(different))
		}
		raw, _ := r.signIn(time.Hour)
		if _, res, err := r.try(http.Header{"Authorization": {"Bearer " + raw}}); err == nil || res.StatusCode != 503 {
			t.Errorf("afterwards: got %s, want 503", status(res))
		}
	})
	inBubble(t, "WS-10 clients that do not read are cut", nil, func(t *testing.T, r *rig) {
		raw, _ := r.signIn(time.Hour)
		c := r.raw("Authorization: Bearer " + raw)
		c.want(0x1)
		begin := clock.System()
		if err := r.gw.Drain(context.Background()); err != nil {
			t.Fatalf("got %v, want nil", err)
		}
		within(t, "WS-10 drain", begin, 0, 2*time.Second)
		c.release()
	})
	inBubble(t, "WS-10 the end of its context ends it", nil, func(t *testing.T, r *rig) {
		raw, _ := r.signIn(time.Hour)
		c := r.raw("Authorization: Bearer " + raw)
		c.want(0x1)
		ctx, cancel := context.WithCancel(context.Background())
		cancel()
		if err := r.gw.Drain(ctx); err == nil {
			t.Error("got nil, want the context's error")
		}
		c.release()
	})
}
