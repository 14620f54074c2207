package store_test

import (
	"crypto/rand"
	"sync"
	"testing"

	"github.com/sallyport/sallyport/internal/account"
	"github.com/sallyport/sallyport/internal/audit"
	"github.com/sallyport/sallyport/internal/fault"
	"github.com/sallyport/sallyport/internal/onetime"
	"github.com/sallyport/sallyport/internal/session"
	"github.com/sallyport/sallyport/internal/testbed"
)

// TestStorm makes every change to one user at the same instant, several times
// over. Each goes through or is refused for a reason of its own; none fails
// because of another, as transactions do that wait for each other in a circle.
func TestStorm(t *testing.T) {
	onBoth(t, func(t *testing.T, r *rig) {
		for range 15 {
			w := r.world()
			var wg sync.WaitGroup
			start := make(chan struct{})
			for _, c := range changes() {
				for range 2 {
					wg.Go(func() {
						<-start
						_, err := c.do(w, audit.Of(w.event(w.u.ID)))
						if err != nil && fault.Of(err) == fault.CodeInternal {
							t.Errorf("%s: %v", c.method, err)
						}
					})
				}
			}
			close(start)
			wg.Wait()
		}
	})
}

// TestTheLaterReplaces has many nodes replace the same thing at once: one set is
// left, not one of each.
func TestTheLaterReplaces(t *testing.T) {
	onBoth(t, func(t *testing.T, r *rig) {
		u := r.user().ID
		for _, tt := range []struct {
			name    string
			replace func() error
			live    string // counts what is left for the user
			want    int64
		}{
			{
				"BC-06 backup codes", func() error {
					return r.ReplaceBackupCodes(r.ctx(), u, codes(rand.Text(), rand.Text()), noon, audit.Of(r.event(u)))
				},
				"SELECT COUNT(*) FROM mfa_backup_codes WHERE user_id = ?", 2,
			},
			{
				"RC-02 mail links", func() error {
					return r.ReplaceOneTime(r.ctx(), ticket(onetime.PasswordReset, u), audit.Of(r.event(u)))
				},
				"SELECT COUNT(*) FROM one_time_tokens WHERE user_id = ? AND kind = 'password_reset' AND consumed_at = 0", 1,
			},
			{
				"MF-07 set-ups of a factor", func() error {
					return r.BeginEnrolment(r.ctx(), enrolment(u), audit.Of(r.event(u)))
				},
				"SELECT COUNT(*) FROM user_mfa WHERE user_id = ?", 1,
			},
		} {
			if n := r.atOnce(32, func() (bool, error) { return true, tt.replace() }); n != 32 {
				t.Errorf("%s: %d of 32 went through", tt.name, n)
			}
			if n := r.count(tt.live, u); n != tt.want {
				t.Errorf("%s replaced 32 times at once: %d left, want %d", tt.name, n, tt.want)
			}
		}
	})
}

// TestNoSessionOutlivesItsUser opens sessions while the user is locked or gone.
func TestNoSessionOutlivesItsUser(t *testing.T) {
	onBoth(t, func(t *testing.T, r *rig) {
		for _, tt := range []struct {
			name string
			end  func(u account.User) (bool, error)
		}{
			{"TK-12 locked", func(u account.User) (bool, error) {
				return touching(r.DisableUser(r.ctx(), ending(u.ID), audit.Of(r.event(u.ID))))
			}},
			{"TK-12 deleted", func(u account.User) (bool, error) {
				return touching(r.DeleteUser(r.ctx(), ending(u.ID), audit.Of(r.event(u.ID))))
			}},
		} {
			for range 10 {
				u := r.user()
				ended := make(chan error, 1)
				go func() {
					_, err := tt.end(u)
					ended <- err
				}()
				r.atOnce(4, func() (bool, error) {
					n, first := visit(u.ID)
					return r.OpenSession(r.ctx(), n, first, session.Basis{}, audit.Of(r.event(u.ID)))
				})
				r.must(<-ended)
				if open, err := r.SessionsOfUser(r.ctx(), u.ID, noon); err != nil || len(open) != 0 {
					t.Errorf("%s: got %d open sessions, error %v; want none", tt.name, len(open), err)
				}
				n, first := visit(u.ID)
				touched, err := r.OpenSession(r.ctx(), n, first, session.Basis{}, audit.Of(r.event(u.ID)))
				r.refused(tt.name+" afterwards", touched, err)
			}
		}
	})
}

// TestOneFirstAdmin uses the setup tokens of nodes that started together.
func TestOneFirstAdmin(t *testing.T) {
	onBoth(t, func(t *testing.T, r *rig) {
		tokens := make(chan onetime.Token, 3)
		for range cap(tokens) {
			tokens <- r.issue(onetime.Setup, "")
		}
		won := r.atOnce(cap(tokens), func() (bool, error) {
			u := person(rand.Text() + "@example.org")
			return r.CreateFirstAdmin(r.ctx(), (<-tokens).Hash, u, audit.Of(r.event(u.ID)))
		})
		if admins := r.count("SELECT COUNT(*) FROM users"); won != 1 || admins != 1 {
			t.Errorf("PW-13 got %d winners and %d administrators, want 1 and 1", won, admins)
		}
	})
}

// TestDeadlock has PostgreSQL give up a transaction of the store in favour of a
// stranger's, and sees it run again.
func TestDeadlock(t *testing.T) {
	r := open(t, testbed.Postgres(t))
	_, err := r.MigrateUp(r.ctx())
	r.must(err)
	w := r.world()
	stranger, err := r.db.BeginTx(r.ctx(), nil)
	r.must(err)
	step := func(query string, args ...any) {
		_, err := stranger.ExecContext(r.ctx(), query, args...)
		r.must(err)
	}
	step("SET LOCAL deadlock_timeout = '1h'") // so it is never the one to give up
	step("UPDATE one_time_tokens SET tries_left = 1 WHERE hash = $1", w.hash(onetime.EmailVerify))
	verified := make(chan error, 1)
	go func() {
		touched, err := w.VerifyEmail(w.ctx(), w.hash(onetime.EmailVerify), w.u.ID, w.u.Canonical, noon, audit.Of(w.event(w.u.ID)))
		if err == nil && !touched {
			t.Error("run again: got nothing touched, want the address verified")
		}
		verified <- err
	}()
	for r.count("SELECT COUNT(*) FROM pg_locks WHERE NOT granted") == 0 { // until the store waits for the stranger
	}
	step("UPDATE users SET name = 'x' WHERE id = $1", w.u.ID) // and the stranger for the store
	r.must(stranger.Commit())
	if err := <-verified; err != nil {
		t.Errorf("got %v, want it run again", err)
	}
}
