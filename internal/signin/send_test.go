package signin_test

import (
	"testing"
	"time"

	"github.com/sallyport/sallyport/internal/account"
	"github.com/sallyport/sallyport/internal/apptest"
	"github.com/sallyport/sallyport/internal/factor"
	"github.com/sallyport/sallyport/internal/fault"
	"github.com/sallyport/sallyport/internal/message"
	"github.com/sallyport/sallyport/internal/proof"
	"github.com/sallyport/sallyport/internal/session"
	"github.com/sallyport/sallyport/internal/signin"
)

// mailbox gives a person codes by e-mail, as a page would.
func mailbox(t *testing.T, r *apptest.Rig, u account.User, sessionID string) {
	t.Helper()
	e, err := r.Enrolment.NewMail(r.Ctx(), u)
	if err != nil {
		t.Fatal(err)
	}
	sub := factor.Subject{UserID: u.ID, SessionID: sessionID, Confirm: e.ID}
	sent, err := r.SignIn.SendTo(r.Ctx(), sub, e)
	if err != nil || sent.Hint != "a•••@example.org" || sent.ExpiresIn > 10*time.Minute {
		t.Fatalf("OT-01 got %+v, %v, want a code on its way for ten minutes at most", sent, err)
	}
	mail := r.Mail(t, message.Code)
	if asked, err := r.SignIn.Asked(r.Ctx(), factor.Subject{UserID: u.ID, SessionID: sessionID}, proof.Email); err != nil || asked != e.ID {
		t.Errorf("got %q, %v, want the code asked for %q", asked, err, e.ID)
	}
	if _, err := r.SignIn.StepUp(r.Ctx(), u.ID, sessionID, proof.Email, mail.Code); fault.Of(err) != fault.CodeInvalidCode {
		t.Errorf("OT-02 a code that confirms, at a step-up: got %v, want %s", err, fault.CodeInvalidCode)
	}
	if _, err := r.SignIn.ProvePending(r.Ctx(), u, sub, proof.Email, mail.Code); err != nil {
		t.Fatalf("got %v, want the code to confirm", err)
	}
	if _, err := r.Enrolment.Confirm(r.Ctx(), factor.Subject{}, u, proof.Email, e.ID); err != nil {
		t.Fatal(err)
	}
}

