package signin_test

import (
	"testing"
	"time"

	"golang.org/x/crypto/bcrypt"

	"github.com/sallyport/sallyport/internal/account"
	"github.com/sallyport/sallyport/internal/apptest"
	"github.com/sallyport/sallyport/internal/factor"
	"github.com/sallyport/sallyport/internal/factor/totp"
	"github.com/sallyport/sallyport/internal/fault"
	"github.com/sallyport/sallyport/internal/proof"
	"github.com/sallyport/sallyport/internal/session"
	"github.com/sallyport/sallyport/internal/signin"
	"github.com/sallyport/sallyport/internal/storetest"
)

func bcryptOf(t *testing.T, password string) string {
	t.Helper()
	h, err := bcrypt.GenerateFromPassword([]byte(password), bcrypt.MinCost)
	if err != nil {
		t.Fatal(err)
	}
	return string(h)
}

// app is somebody's authenticator app.
type app struct {
	r     *apptest.Rig
	t     *testing.T
	codes []string // backup codes
}

// enrol gives a person an authenticator app, a step ago.
func enrol(t *testing.T, r *apptest.Rig, u account.User) *app {
	t.Helper()
	a := &app{r: r, t: t}
	if _, err := r.Enrolment.SetupTOTP(r.Ctx(), u, ""); err != nil {
		t.Fatal(err)
	}
	codes, _, err := r.Enrolment.ConfirmTOTP(r.Ctx(), factor.Subject{}, u, a.code(u))
	if err != nil {
		t.Fatal(err)
	}
	a.codes = codes
	r.Clock.Advance(totp.Step)
	return a
}

// code is what the app shows now.
func (a *app) code(u account.User) string {
	a.t.Helper()
	all, err := a.r.Store.Enrolments(a.r.Ctx(), u.ID, a.r.Clock.Now())
	if err != nil || len(all) == 0 {
		a.t.Fatalf("enrolments: got %v, %v, want the app", all, err)
	}
	code, err := totp.Code(all[0].Secret, a.r.Clock.Now().Unix()/30)
	if err != nil {
		a.t.Fatal(err)
	}
	return code
}

// ask begins a sign-in that must then wait for a second factor.
func ask(t *testing.T, r *apptest.Rig) string {
	t.Helper()
	o, err := r.SignIn.Password(r.Ctx(), email, apptest.Password, session.InBody)
	if err != nil || o.Action != signin.Ask || o.Tokens != nil || o.Attempt == "" {
		t.Fatalf("MF-01 after the password: got %+v, %v, want no session and an attempt", o, err)
	}
	return o.Attempt
}

