package session_test

import (
	"testing"
	"time"

	"github.com/sallyport/sallyport/internal/apptest"
	"github.com/sallyport/sallyport/internal/fault"
	"github.com/sallyport/sallyport/internal/ident"
	"github.com/sallyport/sallyport/internal/proof"
	"github.com/sallyport/sallyport/internal/session"
	"github.com/sallyport/sallyport/internal/signin"
	"github.com/sallyport/sallyport/internal/storetest"
	"github.com/sallyport/sallyport/internal/token"
)

func TestEnd(t *testing.T) {
	apptest.OnBoth(t, func(t *testing.T, r *apptest.Rig) {
		u, bob := r.Member(t, email), r.Member(t, "bob@example.org")
		one, two, three := r.SignedIn(t, email), r.SignedIn(t, email), r.SignedIn(t, email)
		stranger := r.SignedIn(t, bob.Email)
		live := func() (n int) {
			all, err := r.Sessions.List(r.Ctx(), u.ID)
			if err != nil {
				t.Fatal(err)
			}
			return len(all)
		}
		t.Run("TK-16 only one's own", func(t *testing.T) {
			if err := r.Sessions.EndOwn(r.Ctx(), u.ID, stranger.Session.ID, "revoked"); fault.Of(err) != fault.CodeNotFound {
				t.Errorf("a stranger's: got %v, want %s", err, fault.CodeNotFound)
			}
			if err := r.Sessions.EndOwn(r.Ctx(), u.ID, ident.New(), "revoked"); fault.Of(err) != fault.CodeNotFound {
				t.Errorf("none: got %v, want %s", err, fault.CodeNotFound)
			}
			if _, err := r.Sessions.Live(r.Ctx(), bob.ID, stranger.Session.ID); err != nil {
				t.Errorf("the stranger's: got %v, want it open", err)
			}
		})
		t.Run("TK-12 one, by its id, and for good", func(t *testing.T) {
			for range 2 {
				if err := r.Sessions.End(r.Ctx(), u.ID, one.Session.ID, "logout"); err != nil {
					t.Fatalf("got %v, want nil: ending is idempotent", err)
				}
			}
			got, err := r.Sessions.Refresh(r.Ctx(), one.Refresh)
			refused(t, "its refresh token", got, err, fault.CodeInvalidToken)
			if n := live(); n != 2 {
				t.Errorf("got %d sessions, want 2", n)
			}
		})
		t.Run("TK-12 by the refresh token of a cookie", func(t *testing.T) {
			for _, plain := range []string{"rubbish", "spr_" + three.Refresh[4:len(three.Refresh)-1] + "_", three.Refresh} {
				if err := r.Sessions.EndByRefresh(r.Ctx(), plain, "logout"); err != nil {
					t.Errorf("got %v, want nil", err)
				}
			}
			if n := live(); n != 1 {
				t.Errorf("got %d sessions, want 1", n)
			}
		})
		t.Run("TK-12 all others", func(t *testing.T) {
			r.SignedIn(t, email)
			if err := r.Sessions.EndOthers(r.Ctx(), u.ID, two.Session.ID, "revoked"); err != nil {
				t.Fatal(err)
			}
			if _, err := r.Sessions.Live(r.Ctx(), u.ID, two.Session.ID); err != nil || live() != 1 {
				t.Errorf("got %v and %d sessions, want this one alone", err, live())
			}
		})
	})
}

func TestStepUp(t *testing.T) {
	r := apptest.Open(t, storetest.SQLite(t))
	u := r.Member(t, email)
	held := r.SignedIn(t, email)
	began := r.Clock.Now()
	raise := func(m proof.Method) session.Session {
		t.Helper()
		r.Clock.Advance(time.Minute)
		got, err := r.Sessions.StepUp(r.Ctx(), signin.HolderOf(u), held.Session.ID, proof.Proof{Method: m, At: r.Clock.Now()})
		if err != nil || got.Refresh != "" || got.Session.ID != held.Session.ID {
			t.Fatalf("%s: got %+v, %v, want a new access token of the same session", m, got, err)
		}
		return got.Session
	}
	if got := held.Session; got.Level != proof.AAL1 || !got.AuthTime().Equal(began) {
		t.Fatalf("got %s at %v, want aal1 at %v", got.Level, got.AuthTime(), began)
	}
	raised := raise(proof.TOTP)
	if raised.Level != proof.AAL2 || !raised.AuthTime().Equal(began.Add(time.Minute)) {
		t.Errorf("MF-05 after the app: got %s at %v, want aal2 a minute later", raised.Level, raised.AuthTime())
	}
	if again := raise(proof.Password); again.Level != proof.AAL2 || !again.AuthTime().Equal(raised.AuthTime()) {
		t.Errorf("MF-05 after the password: got %s at %v, want aal2 as old as before", again.Level, again.AuthTime())
	}
	if err := r.Sessions.End(r.Ctx(), u.ID, held.Session.ID, "logout"); err != nil {
		t.Fatal(err)
	}
	_, err := r.Sessions.StepUp(r.Ctx(), signin.HolderOf(u), held.Session.ID, proof.Proof{Method: proof.TOTP, At: r.Clock.Now()})
	if fault.Of(err) != fault.CodeInvalidToken {
		t.Errorf("TK-12 of an ended session: got %v, want %s", err, fault.CodeInvalidToken)
	}
}

