package signin_test

import (
	"errors"
	"slices"
	"strings"
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

// try signs in with a password and returns how it was refused.
func try(r *apptest.Rig, address, password string) *fault.Error {
	_, err := r.SignIn.Password(r.Ctx(), address, password, session.InBody)
	var f *fault.Error
	if errors.As(err, &f) {
		return f
	}
	return nil
}

func TestPasswordAnswersAlike(t *testing.T) {
	apptest.OnBoth(t, func(t *testing.T, r *apptest.Rig) {
		r.Member(t, email)
		locked := r.Member(t, "locked@example.org")
		if err := r.Accounts.Disable(r.Ctx(), locked.ID, account.Operator()); err != nil {
			t.Fatal(err)
		}
		add := func(address string) {
			if _, err := r.Accounts.Add(r.Ctx(), account.Registration{Email: address}, account.Member, account.Operator()); err != nil {
				t.Fatal(err)
			}
		}
		add("provider@example.org")
		people := map[string]string{
			"wrong password": email, "unknown": "nobody@example.org", "disabled": locked.Email, "no password": "provider@example.org", "no address": "rubbish",
		}
		for failure := 1; failure <= 6; failure++ {
			for who, address := range people {
				got := try(r, address, "not the right one at all")
				want := fault.CodeInvalidCredentials
				if failure == 6 {
					want = fault.CodeRateLimited
				}
				if got == nil || got.Code != want || got.Detail != "" || len(got.Fields) > 0 {
					t.Errorf("PW-09 RL-10 %s, failure %d: got %+v, want %s and no more", who, failure, got, want)
				}
				if failure == 6 && got != nil && got.RetryAfter != 30*time.Second {
					t.Errorf("RL-10 %s: got Retry-After %v, want 30 s", who, got.RetryAfter)
				}
			}
		}
		if got := try(r, locked.Email, apptest.Password); got == nil || got.Code != fault.CodeRateLimited {
			t.Errorf("RL-10 the right password while it rests: got %+v, want %s", got, fault.CodeRateLimited)
		}
	})
}

func TestVariantsShareOneCounter(t *testing.T) {
	r := apptest.Open(t, storetest.SQLite(t))
	r.Member(t, "josé@example.org")
	for i, address := range []string{"josé@example.org", "JOSÉ@EXAMPLE.ORG", " josé@example.org ", "josé@example.org", "José@Example.Org"} {
		if got := try(r, address, "wrong"); got == nil || got.Code != fault.CodeInvalidCredentials {
			t.Fatalf("RL-02 variant %d: got %+v, want %s", i, got, fault.CodeInvalidCredentials)
		}
	}
	if got := try(r, "josé@example.org", apptest.Password); got == nil || got.Code != fault.CodeRateLimited {
		t.Errorf("RL-02 after five variants: got %+v, want %s", got, fault.CodeRateLimited)
	}
}

func TestFailuresAndSuccess(t *testing.T) {
	apptest.OnBoth(t, func(t *testing.T, r *apptest.Rig) {
		u := r.Member(t, email)
		for range 5 {
			if got := try(r, email, "wrong"); got == nil {
				t.Fatal("a wrong password: got a session")
			}
		}
		if got := try(r, email, apptest.Password); got == nil || got.Code != fault.CodeRateLimited {
			t.Fatalf("RL-01 at once: got %+v, want %s", got, fault.CodeRateLimited)
		}
		r.Clock.Advance(31 * time.Second)
		r.Mails(t)
		r.SignedIn(t, email)
		if got := r.Kinds(t); !slices.Contains(got, message.LoginAfterFails) {
			t.Errorf("AU-07 mails: got %v, want %s", got, message.LoginAfterFails)
		}
		if got := r.Events(t); !slices.Contains(got, audit.LoginSuccessAfterFail) || !slices.Contains(got, audit.LoginLock) {
			t.Errorf("AU-01 events: got %v, want %s and %s", got, audit.LoginSuccessAfterFail, audit.LoginLock)
		}
		c, err := r.Store.CountAttempt(r.Ctx(), u.ID, proof.Password, r.Clock.Now(), signin.DefaultCurve)
		if err != nil || c.Failures != 1 {
			t.Errorf("RL-01 after a success: got %d failures, %v, want the count to begin anew", c.Failures, err)
		}
	})
}

func TestHardStop(t *testing.T) {
	r := apptest.Open(t, storetest.SQLite(t))
	u := r.Member(t, email)
	for range signin.DefaultCurve.Hard {
		if _, err := r.Store.CountAttempt(r.Ctx(), u.ID, proof.Password, r.Clock.Now(), signin.DefaultCurve); err != nil {
			t.Fatal(err)
		}
		r.Clock.Advance(time.Hour)
	}
	r.Clock.Advance(365 * 24 * time.Hour)
	if got := try(r, email, apptest.Password); got == nil || got.Code != fault.CodeRateLimited {
		t.Errorf("RL-01 after 100 failures, a year later: got %+v, want %s", got, fault.CodeRateLimited)
	}
	if err := r.Accounts.Enable(r.Ctx(), u.ID, account.Operator()); err != nil {
		t.Fatal(err)
	}
	r.SignedIn(t, email)
}

// TestImportedHash signs somebody in whose hash came from another system.
func TestImportedHash(t *testing.T) {
	r := apptest.Open(t, storetest.SQLite(t))
	address, err := account.ParseAddress(email)
	if err != nil {
		t.Fatal(err)
	}
	u, err := r.Accounts.Import(r.Ctx(), address, "Ada", account.Member, bcryptOf(t, apptest.Password), account.Operator())
	if err != nil {
		t.Fatal(err)
	}
	r.SignedIn(t, email)
	after, err := r.Store.UserByID(r.Ctx(), u.ID)
	if err != nil || !strings.HasPrefix(after.PasswordHash, "$argon2id$") {
		t.Errorf("PW-12 PW-06 after the first sign-in: got %.12s…, %v, want argon2id", after.PasswordHash, err)
	}
	r.SignedIn(t, email)
}
