package session_test

import (
	"context"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/sallyport/sallyport/internal/account"
	"github.com/sallyport/sallyport/internal/apptest"
	"github.com/sallyport/sallyport/internal/audit"
	"github.com/sallyport/sallyport/internal/fault"
	"github.com/sallyport/sallyport/internal/message"
	"github.com/sallyport/sallyport/internal/proof"
	"github.com/sallyport/sallyport/internal/session"
	"github.com/sallyport/sallyport/internal/signin"
	"github.com/sallyport/sallyport/internal/storetest"
)

const email = "ada@example.org"

// refused checks the answer of a refresh that gives nothing away.
func refused(t *testing.T, what string, got session.Tokens, err error, want fault.Code) {
	t.Helper()
	if fault.Of(err) != want || got.Access != "" || got.Refresh != "" {
		t.Errorf("%s: got tokens %t, %v, want %s", what, got.Access != "", err, want)
	}
}

func TestRefresh(t *testing.T) {
	apptest.OnBoth(t, func(t *testing.T, r *apptest.Rig) {
		r.Member(t, email)
		first := r.SignedIn(t, email)
		next, err := r.Sessions.Refresh(r.Ctx(), first.Refresh)
		if err != nil || next.Refresh == first.Refresh || next.Access == first.Access || next.Session.ID != first.Session.ID {
			t.Fatalf("TK-07 got %+v, %v, want a new pair of the same session", next, err)
		}
		for _, bad := range []string{"", "spr_", "spr_" + first.Refresh[5:], first.Access, first.Refresh + "A"} {
			got, err := r.Sessions.Refresh(r.Ctx(), bad)
			refused(t, "TK-07 "+bad, got, err, fault.CodeInvalidToken)
		}
	})
}

func TestReuse(t *testing.T) {
	apptest.OnBoth(t, func(t *testing.T, r *apptest.Rig) {
		r.Member(t, email)
		first, other := r.SignedIn(t, email), r.SignedIn(t, email)
		next, err := r.Sessions.Refresh(r.Ctx(), first.Refresh)
		if err != nil {
			t.Fatal(err)
		}
		r.Mails(t)
		r.Clock.Advance(11 * time.Second)
		got, err := r.Sessions.Refresh(r.Ctx(), first.Refresh)
		refused(t, "TK-07 the spent token", got, err, fault.CodeInvalidToken)
		got, err = r.Sessions.Refresh(r.Ctx(), next.Refresh)
		refused(t, "TK-07 its successor, whoever holds it", got, err, fault.CodeInvalidToken)
		if _, err := r.Sessions.Refresh(r.Ctx(), other.Refresh); err != nil {
			t.Errorf("another session: got %v, want it untouched", err)
		}
		if got := r.Kinds(t); !slices.Equal(got, []message.Kind{message.TokenReused}) {
			t.Errorf("AU-07 mails: got %v, want one warning", got)
		}
		if got := r.Events(t); !slices.Contains(got, audit.TokenReuse) {
			t.Errorf("AU-01 events: got %v, want %s among them", got, audit.TokenReuse)
		}
		if n, err := r.Store.SessionByID(r.Ctx(), first.Session.ID); err != nil || n.EndReason != "token_reuse" {
			t.Errorf("session: got %+v, %v, want ended for reuse", n, err)
		}
	})
}

func TestGrace(t *testing.T) {
	begin := func(t *testing.T, r *apptest.Rig) (first, next session.Tokens) {
		first = r.SignedIn(t, email)
		next, err := r.Sessions.Refresh(r.Ctx(), first.Refresh)
		if err != nil {
			t.Fatal(err)
		}
		return first, next
	}
	apptest.OnBoth(t, func(t *testing.T, r *apptest.Rig) {
		r.Member(t, email)
		t.Run("TK-08 the same client gets the same successor once", func(t *testing.T) {
			first, next := begin(t, r)
			r.Clock.Advance(9 * time.Second)
			again, err := r.Sessions.Refresh(r.Ctx(), first.Refresh)
			if err != nil || again.Refresh != next.Refresh {
				t.Fatalf("got %v, %v, want the successor again", again.Refresh == next.Refresh, err)
			}
			got, err := r.Sessions.Refresh(r.Ctx(), first.Refresh)
			refused(t, "a third time", got, err, fault.CodeConflict)
			if _, err := r.Sessions.Refresh(r.Ctx(), next.Refresh); err != nil {
				t.Errorf("the successor: got %v, want it to work still", err)
			}
		})
		t.Run("TK-08 another client is a thief", func(t *testing.T) {
			first, next := begin(t, r)
			got, err := r.Sessions.Refresh(apptest.From(t.Context(), "198.51.100.9", "browser"), first.Refresh)
			refused(t, "from elsewhere", got, err, fault.CodeInvalidToken)
			got, err = r.Sessions.Refresh(r.Ctx(), next.Refresh)
			refused(t, "the successor", got, err, fault.CodeInvalidToken)
		})
		t.Run("TK-08 not after ten seconds", func(t *testing.T) {
			first, _ := begin(t, r)
			r.Clock.Advance(10 * time.Second)
			got, err := r.Sessions.Refresh(r.Ctx(), first.Refresh)
			refused(t, "late", got, err, fault.CodeInvalidToken)
		})
		t.Run("TK-08 of many at once one rotates, one gets the same, the others wait", func(t *testing.T) {
			first := r.SignedIn(t, email)
			var mu sync.Mutex
			successors, conflicts := map[string]int{}, 0
			var wg sync.WaitGroup
			for range 12 {
				wg.Go(func() {
					got, err := r.Sessions.Refresh(r.Ctx(), first.Refresh)
					mu.Lock()
					defer mu.Unlock()
					if fault.Of(err) == fault.CodeConflict {
						conflicts++
					} else if successors[got.Refresh]++; err != nil {
						t.Errorf("got %v, want tokens or a conflict", err)
					}
				})
			}
			wg.Wait()
			if len(successors) != 1 || conflicts != 10 {
				t.Errorf("got %d successors and %d conflicts, want 1 and 10", len(successors), conflicts)
			}
		})
	})
}

