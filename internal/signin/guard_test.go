package signin_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/sallyport/sallyport/internal/account"
	"github.com/sallyport/sallyport/internal/apptest"
	"github.com/sallyport/sallyport/internal/audit"
	"github.com/sallyport/sallyport/internal/fault"
	"github.com/sallyport/sallyport/internal/proof"
	"github.com/sallyport/sallyport/internal/session"
	"github.com/sallyport/sallyport/internal/signin"
	"github.com/sallyport/sallyport/internal/storetest"
)

// guarded asks for a guarded action and returns what would do; nil: it passed.
func guarded(t *testing.T, r *apptest.Rig, userID, sessionID string) *fault.Need {
	t.Helper()
	n, err := r.SignIn.Guard(r.Ctx(), userID, sessionID)
	if err == nil && n.ID == sessionID {
		return nil
	}
	var f *fault.Error
	if !errors.As(err, &f) || f.Code != fault.CodeStepUpRequired || f.Need == nil {
		t.Fatalf("got session %s, %v, want it to pass or %s", n.ID, err, fault.CodeStepUpRequired)
	}
	return f.Need
}

func TestGuard(t *testing.T) {
	apptest.OnBoth(t, func(t *testing.T, r *apptest.Rig) {
		u := r.Member(t, email)
		held := r.SignedIn(t, email)
		sid := held.Session.ID
		t.Run("MF-03 a password does for five minutes where there is nothing else", func(t *testing.T) {
			r.Clock.Advance(5 * time.Minute)
			if need := guarded(t, r, u.ID, sid); need != nil {
				t.Errorf("after 5 min: got %+v needed, want it to pass", need)
			}
			r.Clock.Advance(time.Microsecond)
			need := guarded(t, r, u.ID, sid)
			if need == nil || need.ACR != "aal1" || need.MaxAge != 5*time.Minute || !slices.Equal(need.Methods, []string{"password"}) {
				t.Errorf("after that: got %+v, want the password again", need)
			}
			if got := r.Events(t); got[len(got)-1] != audit.AuthzFail {
				t.Errorf("AU-01 got %s last, want %s", got[len(got)-1], audit.AuthzFail)
			}
		})
		t.Run("MF-03 the password again makes it fresh", func(t *testing.T) {
			if _, err := r.SignIn.PasswordStepUp(r.Ctx(), u.ID, sid, "not the right one"); fault.Of(err) != fault.CodeInvalidCredentials {
				t.Errorf("a wrong one: got %v, want %s", err, fault.CodeInvalidCredentials)
			}
			if guarded(t, r, u.ID, sid) == nil {
				t.Error("after a wrong one: got it passed")
			}
			got, err := r.SignIn.PasswordStepUp(r.Ctx(), u.ID, sid, apptest.Password)
			if err != nil || got.Session.ID != sid || got.Refresh != "" {
				t.Fatalf("got %+v, %v, want a new access token of the same session", got, err)
			}
			if need := guarded(t, r, u.ID, sid); need != nil {
				t.Errorf("after the right one: got %+v needed, want it to pass", need)
			}
		})
		phone := enrol(t, r, u)
		t.Run("MF-03 with an app the password no longer does", func(t *testing.T) {
			if _, err := r.SignIn.PasswordStepUp(r.Ctx(), u.ID, sid, apptest.Password); err != nil {
				t.Fatal(err)
			}
			need := guarded(t, r, u.ID, sid)
			if need == nil || need.ACR != "aal2" || !slices.Equal(need.Methods, []string{"totp", "backup_code"}) {
				t.Errorf("got %+v, want the app or a backup code", need)
			}
			if _, err := r.SignIn.StepUp(r.Ctx(), u.ID, sid, proof.TOTP, "000000"); fault.Of(err) != fault.CodeInvalidCode {
				t.Errorf("a wrong code: got %v, want %s", err, fault.CodeInvalidCode)
			}
			got, err := r.SignIn.StepUp(r.Ctx(), u.ID, sid, proof.TOTP, phone.code(u))
			if err != nil || got.Session.Level != proof.AAL2 || !got.Session.AuthTime().Equal(r.Clock.Now()) {
				t.Fatalf("MF-05 got %+v, %v, want aal2, now", got.Session, err)
			}
			if need := guarded(t, r, u.ID, sid); need != nil {
				t.Errorf("after the code: got %+v needed, want it to pass", need)
			}
		})
		t.Run("MF-05 the password does not refresh the app's proof", func(t *testing.T) {
			r.Clock.Advance(5*time.Minute + time.Second)
			if _, err := r.SignIn.PasswordStepUp(r.Ctx(), u.ID, sid, apptest.Password); err != nil {
				t.Fatal(err)
			}
			if guarded(t, r, u.ID, sid) == nil {
				t.Error("got it passed")
			}
			if _, err := r.SignIn.StepUp(r.Ctx(), u.ID, sid, proof.BackupCode, phone.codes[0]); err != nil {
				t.Fatalf("a backup code: got %v, want nil", err)
			}
			if need := guarded(t, r, u.ID, sid); need != nil {
				t.Errorf("after a backup code: got %+v needed, want it to pass", need)
			}
		})
		t.Run("TK-12 not in a session that ended, nor in another's", func(t *testing.T) {
			bob := r.Member(t, "bob@example.org")
			refused := func(what, userID string) {
				t.Helper()
				_, guard := r.SignIn.Guard(r.Ctx(), userID, sid)
				_, password := r.SignIn.PasswordStepUp(r.Ctx(), userID, sid, apptest.Password)
				_, code := r.SignIn.StepUp(r.Ctx(), userID, sid, proof.TOTP, phone.code(u))
				_, sent := r.SignIn.SendStepUp(r.Ctx(), userID, sid, proof.Email, "")
				for _, err := range []error{guard, password, code, sent} {
					if fault.Of(err) != fault.CodeInvalidToken {
						t.Errorf("%s: got %v, want %s", what, err, fault.CodeInvalidToken)
					}
				}
			}
			refused("another's", bob.ID)
			if err := r.Sessions.End(r.Ctx(), u.ID, sid, "logout"); err != nil {
				t.Fatal(err)
			}
			refused("ended", u.ID)
		})
	})
}

