package store_test

import (
	"slices"
	"testing"
	"time"

	"github.com/sallyport/sallyport/internal/audit"
	"github.com/sallyport/sallyport/internal/factor"
	"github.com/sallyport/sallyport/internal/fault"
	"github.com/sallyport/sallyport/internal/onetime"
	"github.com/sallyport/sallyport/internal/proof"
)

// enrolled lists the ids of the user's factors at that instant.
func (r *rig) enrolled(userID string, now time.Time) (ids []string) {
	r.Helper()
	list, err := r.Enrolments(r.ctx(), userID, now)
	r.must(err)
	for _, e := range list {
		ids = append(ids, e.ID)
	}
	return ids
}

// left is how many unused backup codes the user has.
func (r *rig) left(userID string) int {
	r.Helper()
	n, err := r.BackupCodesLeft(r.ctx(), userID)
	r.must(err)
	return n
}

func TestEnrolment(t *testing.T) {
	onBoth(t, func(t *testing.T, r *rig) {
		t.Run("is read back whole, its secret opened", func(t *testing.T) {
			r := r.in(t)
			e := enrolment(r.user().ID)
			e.Phone, e.Email = "+447700900123", "second@example.org"
			r.must(r.BeginEnrolment(r.ctx(), e, audit.Trail{}))
			list, err := r.Enrolments(r.ctx(), e.UserID, noon)
			r.must(err)
			if len(list) != 1 {
				t.Fatalf("got %d factors, want 1", len(list))
			}
			got := list[0]
			if got.ID != e.ID || got.UserID != e.UserID || got.Method != e.Method || got.Name != e.Name || !slices.Equal(got.Secret, e.Secret) ||
				got.Phone != e.Phone || got.Email != e.Email || got.Enabled || !got.ExpiresAt.Equal(e.ExpiresAt) || !got.CreatedAt.Equal(noon) {
				t.Errorf("got %+v, want %+v", got, e)
			}
		})
		t.Run("MF-07 a set-up replaces the unfinished one of its method only", func(t *testing.T) { halfDone(r.in(t)) })
		t.Run("MF-07 a lapsed set-up is not confirmed", func(t *testing.T) {
			r := r.in(t)
			e := enrolment(r.user().ID)
			r.must(r.BeginEnrolment(r.ctx(), e, audit.Trail{}))
			touched, err := r.ConfirmEnrolment(r.ctx(), factor.Confirmation{ID: e.ID, UserID: e.UserID, At: e.ExpiresAt}, audit.Trail{})
			r.refused("at its end", touched, err)
			if got := r.enrolled(e.UserID, e.ExpiresAt); got != nil {
				t.Errorf("listed at its end: got %v, want none", got)
			}
		})
		t.Run("TO-04 each step once, none older", func(t *testing.T) { steps(r.in(t)) })
	})
}

func halfDone(r *rig) {
	app := r.factor(r.user().ID)
	old, sms, next := enrolment(app.UserID), enrolment(app.UserID), enrolment(app.UserID)
	sms.Method = proof.SMS
	for _, e := range []factor.Enrolment{old, sms, next} {
		r.must(r.BeginEnrolment(r.ctx(), e, audit.Trail{}))
	}
	if got, want := r.enrolled(app.UserID, noon), []string{app.ID, sms.ID, next.ID}; !slices.Equal(got, want) {
		r.Errorf("got %v, want %v", got, want)
	}
	if got, want := r.enrolled(app.UserID, next.ExpiresAt), []string{app.ID}; !slices.Equal(got, want) {
		r.Errorf("when the set-ups have lapsed: got %v, want %v", got, want)
	}
}

func steps(r *rig) {
	app := r.factor(r.user().ID) // confirmed with step 100
	for _, tt := range []struct {
		name string
		user string
		step int64
		want bool
	}{
		{"the confirming step", app.UserID, 100, false},
		{"an older one", app.UserID, 99, false},
		{"another user", r.user().ID, 102, false},
		{"a newer one", app.UserID, 102, true},
		{"the same again", app.UserID, 102, false},
		{"one between", app.UserID, 101, false},
	} {
		if touched, err := r.AcceptStep(r.ctx(), tt.user, app.ID, tt.step, noon); err != nil || touched != tt.want {
			r.Errorf("%s: got %t, error %v; want %t", tt.name, touched, err, tt.want)
		}
	}
	if won := r.atOnce(64, func() (bool, error) { return r.AcceptStep(r.ctx(), app.UserID, app.ID, 103, noon) }); won != 1 {
		r.Errorf("64 at once: got %d, want 1", won)
	}
	pending := enrolment(app.UserID)
	r.must(r.BeginEnrolment(r.ctx(), pending, audit.Trail{}))
	touched, err := r.AcceptStep(r.ctx(), app.UserID, pending.ID, 104, noon)
	r.refused("a factor that is not confirmed", touched, err)
}

