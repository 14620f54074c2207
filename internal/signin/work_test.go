package signin_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/sallyport/sallyport/internal/account"
	"github.com/sallyport/sallyport/internal/apptest"
	"github.com/sallyport/sallyport/internal/audit"
	"github.com/sallyport/sallyport/internal/factor"
	"github.com/sallyport/sallyport/internal/fault"
	"github.com/sallyport/sallyport/internal/proof"
	"github.com/sallyport/sallyport/internal/session"
	"github.com/sallyport/sallyport/internal/signin"
	"github.com/sallyport/sallyport/internal/storetest"
)

// hashes counts the slow hashes that sign-ins cost.
type hashes struct {
	signin.Passwords
	verified, spent int // with somebody's hash, with nobody's
}

func (h *hashes) Verify(ctx context.Context, encoded, password string) (bool, string, error) {
	if encoded == "" {
		h.spent++
	} else {
		h.verified++
	}
	return h.Passwords.Verify(ctx, encoded, password)
}

// with is the sign-in room of a program with other parts.
func with(r *apptest.Rig, change func(p *signin.Parts)) *signin.Service {
	parts := r.SignIn.Parts
	change(&parts)
	return signin.New(parts)
}

func TestEveryRefusalCostsOneHash(t *testing.T) {
	r := apptest.Open(t, storetest.SQLite(t))
	r.Member(t, email)
	locked := r.Member(t, "locked@example.org")
	if err := r.Accounts.Disable(r.Ctx(), locked.ID, account.Operator()); err != nil {
		t.Fatal(err)
	}
	if _, err := r.Accounts.Add(r.Ctx(), account.Registration{Email: "provider@example.org"}, account.Member, account.Operator()); err != nil {
		t.Fatal(err)
	}
	for name, tt := range map[string]struct {
		address         string
		verified, spent int
	}{
		"PW-09 a wrong password":          {email, 1, 0},
		"PW-09 an unknown address":        {"nobody@example.org", 0, 1},
		"PW-09 what is no address":        {"rubbish", 0, 1},
		"PW-09 a disabled user":           {locked.Email, 0, 1},
		"PW-09 a user without a password": {"provider@example.org", 0, 1},
	} {
		t.Run(name, func(t *testing.T) {
			h := &hashes{Passwords: r.SignIn.Passwords}
			rows := len(r.Rows(t))
			s := with(r, func(p *signin.Parts) { p.Passwords = h })
			_, err := s.Password(r.Ctx(), tt.address, "not the right one at all", session.InBody)
			if fault.Of(err) != fault.CodeInvalidCredentials || h.verified != tt.verified || h.spent != tt.spent {
				t.Errorf("got %v for %d compared and %d for nobody, want %s for %d and %d",
					err, h.verified, h.spent, fault.CodeInvalidCredentials, tt.verified, tt.spent)
			}
			if got := r.Rows(t)[rows:]; len(got) != 1 || got[0].Name != audit.LoginFail {
				t.Errorf("got audit rows %+v, want one %s", got, audit.LoginFail)
			}
		})
	}
}

func TestNothingIsComparedWhileItRests(t *testing.T) {
	apptest.OnBoth(t, func(t *testing.T, r *apptest.Rig) {
		r.Member(t, email)
		h := &hashes{Passwords: r.SignIn.Passwords}
		s := with(r, func(p *signin.Parts) { p.Passwords = h })
		for range 9 {
			if _, err := s.Password(r.Ctx(), email, "not the right one", session.InBody); err == nil {
				t.Fatal("a wrong password: got a session")
			}
		}
		if h.verified != 5 {
			t.Errorf("RL-04 got %d compared of 9, want 5", h.verified)
		}
		r.Clock.Advance(31 * time.Second)
		if _, err := s.Password(r.Ctx(), email, "not the right one", session.InBody); fault.Of(err) != fault.CodeInvalidCredentials {
			t.Errorf("RL-01 after its rest: got %v, want it compared", err)
		}
		r.Clock.Advance(31 * time.Second)
		if _, err := s.Password(r.Ctx(), email, apptest.Password, session.InBody); fault.Of(err) != fault.CodeRateLimited {
			t.Errorf("RL-01 after the sixth it rests for a minute: got %v, want %s", err, fault.CodeRateLimited)
		}
	})
}

// TestCounterOutlivesTheRequest gives up on a request in the middle of its
// comparison.
func TestCounterOutlivesTheRequest(t *testing.T) {
	apptest.OnBoth(t, func(t *testing.T, r *apptest.Rig) {
		u := r.Member(t, email)
		for range 3 {
			ctx, cancel := context.WithCancel(r.Ctx())
			s := with(r, func(p *signin.Parts) { p.Passwords = leaving{p.Passwords, cancel} })
			if _, err := s.Password(ctx, email, "not the right one", session.InBody); err == nil {
				t.Fatal("got a session, want the request gone")
			}
		}
		c, err := r.Store.CountAttempt(r.Ctx(), u.ID, proof.Password, r.Clock.Now(), signin.DefaultCurve)
		if err != nil || c.Failures != 4 {
			t.Errorf("RL-03 got %d failures, %v, want the three and this one", c.Failures, err)
		}
		failures := 0
		for _, e := range r.Rows(t) {
			if e.Name == audit.LoginFail && e.TargetID == u.ID {
				failures++
			}
		}
		if failures != 3 {
			t.Errorf("AU-06 got %d rows of failed sign-ins, want 3", failures)
		}
	})
}