func TestNoGrace(t *testing.T) {
	r := apptest.Open(t, storetest.SQLite(t), "REFRESH_GRACE=0s")
	r.Member(t, email)
	first := r.SignedIn(t, email)
	if _, err := r.Sessions.Refresh(r.Ctx(), first.Refresh); err != nil {
		t.Fatal(err)
	}
	got, err := r.Sessions.Refresh(r.Ctx(), first.Refresh)
	refused(t, "TK-08 without a window", got, err, fault.CodeInvalidToken)
}

func TestLives(t *testing.T) {
	for profile, life := range map[string]struct{ whole, idle time.Duration }{
		"standard": {30 * 24 * time.Hour, 7 * 24 * time.Hour},
		"strict":   {24 * time.Hour, time.Hour},
	} {
		t.Run("TK-09 "+profile, func(t *testing.T) {
			r := apptest.Open(t, storetest.SQLite(t), "SECURITY_PROFILE="+profile)
			u := r.Member(t, email)
			open := func() session.Tokens {
				at := r.Clock.Now()
				got, err := r.Sessions.Open(r.Ctx(), session.Opening{
					Holder: signin.HolderOf(u), Proofs: []proof.Proof{{Method: proof.Password, At: at}, {Method: proof.TOTP, At: at}},
				})
				if err != nil {
					t.Fatal(err)
				}
				return got
			}
			held := open()
			if got := held.Session.ExpiresAt.Sub(r.Clock.Now()); got != life.whole {
				t.Errorf("life: got %v, want %v", got, life.whole)
			}
			end := held.Session.ExpiresAt
			for r.Clock.Now().Add(life.idle).Before(end) {
				r.Clock.Advance(life.idle - time.Second)
				next, err := r.Sessions.Refresh(r.Ctx(), held.Refresh)
				if err != nil {
					t.Fatalf("%v before the end: got %v, want tokens", end.Sub(r.Clock.Now()), err)
				}
				if !next.Session.ExpiresAt.Equal(end) {
					t.Fatalf("got an end at %v, want it to stay at %v", next.Session.ExpiresAt, end)
				}
				held = next
			}
			r.Clock.Advance(end.Sub(r.Clock.Now()))
			got, err := r.Sessions.Refresh(r.Ctx(), held.Refresh)
			refused(t, "at the end", got, err, fault.CodeInvalidToken)

			idle := open()
			r.Clock.Advance(life.idle)
			got, err = r.Sessions.Refresh(r.Ctx(), idle.Refresh)
			refused(t, "idle", got, err, fault.CodeInvalidToken)
			if n, err := r.Store.SessionByID(r.Ctx(), idle.Session.ID); err != nil || n.EndReason != "idle" {
				t.Errorf("got %+v, %v, want it ended as idle", n, err)
			}
		})
	}
}

func TestRefreshReadsTheUserAgain(t *testing.T) {
	for name, change := range map[string]func(r *apptest.Rig, ctx context.Context, u account.User) error{
		"disabled": func(r *apptest.Rig, ctx context.Context, u account.User) error {
			return r.Accounts.Disable(ctx, u.ID, account.Operator())
		},
		"deleted": func(r *apptest.Rig, ctx context.Context, u account.User) error {
			return r.Accounts.Delete(ctx, u, account.Operator())
		},
		"another role": func(r *apptest.Rig, ctx context.Context, u account.User) error {
			return r.Accounts.SetRole(ctx, u.ID, account.Admin, account.Operator())
		},
		"a new password": func(r *apptest.Rig, ctx context.Context, u account.User) error {
			return r.Accounts.ChangePassword(ctx, u, "", "another violet lantern 12 fox")
		},
		"factors reset": func(r *apptest.Rig, ctx context.Context, u account.User) error {
			return r.Accounts.ResetFactors(ctx, u.ID, account.Operator())
		},
	} {
		t.Run("TK-10 "+name, func(t *testing.T) {
			apptest.OnBoth(t, func(t *testing.T, r *apptest.Rig) {
				u := r.Member(t, email)
				held := r.SignedIn(t, email)
				if err := change(r, r.Ctx(), u); err != nil {
					t.Fatal(err)
				}
				got, err := r.Sessions.Refresh(r.Ctx(), held.Refresh)
				refused(t, "after it", got, err, fault.CodeInvalidToken)
			})
		})
	}
	t.Run("TK-10 a second factor has become required", func(t *testing.T) {
		file := "sqlite:" + t.TempDir() + "/x.db"
		before := apptest.Open(t, file)
		before.Member(t, email)
		held := before.SignedIn(t, email)
		after := apptest.Open(t, file, "MFA_POLICY=required")
		got, err := after.Sessions.Refresh(after.Ctx(), held.Refresh)
		refused(t, "after it", got, err, fault.CodeInvalidToken)
	})
}
