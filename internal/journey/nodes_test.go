package journey_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/sallyport/sallyport/internal/clock"
	"github.com/sallyport/sallyport/internal/testbed"
)

// TestTwoNodes is one installation of two nodes on one PostgreSQL and one Redis,
// with Redis there, stopped, and back.
func TestTwoNodes(t *testing.T) {
	database, redis := testbed.Postgres(t), testbed.OwnRedis(t)
	settings := []string{"REDIS_URL=" + redis.URL(), "RATE_LOGIN_ACCOUNT=4/1h"}
	one := start(t, database, settings...)
	two := start(t, database, append(settings, "PUBLIC_URL="+one.url)...)
	const email = "ada@example.org"
	one.member(t, email)

	// closes signs in on one node, opens a socket on the other, ends the session on
	// the first and returns how long the socket lived on.
	closes := func(t *testing.T, who string) time.Duration {
		t.Helper()
		one.member(t, who)
		access := one.login(t, who).text("access_token")
		ws := two.socket(t, access)
		frame(t, ws, "welcome")
		began := clock.System()
		one.want(t, 204, "POST", "/api/v1/auth/logout", access, nil)
		wantClose(t, ws, 4001) // within five seconds
		took := clock.System().Sub(began)
		two.want(t, 401, "GET", "/api/v1/me", access, nil)
		return took
	}
	t.Run("TK-11 a session that ends on one node closes its sockets on the other", func(t *testing.T) {
		if took := closes(t, "one@example.org"); took > time.Second {
			t.Errorf("got %v with Redis, want the instant", took)
		}
	})
	t.Run("RL-11 limits hold across the nodes", func(t *testing.T) {
		wrong := map[string]any{"email": email, "password": "not the right one"}
		var got []int
		for i := range 5 {
			s := []*server{one, two}[i%2]
			got = append(got, s.call(t, "POST", "/api/v1/auth/login", "", wrong).status)
		}
		if got[3] != http.StatusUnauthorized || got[4] != http.StatusTooManyRequests {
			t.Errorf("got %v on two nodes, want four tries in all", got)
		}
	})
	redis.Stop()
	t.Run("TK-11 without Redis the other node reads it in the database", func(t *testing.T) {
		t.Logf("closed after %v", closes(t, "two@example.org"))
	})
	t.Run("RL-11 without Redis each node counts by itself, never off", func(t *testing.T) {
		const who = "three@example.org"
		one.member(t, who)
		wrong := map[string]any{"email": who, "password": "not the right one"}
		tries := 0
		for range 10 {
			if one.call(t, "POST", "/api/v1/auth/login", "", wrong).status == http.StatusTooManyRequests {
				break
			}
			tries++
		}
		if tries == 0 || tries > 4 {
			t.Errorf("got %d tries on one node, want some, and no more than both had together", tries)
		}
	})
	t.Run("WS-02 sockets open without Redis", func(t *testing.T) {
		one.member(t, "four@example.org")
		access := one.login(t, "four@example.org").text("access_token")
		frame(t, two.socket(t, access), "welcome")
	})
	redis.Start()
	t.Run("TK-11 with Redis back it is the instant again", func(t *testing.T) {
		waitFor(t, "the bus to carry revocations again", func() bool {
			return closes(t, "back"+clock.System().Format("150405.000000")+"@example.org") < time.Second
		})
	})
}

// TestRestart is a node that stops and starts again on its data.
func TestRestart(t *testing.T) {
	engines(t, func(t *testing.T, databaseURL string) {
		const email = "ada@example.org"
		var access string
		t.Run("before", func(t *testing.T) {
			s := start(t, databaseURL)
			s.member(t, email)
			access = s.login(t, email).text("access_token")
			s.want(t, 204, "POST", "/api/v1/auth/logout", access, nil)
			for range 5 {
				s.want(t, 401, "POST", "/api/v1/auth/login", "", map[string]any{"email": email, "password": "not the right one"})
			}
		})
		s := start(t, databaseURL)
		t.Run("TK-11 what was revoked stays revoked", func(t *testing.T) { s.want(t, 401, "GET", "/api/v1/me", access, nil) })
		t.Run("RL-11 what rests goes on resting", func(t *testing.T) {
			a := s.want(t, 429, "POST", "/api/v1/auth/login", "", map[string]any{"email": email, "password": goodPassword})
			if a.header.Get("Retry-After") == "" {
				t.Error("RL-10 got no Retry-After")
			}
		})
	})
}

// TestCapsOverNodes is one user whose sockets are spread over two nodes.
func TestCapsOverNodes(t *testing.T) {
	for _, full := range []string{"refuse", "replace"} {
		t.Run(full, func(t *testing.T) {
			database, redis := testbed.Postgres(t), testbed.OwnRedis(t)
			settings := []string{"REDIS_URL=" + redis.URL(), "WS_MAX_PER_USER=3", "WS_WHEN_FULL=" + full}
			one := start(t, database, settings...)
			two := start(t, database, append(settings, "PUBLIC_URL="+one.url)...)
			one.member(t, "ada@example.org")
			access := one.login(t, "ada@example.org").text("access_token")
			first := one.socket(t, access)
			frame(t, first, "welcome")
			frame(t, two.socket(t, access), "welcome")
			frame(t, one.socket(t, access), "welcome")
			if full == "replace" {
				frame(t, two.socket(t, access), "welcome")
				wantClose(t, first, 4009) // on the other node
				return
			}
			one.noSocket(t, "WS-06 the fourth on one node", access)
			two.noSocket(t, "WS-06 the fourth on the other", access)
			_ = first.CloseNow()
			waitFor(t, "the place of the closed socket", func() bool { return two.mayConnect(t, access) })

			redis.Stop()
			one.noSocket(t, "RL-11 without Redis, beyond a node's share of two", access, one)
			two.noSocket(t, "RL-11 without Redis, beyond the other's share", access, two)
		})
	}
}

// mayConnect opens a socket, keeps it, and reports whether it was let in.
func (s *server) mayConnect(t *testing.T, access string) bool {
	t.Helper()
	ws, res, err := websocket.Dial(t.Context(), s.url+"/api/v1/ws", &websocket.DialOptions{HTTPHeader: http.Header{"Authorization": {"Bearer " + access}}})
	if err != nil {
		if res == nil || res.StatusCode != http.StatusTooManyRequests {
			t.Fatalf("dial: got %v (%v), want a socket or 429", err, res)
		}
		return false
	}
	t.Cleanup(func() { _ = ws.CloseNow() })
	return true
}

// noSocket fails if a socket is let in; on a node that is to fill its share it
// opens what the share allows first.
func (s *server) noSocket(t *testing.T, what, access string, fill ...*server) {
	t.Helper()
	let := 0
	for range 4 {
		if !s.mayConnect(t, access) {
			break
		}
		let++
	}
	if len(fill) == 0 && let > 0 || let > 2 {
		t.Errorf("%s: got %d sockets let in", what, let)
	}
}
