package faults_test

import (
	"net"
	"testing"
	"time"

	"github.com/sallyport/sallyport/internal/app"
	"github.com/sallyport/sallyport/internal/apptest"
	"github.com/sallyport/sallyport/internal/clock"
	"github.com/sallyport/sallyport/internal/config"
	"github.com/sallyport/sallyport/internal/faults"
)

// TestClockJumps runs the whole program on a clock that leaps forward and back:
// what was spent or revoked stays so, whatever time it is, and nobody outlives
// their session.
func TestClockJumps(t *testing.T) {
	engines(t, func(t *testing.T, databaseURL string) {
		b := newBench(t, 0, databaseURL)
		fake := clock.NewFake(clock.System())
		ln, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		base := "http://" + ln.Addr().String()
		b.nodes = []*node{{url: base}}
		cfg, err := config.Load(append(limitless(), "PUBLIC_URL="+base, "DATABASE_URL="+databaseURL, "METRICS_ADDR=off",
			"SECRET_KEY=Zq7v0Y1m3o5Kc8Xw2Rt6Ub4Ne9Lp1Js0Hd5Ga7Fi3k8"), "")
		if err != nil {
			t.Fatal(err)
		}
		a, err := app.Open(t.Context(), cfg, app.Options{Version: "faults", Clock: fake.Now})
		if err != nil {
			t.Fatal(err)
		}
		apptest.Serve(t, a, ln)

		somebody := func(email string) *person {
			p := newPerson(b, email)
			await(t, "a sign-in", time.Minute, p.signIn)
			return p
		}
		held, out := somebody("held@example.org"), somebody("out@example.org")
		if !held.rotate(1) || !out.signOut() {
			t.Fatal("refresh and sign-out before any jump: got a refusal, want both")
		}
		// me is what a token is answered once the revocations were read on the new time;
		// until then it is refused with 503.
		me := func(p *person) (status int) {
			await(t, "the revocations are read", 20*time.Second, func() bool {
				status, _ = b.call("GET", "/api/v1/me", p.access, nil)
				return status != 503
			})
			return status
		}
		for _, jump := range []struct {
			by      time.Duration
			me      int  // what the access token of before is answered
			refresh bool // whether the session can be refreshed then
		}{
			{time.Hour, 401, true},                  // tokens are over, sessions are not
			{-3 * time.Hour, 401, true},             // tokens and sessions seem to be made in the future
			{10 * time.Minute, 0, true},             // whatever the token says, the session lives
			{10 * 365 * 24 * time.Hour, 401, false}, // everything is over
			{-10 * 365 * 24 * time.Hour, 401, true}, // a session of the future lives, its tokens do not
		} {
			fake.Advance(jump.by)
			if got := me(held); jump.me != 0 && got != jump.me {
				t.Errorf("TK-02 %v later: got %d for the token of before, want %d", jump.by, got, jump.me)
			}
			token := held.refresh
			if got := held.rotate(1); got != jump.refresh {
				t.Errorf("TK-06 %v later: refreshed %v, want %v", jump.by, got, jump.refresh)
			}
			if held.refresh != "" {
				if got := me(held); got != 200 {
					t.Errorf("%v later: got %d for a token of now, want 200", jump.by, got)
				}
			}
			b.do(faults.Spend, name("refresh token", token), "POST", "/api/v1/auth/refresh", "", map[string]any{"refresh_token": token})
			held.forget()
			await(t, "a sign-in after a jump", time.Minute, held.signIn)
			out.looksBack()
		}
		for _, broken := range faults.Check(b.Ops()) {
			t.Error(broken)
		}
		b.neverWrong(t)
		if err := a.SealAudit(t.Context()); err != nil {
			t.Errorf("AU-05 sealing after the jumps: %v", err)
		}
	})
}