func TestRemoveFactors(t *testing.T) {
	onBoth(t, func(t *testing.T, r *rig) {
		for _, tt := range []struct {
			name    string
			removal factor.Removal // without the user
			byID    bool
			touched bool
			factors int // left of two apps and a set-up
			codes   int // left of two
		}{
			{"one by its id", factor.Removal{Method: proof.TOTP}, true, true, 2, 2},
			{"all of a method, not what is being set up, and BC-06 the backup codes with the last", factor.Removal{Method: proof.TOTP}, false, true, 1, 0},
			{"MF-04 one of two while policy demands one", factor.Removal{Method: proof.TOTP, KeepSecond: true}, true, true, 2, 2},
			{"the backup codes alone", factor.Removal{Method: proof.BackupCode}, false, true, 3, 0},
			{"a method the user has not", factor.Removal{Method: proof.SMS, KeepSecond: true}, false, false, 3, 2},
		} {
			t.Run(tt.name, func(t *testing.T) {
				r := r.in(t)
				u := r.user().ID
				app := r.factor(u)
				r.factor(u)
				r.must(r.BeginEnrolment(r.ctx(), enrolment(u), audit.Trail{}))
				r.must(r.ReplaceBackupCodes(r.ctx(), u, codes("aa", "bb"), noon, audit.Trail{}))
				r.session(u)
				device := r.issue(onetime.Device, u)
				tt.removal.UserID, tt.removal.Usable = u, []proof.Method{proof.TOTP, proof.SMS}
				if tt.byID {
					tt.removal.ID = app.ID
				}
				revs, touched, err := r.RemoveFactors(r.ctx(), tt.removal, ending(u), audit.Trail{})
				if err != nil || touched != tt.touched {
					t.Fatalf("got %t, error %v; want %t", touched, err, tt.touched)
				}
				if f, c := len(r.enrolled(u, noon)), r.left(u); f != tt.factors || c != tt.codes {
					t.Errorf("left: got %d factors and %d codes, want %d and %d", f, c, tt.factors, tt.codes)
				}
				if ended := len(revs) == 1; ended != touched || r.live(device, noon) == touched {
					t.Errorf("MF-04 sessions ended %t, MF-06 device remembered %t; want %t, %t", ended, r.live(device, noon), touched, !touched)
				}
			})
		}
	})
}

// TestLastFactorStays shows MF-04 under load: of two factors removed at once
// while policy demands one, exactly one goes.
func TestLastFactorStays(t *testing.T) {
	onBoth(t, func(t *testing.T, r *rig) {
		u := r.user().ID
		apps := make(chan string, 2)
		apps <- r.factor(u).ID
		apps <- r.factor(u).ID
		won := r.atOnce(2, func() (bool, error) {
			removal := factor.Removal{UserID: u, Method: proof.TOTP, ID: <-apps, KeepSecond: true, Usable: []proof.Method{proof.TOTP}}
			_, touched, err := r.RemoveFactors(r.ctx(), removal, ending(u), audit.Trail{})
			if fault.Of(err) == fault.CodeLastFactor {
				return false, nil
			}
			return touched, err
		})
		if left := r.enrolled(u, noon); won != 1 || len(left) != 1 {
			t.Errorf("MF-04 both at once: got %d removed and %d left, want 1 and 1", won, len(left))
		}
	})
}

// TestSwitchedOffCountsNot shows MF-04 where the server offers no passkeys any
// more: one that is left there is no second factor.
func TestSwitchedOffCountsNot(t *testing.T) {
	onBoth(t, func(t *testing.T, r *rig) {
		u := r.user().ID
		r.must(r.AddPasskey(r.ctx(), passkey(u), codes("aa"), 9, nil, audit.Trail{}))
		app := r.factor(u)
		removal := factor.Removal{UserID: u, Method: proof.TOTP, ID: app.ID, KeepSecond: true, Usable: []proof.Method{proof.TOTP}}
		if _, _, err := r.RemoveFactors(r.ctx(), removal, ending(u), audit.Trail{}); fault.Of(err) != fault.CodeLastFactor {
			t.Errorf("MF-04 beside a passkey that is switched off: got %v, want %s", err, fault.CodeLastFactor)
		}
		removal.Usable = append(removal.Usable, proof.Passkey)
		if _, touched, err := r.RemoveFactors(r.ctx(), removal, ending(u), audit.Trail{}); err != nil || !touched {
			t.Errorf("beside one that is offered: got %t, %v, want it removed", touched, err)
		}
	})
}

