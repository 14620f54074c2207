package session_test

import (
	"context"
	"log/slog"
	"testing"
	"testing/synctest"
	"time"

	"github.com/sallyport/sallyport/internal/apptest"
	"github.com/sallyport/sallyport/internal/audit"
	"github.com/sallyport/sallyport/internal/bus/memory"
	"github.com/sallyport/sallyport/internal/clock"
	"github.com/sallyport/sallyport/internal/fault"
	"github.com/sallyport/sallyport/internal/ident"
	"github.com/sallyport/sallyport/internal/session"
	"github.com/sallyport/sallyport/internal/token"
)

// TestClockStep moves the machine's clock while a token is revoked: by the time
// the clock is right again, so is the set.
func TestClockStep(t *testing.T) {
	step := func(t *testing.T, by ...time.Duration) {
		synctest.Test(t, func(t *testing.T) {
			c := clock.NewFake(clock.System())
			log := &rows{live: true}
			feed := &session.Feed{Set: session.NewRevocations(), Log: log, Bus: memory.New(0), Clock: c.Now, Slog: slog.New(slog.DiscardHandler)}
			if err := feed.Load(t.Context()); err != nil {
				t.Fatal(err)
			}
			ctx, cancel := context.WithCancel(t.Context())
			done := make(chan struct{})
			go func() { feed.Run(ctx); close(done) }()
			c.Advance(5 * time.Minute)
			time.Sleep(3 * time.Second)
			now := c.Now() // the set hears of it, and so does the database
			r := session.Revocation{ID: "r", Kind: session.RevokedToken, Value: "j", At: now.Add(-4 * time.Minute), ExpiresAt: now.Add(7 * time.Minute)}
			log.change(func(l *rows) { l.all = append(l.all, r) })
			feed.Set.Add(r)
			for _, d := range by {
				c.Advance(d)
				synctest.Wait()
				if d < -session.MaxStale && fault.Of(feed.Current()) != fault.CodeUnavailable {
					t.Errorf("OP-09 %v and not yet read: got %v, want %s", d, feed.Current(), fault.CodeUnavailable)
				}
				time.Sleep(3 * time.Second)
				synctest.Wait()
				if err := feed.Current(); err != nil {
					t.Errorf("%v and read: got %v, want nil", d, err)
				}
			}
			if !feed.Set.Revoked(token.Claims{ID: "j"}) {
				t.Error("got the token good again, want it revoked")
			}
			cancel()
			<-done
		})
	}
	t.Run("TK-11 an hour ahead and back", func(t *testing.T) { step(t, time.Hour, -time.Hour) })
	t.Run("TK-11 a year ahead and back", func(t *testing.T) { step(t, 365*24*time.Hour, -365*24*time.Hour) })
	t.Run("TK-11 an hour back and ahead", func(t *testing.T) { step(t, -time.Hour, time.Hour) })
	t.Run("TK-11 an hour back", func(t *testing.T) { step(t, -time.Hour) })
}

// TestRevocationsLast shows what the database keeps of revocations, and that a
// node that starts anew knows them.
func TestRevocationsLast(t *testing.T) {
	apptest.OnBoth(t, func(t *testing.T, r *apptest.Rig) {
		u := r.Member(t, email)
		held := r.SignedIn(t, email)
		c := token.Claims{ID: ident.New(), Subject: u.ID, SessionID: held.Session.ID, ExpiresAt: r.Clock.Now().Add(10 * time.Minute)}
		restarted := func() *session.Revocations {
			t.Helper()
			f := &session.Feed{Set: session.NewRevocations(), Log: r.Store, Clock: r.Clock.Now}
			if err := f.Load(r.Ctx()); err != nil {
				t.Fatal(err)
			}
			return f.Set
		}
		if err := r.Sessions.RevokeToken(r.Ctx(), c, "reported"); err != nil {
			t.Fatal(err)
		}
		if !r.Sessions.Revocations.Revoked(c) || !restarted().Revoked(c) {
			t.Error("TK-11 by jti: got it good, want it revoked here at once and after a restart")
		}
		other := token.Claims{ID: ident.New(), Subject: u.ID, SessionID: held.Session.ID}
		if restarted().Revoked(other) {
			t.Error("TK-11 another token of the session: got it revoked, want it good")
		}
		if got := r.Events(t); got[len(got)-1] != audit.TokenRevoked {
			t.Errorf("AU-01 got %v last, want %s", got[len(got)-1], audit.TokenRevoked)
		}
		if err := r.Sessions.End(r.Ctx(), u.ID, held.Session.ID, "logout"); err != nil {
			t.Fatal(err)
		}
		r.Clock.Advance(10*time.Minute + time.Second)
		if !restarted().Revoked(other) || !restarted().Revoked(c) {
			t.Error("TK-11 when the last token has expired: got it forgotten, want it kept for the skew of verifiers")
		}
		r.Clock.Advance(time.Hour)
		if got := restarted().Len(); got != 0 {
			t.Errorf("TK-11 an hour later: got %d kept, want none", got)
		}
		if err := r.Sweep(r.Ctx()); err != nil {
			t.Fatal(err)
		}
		r.Clock.Advance(-time.Hour)
		if !restarted().Revoked(other) {
			t.Error("TK-11 after a clock that was an hour ahead was set right: got it forgotten, want it kept")
		}
	})
}
