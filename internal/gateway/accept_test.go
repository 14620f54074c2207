package gateway_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"testing"
	"time"

	"github.com/sallyport/sallyport/internal/audit"
	"github.com/sallyport/sallyport/internal/fault"
	"github.com/sallyport/sallyport/internal/gateway"
	"github.com/sallyport/sallyport/internal/session"
)

// ask sends a plain upgrade request and returns the answer; the test closes it.
func (r *rig) ask(query string, h http.Header) *http.Response {
	r.t.Helper()
	q, err := http.NewRequestWithContext(context.Background(), http.MethodGet, "http://gateway"+path+query, nil)
	if err != nil {
		r.t.Fatal(err)
	}
	for k, v := range map[string]string{
		"Connection": "Upgrade", "Upgrade": "websocket",
		"Sec-WebSocket-Version": "13", "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
	} {
		q.Header.Set(k, v)
	}
	for k, v := range h {
		if q.Header[k] = v; v == nil {
			delete(q.Header, k)
		}
	}
	res, err := r.client.Do(q)
	if err != nil {
		r.t.Fatal(err)
	}
	r.t.Cleanup(func() { _ = res.Body.Close() })
	return res
}

func problem(t *testing.T, res *http.Response) string {
	t.Helper()
	if res.StatusCode == http.StatusSwitchingProtocols {
		return ""
	}
	b, _ := io.ReadAll(res.Body)
	var p struct{ Code string }
	if err := json.Unmarshal(b, &p); err != nil {
		t.Fatalf("got %q, want a problem document", b)
	}
	return p.Code
}

