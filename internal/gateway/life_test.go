package gateway_test

import (
	"context"
	"net"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/sallyport/sallyport/internal/audit"
	"github.com/sallyport/sallyport/internal/clock"
	"github.com/sallyport/sallyport/internal/gateway"
	"github.com/sallyport/sallyport/internal/ident"
	"github.com/sallyport/sallyport/internal/session"
	"github.com/sallyport/sallyport/internal/token"
)

// pipes is a listener without a network, for tests whose time is not real.
type pipes struct {
	conns chan net.Conn
	done  chan struct{}
	once  sync.Once
}

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case c := <-p.conns:
		return c, nil
	case <-p.done:
		return nil, net.ErrClosed
	}
}
func (p *pipes) Close() error   { p.once.Do(func() { close(p.done) }); return nil }
func (p *pipes) Addr() net.Addr { return &net.UnixAddr{Name: "pipes"} }

// inBubble runs f with a rig whose time passes only when everything waits.
func inBubble(t *testing.T, name string, change func(*gateway.Config), f func(t *testing.T, r *rig)) {
	t.Helper()
	t.Run(name, func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			l := &pipes{conns: make(chan net.Conn), done: make(chan struct{})}
			f(t, startOn(t, l, func(context.Context) (net.Conn, error) {
				here, there := net.Pipe()
				l.conns <- there
				return here, nil
			}, change))
		})
	})
}

// within fails unless the time since start is at least low and at most high.
func within(t *testing.T, what string, start time.Time, low, high time.Duration) {
	t.Helper()
	if d := clock.System().Sub(start); d < low || d > high {
		t.Errorf("%s: got %v, want %v to %v", what, d, low, high)
	}
}

func TestTokenLife(t *testing.T) {
	inBubble(t, "WS-04 at expiry the socket closes, a minute after a warning", nil, func(t *testing.T, r *rig) {
		raw, _ := r.signIn(10 * time.Minute)
		begin := clock.System()
		s := r.bearer(raw)
		s.want("auth_expiring")
		within(t, "warning", begin, 9*time.Minute, 9*time.Minute+time.Second)
		s.wantClose(gateway.CloseExpired)
		within(t, "close", begin, 10*time.Minute, 10*time.Minute+time.Second)
	})
	inBubble(t, "WS-04 a fresh token of the same session extends the socket", nil, func(t *testing.T, r *rig) {
		raw, claims := r.signIn(10 * time.Minute)
		begin := clock.System()
		s := r.bearer(raw)
		s.want("auth_expiring")
		claims.IssuedAt, claims.ExpiresAt, claims.ID = r.now(), r.now().Add(10*time.Minute), ident.New()
		s.send(`{"type":"auth","token":"` + r.issue(claims) + `"}`)
		if got := s.want("auth_ok"); got["expires_at"] == "" {
			t.Errorf("got %v, want expires_at", got)
		}
		s.want("auth_expiring")
		within(t, "second warning", begin, 18*time.Minute, 18*time.Minute+2*time.Second)
		s.wantClose(gateway.CloseExpired)
		within(t, "close", begin, 19*time.Minute, 19*time.Minute+2*time.Second)
	})
	inBubble(t, "WS-04 a token of another user, session, or none at all closes", nil, func(t *testing.T, r *rig) {
		for name, change := range map[string]func(*token.Claims){
			"user":    func(c *token.Claims) { c.Subject = "other" },
			"session": func(c *token.Claims) { c.SessionID = "other" },
			"expired": func(c *token.Claims) { c.ExpiresAt = r.now() },
		} {
			raw, claims := r.signIn(time.Hour)
			s := r.bearer(raw)
			change(&claims)
			s.send(`{"type":"auth","token":"` + r.issue(claims) + `"}`)
			t.Log(name)
			s.wantClose(gateway.CloseNotAllowed)
		}
		raw, claims := r.signIn(time.Hour)
		s := r.bearer(raw)
		s.send(`{"type":"auth","ticket":"` + r.ticket(claims) + `"}`)
		s.wantClose(gateway.CloseNotAllowed)
	})
	inBubble(t, "WS-04 an older token changes nothing", nil, func(t *testing.T, r *rig) {
		raw, claims := r.signIn(time.Minute * 5)
		begin := clock.System()
		s := r.bearer(raw)
		claims.IssuedAt, claims.ExpiresAt = r.now().Add(-time.Minute), r.now().Add(time.Hour)
		s.send(`{"type":"auth","token":"` + r.issue(claims) + `"}`)
		s.want("error")
		s.want("auth_expiring")
		s.wantClose(gateway.CloseExpired)
		within(t, "close", begin, 5*time.Minute, 5*time.Minute+time.Second)
	})
	inBubble(t, "TK-11 renewal with a token that was taken back closes", nil, func(t *testing.T, r *rig) {
		raw, claims := r.signIn(time.Hour)
		s := r.bearer(raw)
		claims.ID = ident.New()
		r.revs.Add(session.Revocation{Kind: session.RevokedToken, Value: claims.ID, At: r.now(), ExpiresAt: r.now().Add(time.Hour)})
		s.send(`{"type":"auth","token":"` + r.issue(claims) + `"}`)
		s.wantClose(gateway.CloseNotAllowed)
	})
	inBubble(t, "TK-11 a step of the clock past the expiry closes within a second", nil, func(t *testing.T, r *rig) {
		raw, _ := r.signIn(10 * time.Minute)
		s := r.bearer(raw)
		begin := clock.System()
		r.step.Store(int64(time.Hour))
		s.wantClose(gateway.CloseExpired)
		within(t, "close", begin, 0, time.Second)
	})
}