// attempt signs a person in as far as the second factor.
func attempt(t *testing.T, r *apptest.Rig) signin.Attempt {
	t.Helper()
	a, err := r.SignIn.Find(r.Ctx(), ask(t, r))
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func TestSend(t *testing.T) {
	apptest.OnBoth(t, func(t *testing.T, r *apptest.Rig) {
		u := r.Member(t, email)
		held := r.SignedIn(t, email)
		mailbox(t, r, u, held.Session.ID)
		r.Mails(t)
		t.Run("OT-05 after the first factor, to the address that was confirmed", func(t *testing.T) {
			a := attempt(t, r)
			if sent, err := r.SignIn.Send(r.Ctx(), a, proof.Email, ""); err != nil || sent.Hint != "a•••@example.org" {
				t.Fatalf("got %+v, %v, want a code on its way", sent, err)
			}
			mail := r.Mail(t, message.Code)
			if mail.To != u.Email {
				t.Errorf("got a code to %s, want %s", mail.To, u.Email)
			}
			o, err := r.SignIn.Prove(r.Ctx(), a, proof.Email, mail.Code)
			if err != nil || o.Tokens == nil || o.Tokens.Session.Level != proof.AAL1 {
				t.Fatalf("got %+v, %v, want a session, and no more than aal1", o, err)
			}
		})
		t.Run("OT-05 not for a factor that is not asked for", func(t *testing.T) {
			a := attempt(t, r)
			for _, m := range []proof.Method{proof.SMS, proof.TOTP, proof.Passkey, proof.Password} {
				if _, err := r.SignIn.Send(r.Ctx(), a, m, ""); fault.Of(err) != fault.CodeForbidden {
					t.Errorf("%s: got %v, want %s", m, err, fault.CodeForbidden)
				}
			}
			if got := r.Kinds(t); len(got) != 0 {
				t.Errorf("got mails %v, want none", got)
			}
		})
		t.Run("MF-07 nor may a factor be set up that is held otherwise", func(t *testing.T) {
			if err := r.SignIn.MaySetUp(r.Ctx(), attempt(t, r), proof.TOTP); fault.Of(err) != fault.CodeForbidden {
				t.Errorf("got %v, want %s", err, fault.CodeForbidden)
			}
		})
		t.Run("OT-02 a code of one sign-in fails at another", func(t *testing.T) {
			one, two := attempt(t, r), attempt(t, r)
			if _, err := r.SignIn.Send(r.Ctx(), one, proof.Email, ""); err != nil {
				t.Fatal(err)
			}
			code := r.Mail(t, message.Code).Code
			if o, err := r.SignIn.Prove(r.Ctx(), two, proof.Email, code); fault.Of(err) != fault.CodeInvalidCode || o.Tokens != nil {
				t.Errorf("got %+v, %v, want %s", o, err, fault.CodeInvalidCode)
			}
		})
		t.Run("OT-05 in a session: what is not set up is not sent", func(t *testing.T) {
			if _, err := r.SignIn.SendStepUp(r.Ctx(), u.ID, held.Session.ID, proof.TOTP, ""); fault.Of(err) != fault.CodeNotFound {
				t.Errorf("an app: got %v, want %s", err, fault.CodeNotFound)
			}
			if _, err := r.SignIn.SendStepUp(r.Ctx(), u.ID, held.Session.ID, proof.Email, held.Session.ID); fault.Of(err) != fault.CodeNotFound {
				t.Errorf("an address of no id of theirs: got %v, want %s", err, fault.CodeNotFound)
			}
		})
		t.Run("MF-05 a mailed code raises no session", func(t *testing.T) {
			r.Clock.Advance(time.Hour)
			if _, err := r.SignIn.SendStepUp(r.Ctx(), u.ID, held.Session.ID, proof.Email, ""); err != nil {
				t.Fatal(err)
			}
			got, err := r.SignIn.StepUp(r.Ctx(), u.ID, held.Session.ID, proof.Email, r.Mail(t, message.Code).Code)
			if err != nil || got.Session.Level != proof.AAL1 || got.Session.AuthTime().Equal(r.Clock.Now()) {
				t.Fatalf("got %s at %v, %v, want aal1 as old as before", got.Session.Level, got.Session.AuthTime(), err)
			}
			if guarded(t, r, u.ID, held.Session.ID) == nil {
				t.Error("MF-03 a guarded action: got it passed")
			}
		})
	})
}

// TestEnrolInTheMiddle is somebody who must set a factor up before the first
// session.
func TestEnrolInTheMiddle(t *testing.T) {
	apptest.OnBoth(t, func(t *testing.T, r *apptest.Rig) {
		u := r.Member(t, email)
		o, err := r.SignIn.Password(r.Ctx(), email, apptest.Password, session.InBody)
		if err != nil || o.Action != signin.Enrol || o.Tokens != nil || o.Attempt == "" {
			t.Fatalf("MF-02 got %+v, %v, want a factor to be set up first", o, err)
		}
		a, err := r.SignIn.Find(r.Ctx(), o.Attempt)
		if err != nil || !a.Enrol {
			t.Fatalf("got %+v, %v, want a sign-in that waits for a set-up", a, err)
		}
		if _, err := r.SignIn.Prove(r.Ctx(), a, proof.TOTP, "000000"); fault.Of(err) != fault.CodeEnrolmentRequired {
			t.Errorf("an answer instead: got %v, want %s", err, fault.CodeEnrolmentRequired)
		}
		for m, want := range map[proof.Method]fault.Code{proof.TOTP: "", proof.BackupCode: fault.CodeForbidden, proof.Password: fault.CodeForbidden} {
			if err := r.SignIn.MaySetUp(r.Ctx(), a, m); fault.Of(err) != want {
				t.Errorf("%s: got %v, want %q", m, err, want)
			}
		}
		phone := &app{r: r, t: t}
		if _, err := r.Enrolment.SetupTOTP(r.Ctx(), u, ""); err != nil {
			t.Fatal(err)
		}
		_, p, err := r.Enrolment.ConfirmTOTP(r.Ctx(), factor.Subject{}, u, phone.code(u))
		if err != nil {
			t.Fatal(err)
		}
		o, err = r.SignIn.Advance(r.Ctx(), u, a, p)
		if err != nil || o.Tokens == nil || o.Tokens.Session.Level != proof.AAL2 {
			t.Fatalf("MF-02 after the set-up: got %+v, %v, want an aal2 session", o, err)
		}
		if _, err := r.SignIn.Advance(r.Ctx(), u, a, p); fault.Of(err) != fault.CodeAttemptExpired {
			t.Errorf("MF-01 again: got %v, want %s", err, fault.CodeAttemptExpired)
		}
	}, "MFA_POLICY=required")
}