// TestGuardOfAProvidersUser is somebody without a password: what would do is what
// they have.
func TestGuardOfAProvidersUser(t *testing.T) {
	r := apptest.Open(t, storetest.SQLite(t))
	u, err := r.Accounts.Add(r.Ctx(), account.Registration{Email: email}, account.Member, account.Operator())
	if err != nil {
		t.Fatal(err)
	}
	o, err := r.SignIn.Begin(r.Ctx(), u, proof.Proof{Method: proof.OAuth, Ref: "google"}, session.InBody, 0)
	if err != nil || o.Action != signin.Open {
		t.Fatalf("got %+v, %v, want a session", o, err)
	}
	r.Clock.Advance(time.Hour)
	need := guarded(t, r, u.ID, o.Tokens.Session.ID)
	if need == nil || !slices.Equal(need.Methods, []string{"oauth"}) {
		t.Errorf("MF-03 got %+v, want the provider again", need)
	}
}

func TestConfirmPassword(t *testing.T) {
	apptest.OnBoth(t, func(t *testing.T, r *apptest.Rig) {
		u := r.Member(t, email)
		if err := r.SignIn.ConfirmPassword(r.Ctx(), u, apptest.Password); err != nil {
			t.Errorf("PW-10 the current one: got %v, want nil", err)
		}
		for i := range 4 {
			if err := r.SignIn.ConfirmPassword(r.Ctx(), u, "not the right one"); fault.Of(err) != fault.CodeInvalidCredentials {
				t.Fatalf("PW-10 wrong, %d: got %v, want %s", i+1, err, fault.CodeInvalidCredentials)
			}
		}
		if got := try(r, email, "not the right one"); got == nil || got.Code != fault.CodeInvalidCredentials {
			t.Fatalf("a wrong sign-in: got %+v, want %s", got, fault.CodeInvalidCredentials)
		}
		if err := r.SignIn.ConfirmPassword(r.Ctx(), u, apptest.Password); fault.Of(err) != fault.CodeRateLimited {
			t.Errorf("RL-02 after five failures here and there: got %v, want %s", err, fault.CodeRateLimited)
		}
	})
}

func TestStillGood(t *testing.T) {
	password := []proof.Proof{{Method: proof.Password}}
	both := append(slices.Clone(password), proof.Proof{Method: proof.TOTP})
	for _, tt := range []struct {
		name   string
		policy signin.Policy
		holder session.Holder
		proofs []proof.Proof
		want   fault.Code
	}{
		{"TK-10 nothing is demanded", signin.Policy{}, session.Holder{}, password, ""},
		{"TK-10 an address that is not verified", signin.Policy{VerifiedEmail: true}, session.Holder{}, password, fault.CodeEmailNotVerified},
		{"TK-10 one that is", signin.Policy{VerifiedEmail: true}, session.Holder{EmailVerified: true}, password, ""},
		{"TK-10 a second factor of everybody", signin.Policy{MFA: signin.MFARequired}, session.Holder{Role: "user"}, password, fault.CodeEnrolmentRequired},
		{"TK-10 and it was shown", signin.Policy{MFA: signin.MFARequired}, session.Holder{Role: "user"}, both, ""},
		{"TK-10 of administrators, a member", signin.Policy{MFA: signin.MFAAdmins}, session.Holder{Role: "user"}, password, ""},
		{"TK-10 of administrators, one of them", signin.Policy{MFA: signin.MFAAdmins}, session.Holder{Role: "admin"}, password, fault.CodeEnrolmentRequired},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if err := tt.policy.StillGood(tt.holder, session.Session{Proofs: tt.proofs}); fault.Of(err) != tt.want {
				t.Errorf("got %v, want %q", err, tt.want)
			}
		})
	}
}