func TestWaitForAToken(t *testing.T) {
	inBubble(t, "WS-03 a socket that shows no token closes within five seconds", nil, func(t *testing.T, r *rig) {
		begin := clock.System()
		s := r.browser()
		s.wantClose(gateway.CloseNoAuth)
		within(t, "close", begin, 4*time.Second, 5*time.Second)
		until(t, "WS-09 one event", func() bool { return len(r.diary.named(audit.SocketRefused)) == 1 })
	})
	inBubble(t, "WS-03 a frame that trickles in does not extend it", nil, func(t *testing.T, r *rig) {
		begin := clock.System()
		c := r.raw("Origin: " + home)
		frame := masked(0x81, make([]byte, 4000))
		stopped := make(chan struct{})
		go func() {
			defer close(stopped)
			for i := range frame {
				if _, err := c.Write(frame[i : i+1]); err != nil {
					return
				}
				<-time.After(200 * time.Millisecond)
			}
		}()
		c.wantClose(gateway.CloseNoAuth)
		within(t, "close", begin, 4*time.Second, 5*time.Second)
		c.release()
		<-stopped
	})
}

func TestHeartbeat(t *testing.T) {
	inBubble(t, "WS-07 a client that answers stays, and its round trip is measured", nil, func(t *testing.T, r *rig) {
		raw, _ := r.signIn(time.Hour)
		s := r.bearer(raw)
		ctx := s.ws.CloseRead(context.Background()) // reads, and so answers pings
		time.Sleep(10 * time.Minute)
		if ctx.Err() != nil {
			t.Fatal("got a closed socket, want an open one")
		}
		if got := r.metric("sallyport_ws_heartbeat_rtt_seconds", ""); got < 23 || got > 24 {
			t.Errorf("got %v round trips in ten minutes, want 23 or 24", got)
		}
		if got := r.metric("sallyport_ws_heartbeat_misses_total", ""); got != 0 {
			t.Errorf("got %v misses, want 0", got)
		}
	})
	inBubble(t, "WS-07 two misses close", nil, func(t *testing.T, r *rig) {
		raw, _ := r.signIn(time.Hour)
		begin := clock.System()
		c := r.raw("Authorization: Bearer " + raw)
		c.want(0x1) // welcome
		c.want(0x9)
		within(t, "first ping", begin, 24*time.Second, 26*time.Second)
		c.want(0x9)
		c.wantClose(gateway.CloseHeartbeat)
		within(t, "close", begin, 74*time.Second, 77*time.Second)
		if got := r.metric("sallyport_ws_heartbeat_misses_total", ""); got != 2 {
			t.Errorf("got %v misses, want 2", got)
		}
		c.release()
	})
	inBubble(t, "WS-07 any frame shows life, as a page can send no control frames", nil, func(t *testing.T, r *rig) {
		raw, _ := r.signIn(time.Hour)
		c := r.raw("Authorization: Bearer " + raw)
		c.want(0x1)
		for range 10 {
			c.want(0x9)
			c.write(masked(0x81, []byte(`{"type":"ping","id":"x"}`)))
			c.want(0x1)
		}
		c.release()
	})
	inBubble(t, "WS-07 a step of the clock backwards does not stop it", nil, func(t *testing.T, r *rig) {
		raw, _ := r.signIn(time.Hour)
		c := r.raw("Authorization: Bearer " + raw)
		c.want(0x1)
		r.step.Store(-int64(24 * time.Hour))
		begin := clock.System()
		c.want(0x9)
		within(t, "ping", begin, 0, 26*time.Second)
		c.release()
	})
}