// leaving cancels the request while it compares.
type leaving struct {
	signin.Passwords
	leave func()
}

func (l leaving) Verify(ctx context.Context, encoded, password string) (bool, string, error) {
	l.leave()
	return l.Passwords.Verify(ctx, encoded, password)
}

func TestRehash(t *testing.T) {
	file := "sqlite:" + t.TempDir() + "/x.db"
	before := apptest.Open(t, file)
	u := before.Member(t, email)
	after := apptest.Open(t, file, "ARGON2_TIME=3")
	held := func() string {
		t.Helper()
		u, err := after.Store.UserByID(after.Ctx(), u.ID)
		if err != nil {
			t.Fatal(err)
		}
		return u.PasswordHash
	}
	if err := try(after, email, "not the right one"); err == nil || held() != u.PasswordHash {
		t.Errorf("PW-06 a wrong password: got %v, %.32s…, want it refused and the old hash", err, held())
	}
	after.SignedIn(t, email)
	first := held()
	if !strings.Contains(first, "t=3") {
		t.Errorf("PW-06 policy rose: got %.32s…, want it hashed anew", first)
	}
	if after.SignedIn(t, email); held() != first {
		t.Error("PW-06 a second sign-in: got another hash, want it kept")
	}
}

// sick is a database that fails at one of the calls of a sign-in.
type sick struct {
	signin.Store
	find, count, clear, record error
}

func (s sick) UserByEmail(ctx context.Context, canonical string) (account.User, error) {
	if s.find != nil {
		return account.User{}, s.find
	}
	return s.Store.UserByEmail(ctx, canonical)
}

func (s sick) CountAttempt(ctx context.Context, subject string, m proof.Method, now time.Time, c signin.Curve) (signin.Count, error) {
	if s.count != nil {
		return signin.Count{Evaluate: true}, s.count
	}
	return s.Store.CountAttempt(ctx, subject, m, now, c)
}

func (s sick) ClearAttempts(ctx context.Context, subject string, m proof.Method) error {
	if s.clear != nil {
		return s.clear
	}
	return s.Store.ClearAttempts(ctx, subject, m)
}

func (s sick) Record(ctx context.Context, t audit.Trail) error {
	if s.record != nil {
		return s.record
	}
	return s.Store.Record(ctx, t)
}

// blind cannot say which factors a user has.
type blind struct{ err error }

func (b blind) Held(context.Context, string) ([]factor.Offer, error) { return nil, b.err }

func TestFailsClosed(t *testing.T) {
	r := apptest.Open(t, storetest.SQLite(t))
	u := r.Member(t, email)
	held := r.SignedIn(t, email)
	away := errors.New("away")
	for name, tt := range map[string]struct {
		change   func(p *signin.Parts)
		password string
	}{
		"OP-09 finding the user":                {func(p *signin.Parts) { p.Store = sick{Store: p.Store, find: away} }, apptest.Password},
		"OP-09 counting the try":                {func(p *signin.Parts) { p.Store = sick{Store: p.Store, count: away} }, apptest.Password},
		"OP-09 clearing the count":              {func(p *signin.Parts) { p.Store = sick{Store: p.Store, clear: away} }, apptest.Password},
		"AU-06 writing a failure down":          {func(p *signin.Parts) { p.Store = sick{Store: p.Store, record: away} }, "not the right one"},
		"OP-09 MF-02 looking up second factors": {func(p *signin.Parts) { p.Held = blind{away} }, apptest.Password},
	} {
		t.Run(name, func(t *testing.T) {
			o, err := with(r, tt.change).Password(r.Ctx(), email, tt.password, session.InBody)
			if !errors.Is(err, away) || o.Tokens != nil || o.Attempt != "" {
				t.Errorf("got %+v, %v, want %v and nothing else", o, err, away)
			}
		})
	}
	t.Run("OP-09 MF-03 a guarded action", func(t *testing.T) {
		s := with(r, func(p *signin.Parts) { p.Held = blind{away} })
		if _, err := s.Guard(r.Ctx(), u.ID, held.Session.ID); !errors.Is(err, away) {
			t.Errorf("got %v, want %v", err, away)
		}
	})
	if all, err := r.Sessions.List(r.Ctx(), u.ID); err != nil || len(all) != 1 {
		t.Errorf("got %d sessions, %v, want none more", len(all), err)
	}
}
