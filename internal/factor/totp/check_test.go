package totp_test

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/sallyport/sallyport/internal/apptest"
	"github.com/sallyport/sallyport/internal/audit"
	"github.com/sallyport/sallyport/internal/factor"
	"github.com/sallyport/sallyport/internal/factor/totp"
	"github.com/sallyport/sallyport/internal/ident"
	"github.com/sallyport/sallyport/internal/proof"
)

// phone is one authenticator app of a person, confirmed with the code of the
// step before the clock's.
type phone struct {
	id     string
	secret []byte
}

func give(t *testing.T, r *apptest.Rig, userID string, confirm bool) phone {
	t.Helper()
	p, now := phone{ident.New(), totp.Factor{}.NewSecret()}, r.Clock.Now()
	err := r.Store.BeginEnrolment(r.Ctx(), factor.Enrolment{
		ID: p.id, UserID: userID, Method: proof.TOTP, Name: "app", Secret: p.secret, ExpiresAt: now.Add(10 * time.Minute), CreatedAt: now,
	}, audit.Trail{})
	if err != nil {
		t.Fatal(err)
	}
	if !confirm {
		return p
	}
	touched, err := r.Store.ConfirmEnrolment(r.Ctx(), factor.Confirmation{ID: p.id, UserID: userID, Step: now.Unix()/30 - 2, At: now}, audit.Trail{})
	if err != nil || !touched {
		t.Fatalf("confirm: got %v, %v, want it confirmed", touched, err)
	}
	return p
}

// code is what the app shows so many steps from now.
func (p phone) code(t *testing.T, r *apptest.Rig, steps int64) string {
	t.Helper()
	code, err := totp.Code(p.secret, r.Clock.Now().Unix()/30+steps)
	if err != nil {
		t.Fatal(err)
	}
	return code
}

// refused checks that an answer proved nothing, for that reason.
func refused(t *testing.T, what string, p proof.Proof, err error, reason string) {
	t.Helper()
	var w factor.Wrong
	if !errors.Is(err, factor.ErrWrong) || !errors.As(err, &w) || w.Reason != reason || p != (proof.Proof{}) {
		t.Errorf("%s: got %+v, %v, want no proof, reason %s", what, p, err, reason)
	}
}

func TestCheckOnTheStore(t *testing.T) {
	apptest.OnBoth(t, func(t *testing.T, r *apptest.Rig) {
		f := totp.Factor{Store: r.Store, Clock: r.Clock.Now, Back: 1}
		ada, bob := r.Member(t, "ada@example.org"), r.Member(t, "bob@example.org")
		first, second, foreign := give(t, r, ada.ID, true), give(t, r, ada.ID, true), give(t, r, bob.ID, true)
		check := func(code string) (proof.Proof, error) { return f.Check(r.Ctx(), factor.Subject{UserID: ada.ID}, code) }

		t.Run("any of the user's apps, none of another's", func(t *testing.T) {
			for _, p := range []phone{first, second} {
				got, err := check(p.code(t, r, 0))
				if err != nil || got != (proof.Proof{Method: proof.TOTP, Ref: p.id}) {
					t.Errorf("got %+v, %v, want a proof by %s", got, err, p.id)
				}
			}
			got, err := check(foreign.code(t, r, 0))
			refused(t, "another person's app", got, err, "wrong_code")
		})
		t.Run("TO-04 a step is accepted once, and none before it after it", func(t *testing.T) {
			r.Clock.Advance(10 * totp.Step)
			got, err := check(first.code(t, r, 0))
			if err != nil || got.Ref != first.id {
				t.Fatalf("got %+v, %v, want a proof", got, err)
			}
			got, err = check(first.code(t, r, 0))
			refused(t, "TO-06 again", got, err, "replayed")
			got, err = check(first.code(t, r, -1))
			refused(t, "TO-06 the step before", got, err, "replayed")
			r.Clock.Advance(totp.Step)
			got, err = check(first.code(t, r, -1))
			refused(t, "TO-06 again, a step later", got, err, "replayed")
			if got, err := check(first.code(t, r, 0)); err != nil || got.Ref != first.id {
				t.Errorf("the next step: got %+v, %v, want a proof", got, err)
			}
		})
		t.Run("TO-04 a clock that was set back opens no spent step", func(t *testing.T) {
			r.Clock.Advance(-3 * totp.Step)
			got, err := check(first.code(t, r, 0))
			refused(t, "a code of the past", got, err, "replayed")
			r.Clock.Advance(3 * totp.Step)
		})
		t.Run("TO-04 of many at once one is accepted", func(t *testing.T) {
			r.Clock.Advance(10 * totp.Step)
			code, accepted := second.code(t, r, 0), atomic.Int64{}
			var wg sync.WaitGroup
			for range 16 {
				wg.Go(func() {
					if got, err := check(code); err == nil {
						accepted.Add(1)
					} else {
						refused(t, "a slower one", got, err, "replayed")
					}
				})
			}
			wg.Wait()
			if got := accepted.Load(); got != 1 {
				t.Errorf("got %d accepted, want 1", got)
			}
		})
		t.Run("TO-05 an answer that is no code", func(t *testing.T) {
			if got, err := check("12345"); !errors.Is(err, factor.ErrMalformed) || got != (proof.Proof{}) {
				t.Errorf("got %+v, %v, want %v", got, err, factor.ErrMalformed)
			}
		})
		t.Run("MF-07 an app that is being set up does not count", func(t *testing.T) {
			r.Clock.Advance(10 * totp.Step)
			pending := give(t, r, ada.ID, false)
			got, err := check(pending.code(t, r, 0))
			refused(t, "a pending app", got, err, "wrong_code")
		})
	})
}

// broken is a database that fails at one of its calls.
type broken struct {
	listed []factor.Enrolment
	list   error
	accept error
}

func (b broken) Enrolments(context.Context, string, time.Time) ([]factor.Enrolment, error) {
	return b.listed, b.list
}

func (b broken) AcceptStep(context.Context, string, string, int64, time.Time) (bool, error) {
	return true, b.accept
}

func TestCheckDecidesNothingWithoutTheDatabase(t *testing.T) {
	away := errors.New("the database is away")
	now := time.Unix(59, 0)
	app := factor.Enrolment{ID: "1", Method: proof.TOTP, Enabled: true, Secret: secret}
	for name, b := range map[string]broken{"as it lists": {list: away}, "as it accepts": {listed: []factor.Enrolment{app}, accept: away}} {
		f := totp.Factor{Store: b, Clock: func() time.Time { return now }}
		got, err := f.Check(t.Context(), factor.Subject{}, "287082")
		if !errors.Is(err, away) || errors.Is(err, factor.ErrWrong) || got != (proof.Proof{}) {
			t.Errorf("OP-09 %s: got %+v, %v, want %v and no proof", name, got, err, away)
		}
	}
}
