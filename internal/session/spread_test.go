package session_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/sallyport/sallyport/internal/apptest"
	"github.com/sallyport/sallyport/internal/audit"
	"github.com/sallyport/sallyport/internal/fault"
	"github.com/sallyport/sallyport/internal/proof"
	"github.com/sallyport/sallyport/internal/session"
	"github.com/sallyport/sallyport/internal/signin"
	"github.com/sallyport/sallyport/internal/storetest"
	"github.com/sallyport/sallyport/internal/token"
)

// dead is a bus that takes nothing.
type dead struct{ asked chan struct{} }

func (d dead) Publish(_ context.Context, _ string, _ []byte) error {
	d.asked <- struct{}{}
	return errors.New("the bus is away")
}

// with is the session room of a program with other parts.
func with(r *apptest.Rig, change func(p *session.Parts)) *session.Service {
	parts := r.Sessions.Parts
	change(&parts)
	return session.New(parts)
}

func TestEndWithoutTheBus(t *testing.T) {
	r := apptest.Open(t, storetest.SQLite(t))
	u := r.Member(t, email)
	held := r.SignedIn(t, email)
	bus := dead{make(chan struct{}, 1)}
	s := with(r, func(p *session.Parts) { p.Publisher = bus })
	if err := s.End(r.Ctx(), u.ID, held.Session.ID, "logout"); err != nil {
		t.Errorf("TK-11 got %v, want it ended whatever the bus does", err)
	}
	<-bus.asked
	if !r.Sessions.Revocations.Revoked(token.Claims{Subject: u.ID, SessionID: held.Session.ID}) {
		t.Error("TK-11 this node's set: got the session good, want it revoked at once")
	}
}

func TestRefreshIsLimited(t *testing.T) {
	r := apptest.Open(t, storetest.SQLite(t), "RATE_REFRESH_SESSION=2/1m")
	r.Member(t, email)
	held, other := r.SignedIn(t, email), r.SignedIn(t, email)
	for range 2 {
		next, err := r.Sessions.Refresh(r.Ctx(), held.Refresh)
		if err != nil {
			t.Fatal(err)
		}
		held = next
	}
	got, err := r.Sessions.Refresh(r.Ctx(), held.Refresh)
	refused(t, "RL-13 the third in a minute", got, err, fault.CodeRateLimited)
	if _, err := r.Sessions.Refresh(r.Ctx(), other.Refresh); err != nil {
		t.Errorf("RL-13 another session: got %v, want tokens", err)
	}
}

func TestStepUpsAtOnce(t *testing.T) {
	apptest.OnBoth(t, func(t *testing.T, r *apptest.Rig) {
		u := r.Member(t, email)
		held := r.SignedIn(t, email)
		methods := []proof.Method{proof.TOTP, proof.SMS, proof.BackupCode}
		var wg sync.WaitGroup
		for _, m := range methods {
			wg.Go(func() {
				if _, err := r.Sessions.StepUp(r.Ctx(), signin.HolderOf(u), held.Session.ID, proof.Proof{Method: m, At: r.Clock.Now()}); err != nil {
					t.Errorf("%s: got %v, want a new access token", m, err)
				}
			})
		}
		wg.Wait()
		n, err := r.Sessions.Live(r.Ctx(), u.ID, held.Session.ID)
		if err != nil || n.Level != proof.AAL2 || len(n.Proofs) != 1+len(methods) {
			t.Errorf("MF-05 got %s with %d proofs, %v, want aal2 and none lost", n.Level, len(n.Proofs), err)
		}
	})
}

// sick is a database that fails at one of the calls of a refresh.
type sick struct {
	session.Store
	find, rotate error
}

func (s sick) FindRefresh(ctx context.Context, hash []byte) (session.Found, error) {
	if s.find != nil {
		return session.Found{}, s.find
	}
	return s.Store.FindRefresh(ctx, hash)
}

func (s sick) RotateRefresh(ctx context.Context, spent []byte, next session.Refresh, successor string, t audit.Trail) (bool, error) {
	if s.rotate != nil {
		return true, s.rotate
	}
	return s.Store.RotateRefresh(ctx, spent, next, successor, t)
}

func TestRefreshFailsClosed(t *testing.T) {
	r := apptest.Open(t, storetest.SQLite(t))
	r.Member(t, email)
	held := r.SignedIn(t, email)
	away := errors.New("away")
	for name, change := range map[string]func(p *session.Parts){
		"OP-09 finding the token":  func(p *session.Parts) { p.Store = sick{Store: p.Store, find: away} },
		"OP-09 spending the token": func(p *session.Parts) { p.Store = sick{Store: p.Store, rotate: away} },
		"OP-09 counting":           func(p *session.Parts) { p.Allow = func(context.Context, string) error { return away } },
	} {
		got, err := with(r, change).Refresh(r.Ctx(), held.Refresh)
		if !errors.Is(err, away) || got.Access != "" || got.Refresh != "" {
			t.Errorf("%s: got tokens %t, %v, want %v", name, got.Access != "", err, away)
		}
	}
	r.Clock.Advance(time.Minute)
	if _, err := r.Sessions.Refresh(r.Ctx(), held.Refresh); err != nil {
		t.Errorf("after its return: got %v, want tokens: nothing was spent", err)
	}
}