func TestAttempt(t *testing.T) {
	apptest.OnBoth(t, func(t *testing.T, r *apptest.Rig) {
		u := r.Member(t, email)
		phone := enrol(t, r, u)
		find := func(what, plain string, want fault.Code) signin.Attempt {
			t.Helper()
			a, err := r.SignIn.Find(r.Ctx(), plain)
			if fault.Of(err) != want {
				t.Errorf("MF-01 %s: got %v, want %q", what, err, want)
			}
			return a
		}
		t.Run("MF-01 it belongs to one browser", func(t *testing.T) {
			plain := ask(t, r)
			if _, err := r.SignIn.Find(apptest.From(t.Context(), "192.0.2.1", "another"), plain); fault.Of(err) != fault.CodeAttemptExpired {
				t.Errorf("another browser: got %v, want %s", err, fault.CodeAttemptExpired)
			}
		})
		t.Run("MF-01 it lives for ten minutes at most", func(t *testing.T) {
			plain := ask(t, r)
			find("fresh", plain, "")
			r.Clock.Advance(10 * time.Minute)
			find("old", plain, fault.CodeAttemptExpired)
		})
		t.Run("MF-01 it opens one session", func(t *testing.T) {
			plain := ask(t, r)
			a := find("fresh", plain, "")
			o, err := r.SignIn.Prove(r.Ctx(), a, proof.TOTP, phone.code(u))
			if err != nil || o.Tokens == nil || o.Tokens.Session.Level != proof.AAL2 {
				t.Fatalf("got %+v, %v, want an aal2 session", o, err)
			}
			find("spent", plain, fault.CodeAttemptExpired)
			if _, err := r.SignIn.Prove(r.Ctx(), a, proof.BackupCode, phone.codes[0]); fault.Of(err) != fault.CodeAttemptExpired {
				t.Errorf("again: got %v, want %s", err, fault.CodeAttemptExpired)
			}
		})
		t.Run("MF-01 it takes five answers", func(t *testing.T) {
			plain := ask(t, r)
			for range 5 {
				a := find("with tries left", plain, "")
				if _, err := r.SignIn.Prove(r.Ctx(), a, proof.BackupCode, "AAAAAAAAAAAAAAAAAA"); err == nil {
					t.Fatal("a wrong code: got nil, want refused")
				}
			}
			a := find("without tries", plain, "")
			if _, err := r.SignIn.Prove(r.Ctx(), a, proof.TOTP, phone.code(u)); fault.Of(err) != fault.CodeAttemptExpired {
				t.Errorf("the sixth: got %v, want %s", err, fault.CodeAttemptExpired)
			}
		})
	})
}

// TestGuessing is somebody who knows the password and guesses codes: a new
// sign-in gives no new tries.
func TestGuessing(t *testing.T) {
	apptest.OnBoth(t, func(t *testing.T, r *apptest.Rig) {
		u := r.Member(t, email)
		phone := enrol(t, r, u)
		for i := range 5 {
			a, err := r.SignIn.Find(r.Ctx(), ask(t, r)) // RL-05: the password is right each time
			if err != nil {
				t.Fatal(err)
			}
			_, err = r.SignIn.Prove(r.Ctx(), a, proof.TOTP, "000000")
			if fault.Of(err) != fault.CodeInvalidCode {
				t.Fatalf("guess %d: got %v, want %s", i+1, err, fault.CodeInvalidCode)
			}
		}
		a, err := r.SignIn.Find(r.Ctx(), ask(t, r))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := r.SignIn.Prove(r.Ctx(), a, proof.TOTP, phone.code(u)); fault.Of(err) != fault.CodeRateLimited {
			t.Errorf("RL-05 RL-06 BC-04 after five guesses over five sign-ins: got %v, want %s", err, fault.CodeRateLimited)
		}
		o, err := r.SignIn.Prove(r.Ctx(), a, proof.BackupCode, phone.codes[0])
		if err != nil || o.Tokens == nil {
			t.Errorf("RL-01 another factor rests by itself: got %+v, %v, want a session", o, err)
		}
	})
}

func TestReplayedCode(t *testing.T) {
	r := apptest.Open(t, storetest.SQLite(t))
	u := r.Member(t, email)
	phone := enrol(t, r, u)
	code := phone.code(u)
	prove := func(code string) error {
		a, err := r.SignIn.Find(r.Ctx(), ask(t, r))
		if err != nil {
			t.Fatal(err)
		}
		_, err = r.SignIn.Prove(r.Ctx(), a, proof.TOTP, code)
		return err
	}
	if err := prove(code); err != nil {
		t.Fatalf("first: got %v, want a session", err)
	}
	replayed, wrong := prove(code), prove("000000")
	if replayed == nil || wrong == nil || fault.Of(replayed) != fault.Of(wrong) {
		t.Errorf("TO-06 got %v and %v, want the same answer", replayed, wrong)
	}
	reasons := map[string]int{}
	for _, e := range r.Rows(t) {
		reasons[e.Reason]++
	}
	if reasons["replayed"] != 1 || reasons["wrong_code"] != 1 {
		t.Errorf("TO-06 audit reasons: got %v, want one replayed and one wrong_code", reasons)
	}
}