// TestOneFirstFactor shows that of two factors which two sign-ins had to set up,
// and confirm at the same instant, one comes to count.
func TestOneFirstFactor(t *testing.T) {
	onBoth(t, func(t *testing.T, r *rig) {
		unless := []proof.Method{proof.TOTP, proof.Email, proof.Passkey}
		u := r.user().ID
		app, mail := enrolment(u), enrolment(u)
		mail.Method, mail.Secret, mail.Email = proof.Email, nil, "ada@example.org"
		r.must(r.BeginEnrolment(r.ctx(), app, audit.Trail{}))
		r.must(r.BeginEnrolment(r.ctx(), mail, audit.Trail{}))
		do := make(chan func() (bool, error), 3)
		for _, e := range []factor.Enrolment{app, mail} {
			do <- func() (bool, error) {
				return r.ConfirmEnrolment(r.ctx(), factor.Confirmation{ID: e.ID, UserID: u, Unless: unless, At: noon}, audit.Trail{})
			}
		}
		do <- func() (bool, error) {
			err := r.AddPasskey(r.ctx(), passkey(u), nil, 9, unless, audit.Trail{})
			return err == nil, err
		}
		won := r.atOnce(3, func() (bool, error) {
			touched, err := (<-do)()
			if fault.Of(err) == fault.CodeForbidden {
				return false, nil
			}
			return touched, err
		})
		if won != 1 {
			t.Errorf("MF-07 three at once: got %d factors, want 1", won)
		}
		r.factor(u) // an open session adds as many as it likes
	})
}

func TestRemoveAnotherUsersFactor(t *testing.T) {
	onBoth(t, func(t *testing.T, r *rig) {
		app, thief := r.factor(r.user().ID), r.user().ID
		_, touched, err := r.RemoveFactors(r.ctx(), factor.Removal{UserID: thief, Method: proof.TOTP, ID: app.ID}, ending(thief), audit.Trail{})
		r.refused("MF-03 another user's factor by its id", touched, err)
		if got := r.enrolled(app.UserID, noon); len(got) != 1 {
			t.Errorf("got %v, want the factor kept", got)
		}
	})
}

func TestResetFactors(t *testing.T) {
	onBoth(t, func(t *testing.T, r *rig) {
		w := r.world()
		bystander := r.factor(r.user().ID)
		r.try(w.u.ID, proof.TOTP, noon)
		revs, err := r.ResetFactors(r.ctx(), ending(w.u.ID), audit.Trail{})
		r.must(err)
		if got := r.enrolled(w.u.ID, noon); got != nil || r.left(w.u.ID) != 0 || r.failures(w.u.ID, proof.TOTP) != -1 || len(revs) != 2 {
			t.Errorf("MF-08 got factors %v, %d codes, counter %d, %d revocations; want none, 0, -1, 2", got, r.left(w.u.ID), r.failures(w.u.ID, proof.TOTP), len(revs))
		}
		if got := r.enrolled(bystander.UserID, noon); len(got) != 1 {
			t.Errorf("another user's factors: got %v, want theirs", got)
		}
	})
}

func TestBackupCodes(t *testing.T) {
	onBoth(t, func(t *testing.T, r *rig) {
		u, other := r.user().ID, r.user().ID
		first := codes("aa", "bb")
		r.must(r.ReplaceBackupCodes(r.ctx(), u, first, noon, audit.Trail{}))
		r.must(r.ReplaceBackupCodes(r.ctx(), other, codes("aa"), noon, audit.Trail{}))
		a, err := r.BackupCode(r.ctx(), u, "aa")
		if err != nil || a.CodeID != "aa" || a.Hash != first[0].Hash || a.Used {
			t.Fatalf("got %+v, error %v; want %+v", a, err, first[0])
		}
		for _, missing := range []struct{ user, code string }{{u, "zz"}, {other, "bb"}, {u, "AA"}} {
			if _, err := r.BackupCode(r.ctx(), missing.user, missing.code); fault.Of(err) != fault.CodeNotFound {
				t.Errorf("BC-05 code %q of another user or id: got error %v, want %s", missing.code, err, fault.CodeNotFound)
			}
		}
		touched, err := r.UseBackupCode(r.ctx(), other, a.ID, noon, audit.Trail{})
		r.refused("BC-05 another user's code", touched, err)
		if won := r.atOnce(64, func() (bool, error) {
			return r.UseBackupCode(r.ctx(), u, a.ID, noon, audit.Of(r.event(u)))
		}); won != 1 {
			t.Errorf("BC-03 64 uses at once: got %d, want 1", won)
		}
		if a, err = r.BackupCode(r.ctx(), u, "aa"); err != nil || !a.Used || r.left(u) != 1 || r.left(other) != 1 {
			t.Errorf("after its use: got used %t, error %v, %d left, %d of another user; want true, 1, 1", a.Used, err, r.left(u), r.left(other))
		}
		r.must(r.ReplaceBackupCodes(r.ctx(), u, codes("cc", "dd", "ee"), noon, audit.Trail{}))
		if _, err := r.BackupCode(r.ctx(), u, "bb"); fault.Of(err) != fault.CodeNotFound || r.left(u) != 3 || r.left(other) != 1 {
			t.Errorf("BC-06 new codes: got error %v for an old one, %d left, %d of another user; want %s, 3, 1", err, r.left(u), r.left(other), fault.CodeNotFound)
		}
	})
}
