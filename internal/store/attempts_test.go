package store_test

import (
	"context"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/sallyport/sallyport/internal/ident"
	"github.com/sallyport/sallyport/internal/proof"
	"github.com/sallyport/sallyport/internal/signin"
)

// curve rests from the fifth failure in a row and stops at the twelfth.
var curve = signin.Curve{Free: 5, Base: 30 * time.Second, Max: time.Hour, Hard: 12}

// try counts one try and returns what counting said.
func (r *rig) try(subject string, m proof.Method, now time.Time) signin.Count {
	r.Helper()
	c, err := r.CountAttempt(r.ctx(), subject, m, now, curve)
	r.must(err)
	return c
}

// failures is the counter as it stands in the table; -1: there is none.
func (r *rig) failures(subject string, m proof.Method) int64 {
	r.Helper()
	return r.count("SELECT COALESCE(MAX(failures), -1) FROM attempt_counters WHERE subject = ? AND factor = ?", subject, string(m))
}

func TestCountAttempt(t *testing.T) {
	onBoth(t, func(t *testing.T, r *rig) {
		t.Run("RL-04 of 200 parallel tries exactly 5 are compared", func(t *testing.T) {
			r := r.in(t)
			u := ident.New()
			evaluated := r.atOnce(200, func() (bool, error) {
				c, err := r.CountAttempt(r.ctx(), u, proof.TOTP, noon, curve)
				return c.Evaluate, err
			})
			if evaluated != 5 || r.failures(u, proof.TOTP) != 5 {
				t.Errorf("evaluated %d, counted %d; want 5, 5", evaluated, r.failures(u, proof.TOTP))
			}
		})
		t.Run("RL-01 rests from the fifth failure and doubles", func(t *testing.T) { doubles(r.in(t)) })
		t.Run("RL-01 stops for good at the hard limit", func(t *testing.T) { stops(r.in(t)) })
		t.Run("RL-01 says which factors fail", func(t *testing.T) { says(r.in(t)) })
		t.Run("RL-03 counts for a request that has gone away", func(t *testing.T) {
			r := r.in(t)
			gone, cancel := context.WithCancel(t.Context())
			cancel()
			u := ident.New()
			c, err := r.CountAttempt(gone, u, proof.Password, noon, curve)
			if err != nil || !c.Evaluate || r.failures(u, proof.Password) != 1 {
				t.Errorf("got %+v, error %v, counter %d; want it counted once", c, err, r.failures(u, proof.Password))
			}
		})
		t.Run("RL-05 a success clears its own factor only", func(t *testing.T) {
			r := r.in(t)
			u, other := ident.New(), ident.New()
			for _, m := range []proof.Method{proof.Password, proof.TOTP} {
				r.try(u, m, noon)
				r.try(other, m, noon)
			}
			r.must(r.ClearAttempts(r.ctx(), u, proof.Password))
			if a, b, c := r.failures(u, proof.Password), r.failures(u, proof.TOTP), r.failures(other, proof.Password); a != -1 || b != 1 || c != 1 {
				t.Errorf("cleared %d, the other factor %d, the other user %d; want -1, 1, 1", a, b, c)
			}
		})
		t.Run("tries and successes at once never fail", func(t *testing.T) { mixed(r.in(t)) })
	})
}

func doubles(r *rig) {
	u, now := ident.New(), noon
	r.try(u, proof.BackupCode, now) // another factor's counter, which has no say
	for n := 1; n <= 4; n++ {
		if c := r.try(u, proof.SMS, now); !c.Evaluate || c.Failures != n || !c.LockedUntil.IsZero() {
			r.Errorf("try %d: got %+v, want it evaluated without a rest", n, c)
		}
	}
	for n, rest := 5, 30*time.Second; n <= 8; n, rest = n+1, 2*rest {
		c := r.try(u, proof.SMS, now)
		if !c.Evaluate || c.Failures != n || !c.LockedUntil.Equal(now.Add(rest)) {
			r.Errorf("try %d: got %+v, want it evaluated and a rest of %v", n, c, rest)
		}
		early := c.LockedUntil.Add(-time.Microsecond)
		if c := r.try(u, proof.SMS, early); c.Evaluate || c.Hard || c.Failures != n || !c.LockedUntil.Equal(now.Add(rest)) {
			r.Errorf("a try under the rest: got %+v, want it refused and not counted", c)
		}
		now = c.LockedUntil
	}
}

func stops(r *rig) {
	u, now := ident.New(), noon
	for range curve.Hard {
		if c := r.try(u, proof.TOTP, now); !c.Evaluate {
			r.Fatalf("got %+v, want it evaluated", c)
		}
		now = now.Add(curve.Max)
	}
	if c := r.try(u, proof.TOTP, now.AddDate(10, 0, 0)); c.Evaluate || !c.Hard || c.Failures != curve.Hard {
		r.Errorf("after %d failures, ten years later: got %+v, want it stopped", curve.Hard, c)
	}
}

// mixed clears a counter while others count on it: the row goes and comes.
func mixed(r *rig) {
	u := ident.New()
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 20 {
				c, err := r.CountAttempt(r.ctx(), u, proof.Password, noon, signin.Curve{Free: 1000, Hard: 1000})
				if err != nil || !c.Evaluate {
					r.Errorf("got %+v, error %v; want it evaluated", c, err)
				}
				if err := r.ClearAttempts(r.ctx(), u, proof.Password); err != nil {
					r.Errorf("clear: %v", err)
				}
			}
		})
	}
	wg.Wait()
}

func says(r *rig) {
	r.Helper()
	u := ident.New()
	for i := range 12 { // a day apart: no rest is in the way
		r.try(u, proof.BackupCode, noon.AddDate(0, 0, i-11))
	}
	for range 5 {
		r.try(u, proof.Password, noon)
	}
	r.try(u, proof.TOTP, noon)
	r.try(u, proof.Email, noon)
	r.must(r.ClearAttempts(r.ctx(), u, proof.Email))
	rest := noon.Add(curve.Delay(5))
	for _, tt := range []struct {
		when  string
		now   time.Time
		until time.Time
	}{{"at once", noon, rest}, {"after the rest", rest, time.Time{}}} {
		got, err := r.Counters(r.ctx(), u, tt.now, curve)
		r.must(err)
		want := []signin.Counter{
			{Factor: proof.BackupCode, Failures: 12, Hard: true},
			{Factor: proof.Password, Failures: 5, LockedUntil: tt.until},
			{Factor: proof.TOTP, Failures: 1},
		}
		if len(got) == len(want) {
			want[0].LockedUntil = got[0].LockedUntil // it does not matter any more
		}
		if !slices.Equal(got, want) {
			r.Errorf("RL-01 %s: got %+v, want %+v", tt.when, got, want)
		}
	}
}
