package enrolment_test

import (
	"encoding/base32"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/sallyport/sallyport/internal/account"
	"github.com/sallyport/sallyport/internal/apptest"
	"github.com/sallyport/sallyport/internal/audit"
	"github.com/sallyport/sallyport/internal/factor"
	"github.com/sallyport/sallyport/internal/factor/totp"
	"github.com/sallyport/sallyport/internal/fault"
	"github.com/sallyport/sallyport/internal/message"
	"github.com/sallyport/sallyport/internal/proof"
	"github.com/sallyport/sallyport/internal/storetest"
)

const email = "ada@example.org"

// setUp begins an app and returns its secret.
func setUp(t *testing.T, r *apptest.Rig, u account.User) []byte {
	t.Helper()
	s, err := r.Enrolment.SetupTOTP(r.Ctx(), u, "phone")
	if err != nil {
		t.Fatalf("set up: %v", err)
	}
	secret, err := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(s.Secret)
	if err != nil || len(secret) != 20 {
		t.Fatalf("TO-01 got %q, %v, want 160 bits in base32", s.Secret, err)
	}
	return secret
}

// code is what an app with that secret shows now.
func code(t *testing.T, r *apptest.Rig, secret []byte) string {
	t.Helper()
	c, err := totp.Code(secret, r.Clock.Now().Unix()/30)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// confirm sets an app up to the end and returns the backup codes.
func confirm(t *testing.T, r *apptest.Rig, u account.User) (secret []byte, codes []string) {
	t.Helper()
	secret = setUp(t, r, u)
	codes, p, err := r.Enrolment.ConfirmTOTP(r.Ctx(), factor.Subject{}, u, code(t, r, secret))
	if err != nil || p.Method != proof.TOTP {
		t.Fatalf("confirm: got %+v, %v, want a proof by app", p, err)
	}
	return secret, codes
}

func methods(t *testing.T, r *apptest.Rig, u account.User) (out []proof.Method) {
	t.Helper()
	held, err := r.Enrolment.Held(r.Ctx(), u.ID)
	if err != nil {
		t.Fatal(err)
	}
	for _, h := range held {
		out = append(out, h.Method)
	}
	slices.Sort(out)
	return out
}

func TestSetUp(t *testing.T) {
	apptest.OnBoth(t, func(t *testing.T, r *apptest.Rig) {
		u := r.Member(t, email)
		first := setUp(t, r, u)
		if got := methods(t, r, u); len(got) != 0 {
			t.Errorf("MF-07 before the first code: got %v, want nothing that counts", got)
		}
		second := setUp(t, r, u)
		if _, _, err := r.Enrolment.ConfirmTOTP(r.Ctx(), factor.Subject{}, u, code(t, r, first)); fault.Of(err) != fault.CodeInvalidCode {
			t.Errorf("MF-07 the first secret after a second set-up: got %v, want %s", err, fault.CodeInvalidCode)
		}
		rows, err := r.Store.AuditPage(r.Ctx(), u.ID, "", 1)
		if err != nil || len(rows) != 1 || rows[0].Event.Name != audit.FactorFail || rows[0].Event.Reason != "wrong_setup_code" || rows[0].Event.Factor != "totp" {
			t.Errorf("AU-01 a wrong code of a set-up: got %+v %v, want its row", rows, err)
		}
		r.Mails(t)
		codes, _, err := r.Enrolment.ConfirmTOTP(r.Ctx(), factor.Subject{}, u, code(t, r, second))
		if err != nil || len(codes) != 10 {
			t.Fatalf("BC-01 got %d backup codes, %v, want ten with the first factor", len(codes), err)
		}
		if got := r.Kinds(t); !slices.Contains(got, message.FactorAdded) {
			t.Errorf("AU-07 mails: got %v, want %s", got, message.FactorAdded)
		}
		if got := r.Events(t); !slices.Contains(got, audit.FactorAdded) {
			t.Errorf("AU-01 events: got %v, want %s", got, audit.FactorAdded)
		}
		t.Run("TO-04 the code that confirmed is spent", func(t *testing.T) {
			step := r.Clock.Now().Unix() / 30
			all, err := r.Store.Enrolments(r.Ctx(), u.ID, r.Clock.Now())
			if err != nil || len(all) != 1 {
				t.Fatalf("got %d apps, %v, want one", len(all), err)
			}
			if touched, err := r.Store.AcceptStep(r.Ctx(), u.ID, all[0].ID, step, r.Clock.Now()); err != nil || touched {
				t.Errorf("got accepted %v, %v, want the step spent", touched, err)
			}
		})
		t.Run("MF-07 a half-finished second app changes nothing", func(t *testing.T) {
			setUp(t, r, u)
			r.Clock.Advance(30 * time.Second)
			held, err := r.Store.Enrolments(r.Ctx(), u.ID, r.Clock.Now())
			if err != nil || len(held) != 2 {
				t.Fatalf("got %d apps, %v, want the one and the pending", len(held), err)
			}
			if got := methods(t, r, u); !slices.Equal(got, []proof.Method{proof.BackupCode, proof.TOTP}) {
				t.Errorf("got %v, want the app and the backup codes", got)
			}
		})
		t.Run("MF-07 a pending secret dies after ten minutes", func(t *testing.T) {
			secret := setUp(t, r, u)
			r.Clock.Advance(10 * time.Minute)
			if _, _, err := r.Enrolment.ConfirmTOTP(r.Ctx(), factor.Subject{}, u, code(t, r, secret)); fault.Of(err) != fault.CodeNothingPending {
				t.Errorf("got %v, want %s", err, fault.CodeNothingPending)
			}
		})
	})
}

func TestConfirmAtOnce(t *testing.T) {
	apptest.OnBoth(t, func(t *testing.T, r *apptest.Rig) {
		u := r.Member(t, email)
		secret := setUp(t, r, u)
		answer := code(t, r, secret)
		var won atomic.Int64
		var wg sync.WaitGroup
		for range 4 { // fewer than the tries that make a factor rest
			wg.Go(func() {
				if _, _, err := r.Enrolment.ConfirmTOTP(r.Ctx(), factor.Subject{}, u, answer); err == nil {
					won.Add(1)
				}
			})
		}
		wg.Wait()
		if won.Load() != 1 {
			t.Errorf("TO-04 got %d confirmations, want 1", won.Load())
		}
		if left, err := r.Store.BackupCodesLeft(r.Ctx(), u.ID); err != nil || left != 10 {
			t.Errorf("BC-01 got %d backup codes, %v, want one set of ten", left, err)
		}
	})
}

func TestDisable(t *testing.T) {
	apptest.OnBoth(t, func(t *testing.T, r *apptest.Rig) {
		u := r.Member(t, email)
		here, there := r.SignedIn(t, email), r.SignedIn(t, email)
		confirm(t, r, u)
		r.Mails(t)
		if err := r.Enrolment.Disable(r.Ctx(), u, here.Session.ID, proof.SMS, ""); fault.Of(err) != fault.CodeNotFound {
			t.Errorf("what is not set up: got %v, want %s", err, fault.CodeNotFound)
		}
		if err := r.Enrolment.Disable(r.Ctx(), u, here.Session.ID, proof.TOTP, ""); err != nil {
			t.Fatal(err)
		}
		if got := methods(t, r, u); len(got) != 0 {
			t.Errorf("got %v, want nothing left: the codes go with the last factor", got)
		}
		if _, err := r.Sessions.Live(r.Ctx(), u.ID, here.Session.ID); err != nil {
			t.Errorf("MF-04 this session: got %v, want it open", err)
		}
		if _, err := r.Sessions.Live(r.Ctx(), u.ID, there.Session.ID); fault.Of(err) != fault.CodeInvalidToken {
			t.Errorf("MF-04 TK-12 the other session: got %v, want it ended", err)
		}
		if got := r.Kinds(t); !slices.Contains(got, message.FactorRemoved) {
			t.Errorf("AU-07 mails: got %v, want %s", got, message.FactorRemoved)
		}
	})
}

func TestLastFactor(t *testing.T) {
	r := apptest.Open(t, storetest.SQLite(t), "MFA_POLICY=required")
	u := r.Member(t, email)
	confirm(t, r, u)
	if err := r.Enrolment.Disable(r.Ctx(), u, "", proof.TOTP, ""); fault.Of(err) != fault.CodeLastFactor {
		t.Errorf("MF-04 got %v, want %s", err, fault.CodeLastFactor)
	}
	if got := methods(t, r, u); !slices.Contains(got, proof.TOTP) {
		t.Errorf("MF-04 got %v, want the app kept", got)
	}
}

func TestResetByAdministrator(t *testing.T) {
	r := apptest.Open(t, storetest.SQLite(t))
	u := r.Member(t, email)
	confirm(t, r, u)
	r.Mails(t)
	chief := account.Actor{Kind: "admin", ID: r.Member(t, "chief@example.org").ID}
	if err := r.Accounts.ResetFactors(r.Ctx(), u.ID, chief); err != nil {
		t.Fatal(err)
	}
	if got := r.Kinds(t); !slices.Contains(got, message.FactorRemoved) {
		t.Errorf("MF-08 mails: got %v, want %s", got, message.FactorRemoved)
	}
	if err := r.Accounts.SetRole(r.Ctx(), u.ID, account.Admin, account.Operator()); err != nil {
		t.Fatal(err)
	}
	if err := r.Accounts.ResetFactors(r.Ctx(), u.ID, chief); fault.Of(err) != fault.CodeForbidden {
		t.Errorf("MF-08 another administrator's: got %v, want %s", err, fault.CodeForbidden)
	}
}

func TestNewBackupCodes(t *testing.T) {
	r := apptest.Open(t, storetest.SQLite(t))
	u := r.Member(t, email)
	if _, err := r.Enrolment.NewBackupCodes(r.Ctx(), u, ""); fault.Of(err) != fault.CodeConflict {
		t.Errorf("BC-06 without another factor: got %v, want %s", err, fault.CodeConflict)
	}
	_, old := confirm(t, r, u)
	r.Mails(t)
	fresh, err := r.Enrolment.NewBackupCodes(r.Ctx(), u, "")
	if err != nil || len(fresh) != 10 || slices.ContainsFunc(fresh, func(c string) bool { return slices.Contains(old, c) }) {
		t.Fatalf("BC-06 got %d codes, %v, want ten fresh ones", len(fresh), err)
	}
	if got := r.Kinds(t); !slices.Equal(got, []message.Kind{message.BackupCodesNew}) {
		t.Errorf("BC-06 mails: got %v, want the notice", got)
	}
	held := r.SignedInWith(t, email, proof.BackupCode, fresh[0])
	if held.Session.Level != proof.AAL2 {
		t.Errorf("got %s, want aal2", held.Session.Level)
	}
	if _, err := r.Answer(t, email, proof.BackupCode, old[0]); fault.Of(err) != fault.CodeInvalidCode {
		t.Errorf("BC-06 an old code: got %v, want %s", err, fault.CodeInvalidCode)
	}
	if _, err := r.Answer(t, email, proof.BackupCode, fresh[0]); fault.Of(err) != fault.CodeInvalidCode {
		t.Errorf("BC-03 a spent code: got %v, want %s", err, fault.CodeInvalidCode)
	}
}