func TestRefusedBeforeTheUpgrade(t *testing.T) {
	r := start(t, nil)
	good, claims := r.signIn(time.Hour)
	expired, _ := r.signIn(-time.Second)
	ended, over := r.signIn(time.Hour)
	r.revs.Add(session.Revocation{Kind: session.RevokedSession, Value: over.SessionID, ExpiresAt: r.now().Add(time.Hour)})
	bearer := func(raw string) http.Header { return http.Header{"Authorization": {"Bearer " + raw}} }
	offer := func(p string) http.Header {
		return http.Header{"Origin": {home}, "Sec-Websocket-Protocol": {p}}
	}
	both := bearer(good)
	both["Sec-Websocket-Protocol"] = []string{"sallyport.v1, sallyport.token." + good}
	both["Origin"] = []string{home}
	cases := []struct {
		name   string
		query  string
		header http.Header
		status int
		code   fault.Code
	}{
		{"WS-02 ?token=", "?token=" + good, bearer(good), 400, fault.CodeMalformed},
		{"WS-02 ?access_token=", "?access_token=x", bearer(good), 400, fault.CodeMalformed},
		{"WS-02 ?Ticket=", "?Ticket=x", bearer(good), 400, fault.CodeMalformed},
		{"WS-02 a JWT under another name", "?q=eyJhbGciOi", bearer(good), 400, fault.CodeMalformed},
		{"WS-02 a ticket under another name", "?q=spt_x", bearer(good), 400, fault.CodeMalformed},
		{"WS-01 a foreign origin", "", http.Header{"Origin": {"https://evil.example"}}, 403, fault.CodeOriginNotAllowed},
		{"WS-01 a foreign origin with a good token", "", http.Header{"Origin": {"https://evil.example"}, "Authorization": {"Bearer " + good}}, 403, fault.CodeOriginNotAllowed},
		{"WS-01 the origin with a suffix", "", http.Header{"Origin": {home + ".evil.example"}}, 403, fault.CodeOriginNotAllowed},
		{"WS-01 the origin with a port", "", http.Header{"Origin": {home + ":8443"}}, 403, fault.CodeOriginNotAllowed},
		{"WS-01 the origin over http", "", http.Header{"Origin": {"http://app.example.com"}}, 403, fault.CodeOriginNotAllowed},
		{"WS-01 null", "", http.Header{"Origin": {"null"}}, 403, fault.CodeOriginNotAllowed},
		{"WS-01 two origins", "", http.Header{"Origin": {home, home}}, 403, fault.CodeOriginNotAllowed},
		{"WS-01 no origin, no header", "", nil, 403, fault.CodeOriginNotAllowed},
		{"WS-01 no origin, token as subprotocol", "", http.Header{"Sec-Websocket-Protocol": {"sallyport.v1, sallyport.token." + good}}, 403, fault.CodeOriginNotAllowed},
		{"an unknown token", "", bearer("eyJ.nobody.x"), 401, fault.CodeInvalidToken},
		{"an expired token", "", bearer(expired), 401, fault.CodeInvalidToken},
		{"a revoked token", "", bearer(ended), 401, fault.CodeInvalidToken},
		{"another scheme", "", http.Header{"Authorization": {"Basic dTpw"}}, 401, fault.CodeUnauthenticated},
		{"an empty bearer", "", http.Header{"Authorization": {"Bearer "}}, 401, fault.CodeUnauthenticated},
		{"an unknown token as subprotocol", "", offer("sallyport.v1, sallyport.token.x"), 401, fault.CodeInvalidToken},
		{"an unknown ticket", "", offer("sallyport.v1, sallyport.ticket.x"), 401, fault.CodeInvalidToken},
		{"an empty ticket", "", offer("sallyport.v1, sallyport.ticket."), 401, fault.CodeInvalidToken},
		{"two credentials", "", both, 400, fault.CodeMalformed},
		{"a subprotocol nobody speaks", "", offer("chat"), 400, fault.CodeMalformed},
		{"a token without the subprotocol", "", offer("sallyport.token." + good), 400, fault.CodeMalformed},
		{"no upgrade", "", http.Header{"Connection": nil, "Upgrade": nil, "Authorization": {"Bearer " + good}}, 400, fault.CodeMalformed},
		{"version 12", "", http.Header{"Sec-Websocket-Version": {"12"}, "Authorization": {"Bearer " + good}}, 400, fault.CodeMalformed},
		{"a good token", "?room=1", bearer(good), 101, ""},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			res := r.ask(c.query, c.header)
			if got := problem(t, res); res.StatusCode != c.status || got != string(c.code) {
				t.Errorf("got %d %s, want %d %s", res.StatusCode, got, c.status, c.code)
			}
		})
	}
	t.Run("WS-03 refused tokens were counted against the address", func(t *testing.T) {
		if got := r.limits.failed.Load(); got != 5 {
			t.Errorf("got %d, want 5: three tokens, one subprotocol, one ticket", got)
		}
	})
	t.Run("WS-09 refusals are recorded without the token", func(t *testing.T) {
		if got := len(r.diary.named(audit.SocketRefused)); got != 17 {
			t.Errorf("got %d events, want 17", got)
		}
	})
	_ = claims
}