func TestOneAttemptOpensOneSession(t *testing.T) {
	r := apptest.Open(t, storetest.SQLite(t))
	u := r.Member(t, email)
	_, err := r.Sessions.Open(r.Ctx(), session.Opening{
		Holder: signin.HolderOf(u), Proofs: []proof.Proof{{Method: proof.Password, At: r.Clock.Now()}}, Attempt: make([]byte, 32),
	})
	if fault.Of(err) != fault.CodeAttemptExpired {
		t.Errorf("MF-01 with an attempt that is spent: got %v, want %s", err, fault.CodeAttemptExpired)
	}
}

func TestRevocations(t *testing.T) {
	set := session.NewRevocations()
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	told := 0
	set.Watch(func(session.Revocation) { told++ })
	c := token.Claims{ID: "j1", SessionID: ident.New(), Subject: "u1"}
	opened, _ := ident.Time(c.SessionID)
	for name, r := range map[string]session.Revocation{
		"TK-11 by jti":                          {Kind: session.RevokedToken, Value: "j1"},
		"TK-11 by sid":                          {Kind: session.RevokedSession, Value: c.SessionID},
		"TK-11 by user":                         {Kind: session.RevokedUser, Value: "u1", NotBefore: opened},
		"TK-11 an unknown kind of a newer node": {Kind: "tenant", Value: "t"},
	} {
		if !r.Concerns(c) {
			t.Errorf("%s: got unconcerned, want revoked", name)
		}
	}
	for name, r := range map[string]session.Revocation{
		"another token":                {Kind: session.RevokedToken, Value: "j2"},
		"another user":                 {Kind: session.RevokedUser, Value: "u2", NotBefore: opened},
		"the user, before the sign-in": {Kind: session.RevokedUser, Value: "u1", NotBefore: opened.Add(-time.Millisecond)},
	} {
		if r.Concerns(c) {
			t.Errorf("%s: got revoked, want unconcerned", name)
		}
	}
	r := session.Revocation{Kind: session.RevokedSession, Value: c.SessionID, ExpiresAt: now.Add(time.Minute)}
	set.Add(r, r)
	set.Add(r)
	if !set.Revoked(c) || told != 1 || set.Len() != 1 {
		t.Errorf("got revoked %v, told %d times, %d kept, want once", set.Revoked(c), told, set.Len())
	}
	set.Forget(now.Add(time.Minute))
	if !set.Revoked(c) {
		t.Error("TK-11 at its end: got forgotten, want kept until it has passed")
	}
	set.Forget(now.Add(time.Minute + time.Second))
	if set.Revoked(c) || set.Len() != 0 {
		t.Error("after its end: got kept, want forgotten")
	}
}

func TestEndByOperator(t *testing.T) {
	apptest.OnBoth(t, func(t *testing.T, r *apptest.Rig) {
		u, bob := r.Member(t, email), r.Member(t, "bob@example.org")
		own, stranger := r.SignedIn(t, email), r.SignedIn(t, bob.Email)
		if err := r.Sessions.EndByOperator(r.Ctx(), u.ID); err != nil {
			t.Fatalf("got %v, want nil", err)
		}
		got, err := r.Sessions.Refresh(r.Ctx(), own.Refresh)
		refused(t, "the ended session", got, err, fault.CodeInvalidToken)
		if _, err := r.Sessions.Live(r.Ctx(), bob.ID, stranger.Session.ID); err != nil {
			t.Errorf("somebody else's: got %v, want it open", err)
		}
		t.Run("AU-02 the operator is the actor, not the user", func(t *testing.T) {
			rows, err := r.Store.AuditPage(r.Ctx(), u.ID, "", 1)
			if err != nil || len(rows) != 1 {
				t.Fatalf("got %v %v, want one row", rows, err)
			}
			e := rows[0].Event
			if e.Reason != "ended_by_operator" || e.ActorKind != "system" || e.ActorID != "" {
				t.Errorf("got %q by %q %q, want ended_by_operator by system without an id", e.Reason, e.ActorKind, e.ActorID)
			}
		})
	})
}