func TestWaysToAuthenticate(t *testing.T) {
	r := start(t, nil)
	raw, claims := r.signIn(time.Hour)
	cases := []struct {
		name string
		open func() *socket
	}{
		{"WS-02 Authorization header", func() *socket {
			s, _, err := r.try(http.Header{"Authorization": {"Bearer " + raw}})
			if err != nil {
				t.Fatal(err)
			}
			return s
		}},
		{"WS-02 subprotocol", func() *socket { return r.browser(gateway.Protocol, "sallyport.token."+raw) }},
		{"WS-02 ticket", func() *socket { return r.browser("sallyport.ticket."+r.ticket(claims), gateway.Protocol) }},
		{"WS-02 first frame with a token", func() *socket {
			s := r.browser()
			s.send(`{"type":"auth","token":"` + raw + `"}`)
			return s
		}},
		{"WS-02 first frame with a ticket", func() *socket {
			s := r.browser(gateway.Protocol)
			s.send(`{"type":"auth","ticket":"` + r.ticket(claims) + `"}`)
			return s
		}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			s := c.open()
			w := s.want("welcome")
			if w["session_id"] != claims.SessionID || w["heartbeat"] != 25.0 || w["connection_id"] == "" {
				t.Errorf("got %v, want session %s and heartbeat 25", w, claims.SessionID)
			}
			at, err := time.Parse(time.RFC3339Nano, w["expires_at"].(string))
			if err != nil || !at.Equal(claims.ExpiresAt) {
				t.Errorf("got expires_at %v, want %v", w["expires_at"], claims.ExpiresAt)
			}
			s.send(`{"type":"ping","id":"1"}`)
			s.want("pong")
		})
	}
	t.Run("a ticket opens one socket", func(t *testing.T) {
		ticket := "sallyport.ticket." + r.ticket(claims)
		r.browser(gateway.Protocol, ticket).want("welcome")
		_, res, err := r.try(http.Header{"Origin": {home}}, gateway.Protocol, ticket)
		if err == nil || res.StatusCode != 401 {
			t.Errorf("got %v, want 401", status(res))
		}
	})
	t.Run("a ticket store that is away is no failed attempt", func(t *testing.T) {
		before := r.limits.failed.Load()
		r.people.down.Store(true)
		_, res, _ := r.try(http.Header{"Origin": {home}}, gateway.Protocol, "sallyport.ticket.x")
		if res == nil || res.StatusCode != 500 {
			t.Errorf("got %s, want 500", status(res))
		}
		s := r.browser()
		s.send(`{"type":"auth","ticket":"x"}`)
		s.want("error")
		s.wantClose(gateway.CloseInternal)
		if got := r.limits.failed.Load(); got != before {
			t.Errorf("got %d failures counted, want none", got-before)
		}
	})
}

func TestFirstFrame(t *testing.T) {
	r := start(t, nil)
	raw, _ := r.signIn(time.Hour)
	long := make([]byte, 5000)
	for i := range long {
		long[i] = 'x'
	}
	cases := []struct {
		name  string
		frame string
		errs  bool
		want  gateway.CloseCode
	}{
		{"WS-03 a ping", `{"type":"ping"}`, false, gateway.CloseNoAuth},
		{"WS-03 no JSON", `hello`, false, gateway.CloseNoAuth},
		{"WS-03 token and ticket", `{"type":"auth","token":"` + raw + `","ticket":"x"}`, false, gateway.CloseNoAuth},
		{"WS-03 a member too many", `{"type":"auth","token":"` + raw + `","x":"y"}`, false, gateway.CloseNoAuth},
		{"WS-03 a bad token", `{"type":"auth","token":"nobody"}`, true, gateway.CloseNoAuth},
		{"WS-03 more than 4 KiB", `{"type":"auth","token":"` + string(long) + `"}`, false, gateway.CloseTooBig},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			s := r.browser()
			s.send(c.frame)
			if c.errs {
				if got := s.want("error"); got["code"] != "invalid_token" {
					t.Errorf("got %v, want invalid_token", got)
				}
			}
			s.wantClose(c.want)
		})
	}
}

func TestCaps(t *testing.T) {
	from := func(prefix, raw string) http.Header {
		return http.Header{"Authorization": {"Bearer " + raw}, "Test-Prefix": {prefix}}
	}
	refused := func(t *testing.T, r *rig, h http.Header, want int) {
		t.Helper()
		_, res, err := r.try(h)
		if err == nil || res == nil || res.StatusCode != want {
			t.Fatalf("got %s, want %d", status(res), want)
		}
		if res.Header.Get("Retry-After") == "" {
			t.Error("got no Retry-After, want one")
		}
	}
	t.Run("WS-06 connections of one user", func(t *testing.T) {
		r := start(t, func(c *gateway.Config) { c.MaxPerUser = 3 })
		raw, claims := r.signIn(time.Hour)
		for range 3 {
			r.bearer(raw)
		}
		other := claims
		other.SessionID = "another"
		refused(t, r, from("192.0.2.9", r.issue(other)), 429)
		again, _ := r.signIn(time.Hour)
		r.bearer(again)
	})
	t.Run("WS-06 the fourth replaces the oldest", func(t *testing.T) {
		r := start(t, func(c *gateway.Config) { c.MaxPerUser, c.ReplaceOldest = 3, true })
		raw, claims := r.signIn(time.Hour)
		first, second := r.bearer(raw), r.bearer(raw)
		r.bearer(raw)
		r.bearer(raw)
		first.wantClose(gateway.CloseReplaced)
		second.send(`{"type":"ping"}`)
		second.want("pong")
		if got := len(r.gw.ConnectionsOf(claims.Subject)); got != 3 {
			t.Errorf("got %d connections, want 3", got)
		}
	})
	t.Run("WS-06 connections of one session", func(t *testing.T) {
		r := start(t, func(c *gateway.Config) { c.MaxPerSession = 1 })
		raw, _ := r.signIn(time.Hour)
		s := r.bearer(raw)
		refused(t, r, from("192.0.2.9", raw), 429)
		_ = s.ws.Close(1000, "")
		until(t, "the place is free", func() bool { return r.gw.Counts().Open == 0 })
		r.bearer(raw)
	})
	t.Run("WS-06 connections of one address", func(t *testing.T) {
		r := start(t, func(c *gateway.Config) { c.MaxPerIP = 2 })
		for range 2 {
			raw, _ := r.signIn(time.Hour)
			r.bearer(raw)
		}
		raw, _ := r.signIn(time.Hour)
		refused(t, r, from("", raw), 429)
		if _, _, err := r.try(from("2001:db8::/64", raw)); err != nil {
			t.Errorf("another address: got %v, want a socket", err)
		}
		if got := len(r.diary.named(audit.RateLimitExceeded)); got != 1 {
			t.Errorf("WS-09: got %d events, want 1", got)
		}
	})
	t.Run("WS-06 connections of the node", func(t *testing.T) {
		r := start(t, func(c *gateway.Config) { c.MaxTotal = 1 })
		raw, _ := r.signIn(time.Hour)
		r.bearer(raw)
		refused(t, r, from("192.0.2.9", raw), 503)
	})
	t.Run("WS-03 sockets of one address that wait for a token", func(t *testing.T) {
		r := start(t, func(c *gateway.Config) { c.MaxPendingIP = 2 })
		raw, _ := r.signIn(time.Hour)
		waiting := r.browser()
		r.browser()
		refused(t, r, http.Header{"Origin": {home}}, 429)
		r.bearer(raw) // a token in hand is not held up
		waiting.send(`{"type":"auth","token":"` + raw + `"}`)
		waiting.want("welcome")
		r.browser()
	})
	t.Run("a user over the cap on the first frame", func(t *testing.T) {
		r := start(t, func(c *gateway.Config) { c.MaxPerUser = 1 })
		raw, _ := r.signIn(time.Hour)
		r.bearer(raw)
		s := r.browser()
		s.send(`{"type":"auth","token":"` + raw + `"}`)
		s.want("error")
		s.wantClose(gateway.CloseTooManyConn)
	})
	t.Run("RL-11 limits that cannot be asked refuse", func(t *testing.T) {
		r := start(t, nil)
		raw, _ := r.signIn(time.Hour)
		r.limits.connect = errors.New("nobody answers")
		if res := r.ask("", http.Header{"Authorization": {"Bearer " + raw}}); res.StatusCode != 500 {
			t.Errorf("got %d, want 500", res.StatusCode)
		}
		r.limits.connect, r.limits.admit = nil, fault.New(fault.CodeRateLimited).WithRetryAfter(time.Second)
		refused(t, r, from("192.0.2.9", raw), 429)
		s := r.browser()
		s.send(`{"type":"auth","token":"` + raw + `"}`)
		s.want("error")
		s.wantClose(gateway.CloseTooManyConn)
	})
}
