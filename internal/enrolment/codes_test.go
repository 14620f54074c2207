package enrolment_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/sallyport/sallyport/internal/account"
	"github.com/sallyport/sallyport/internal/apptest"
	"github.com/sallyport/sallyport/internal/audit"
	"github.com/sallyport/sallyport/internal/factor"
	"github.com/sallyport/sallyport/internal/fault"
	"github.com/sallyport/sallyport/internal/ident"
	"github.com/sallyport/sallyport/internal/proof"
	"github.com/sallyport/sallyport/internal/storetest"
)

// phoneOf gives a person a confirmed number.
func phoneOf(t *testing.T, r *apptest.Rig, u account.User, number string) factor.Enrolment {
	t.Helper()
	e, err := r.Enrolment.NewPhone(r.Ctx(), u, number, "")
	if err != nil {
		t.Fatal(err)
	}
	e.CreatedAt = r.Clock.Now()
	if err := r.Store.BeginEnrolment(r.Ctx(), e, audit.Trail{}); err != nil {
		t.Fatal(err)
	}
	if _, err := r.Enrolment.Confirm(r.Ctx(), factor.Subject{}, u, proof.SMS, e.ID); err != nil {
		t.Fatalf("confirm %s: %v", number, err)
	}
	r.Clock.Advance(time.Second)
	return e
}

func TestNewPhone(t *testing.T) {
	apptest.OnBoth(t, func(t *testing.T, r *apptest.Rig) {
		u := r.Member(t, email)
		e, err := r.Enrolment.NewPhone(r.Ctx(), u, "+44 (0)7400 123456", "  work  ")
		if err != nil || e.Phone != "+447400123456" || e.Name != "work" || e.Enabled || !e.ExpiresAt.Equal(r.Clock.Now().Add(10*time.Minute)) {
			t.Errorf("MF-07 got %+v, %v, want a number of ten minutes that does not count yet", e, err)
		}
		if got := methods(t, r, u); len(got) != 0 {
			t.Errorf("nothing is stored by asking: got %v", got)
		}
		for what, number := range map[string]string{"no country": "07400 123456", "words": "my phone", "too short": "+44 1", "nothing": ""} {
			var f *fault.Error
			if _, err := r.Enrolment.NewPhone(r.Ctx(), u, number, ""); !errors.As(err, &f) || f.Code != fault.CodeInvalidRequest || len(f.Fields) != 1 {
				t.Errorf("OT-08 %s: got %v, want %s of one field", what, err, fault.CodeInvalidRequest)
			}
		}
		if _, err := r.Enrolment.NewPhone(r.Ctx(), u, "+447400123456", strings.Repeat("é", 51)); fault.Of(err) != fault.CodeInvalidRequest {
			t.Errorf("a name of 51: got %v, want %s", err, fault.CodeInvalidRequest)
		}
		phoneOf(t, r, u, "+447400123456")
		if _, err := r.Enrolment.NewPhone(r.Ctx(), u, "+44 7400 123456", ""); fault.Of(err) != fault.CodeAlreadyEnrolled {
			t.Errorf("OT-08 the same number, written otherwise: got %v, want %s", err, fault.CodeAlreadyEnrolled)
		}
	})
}

func TestConfirm(t *testing.T) {
	apptest.OnBoth(t, func(t *testing.T, r *apptest.Rig) {
		u := r.Member(t, email)
		e, err := r.Enrolment.NewMail(r.Ctx(), u)
		if err != nil || e.Email != email {
			t.Fatalf("OT-05 got %+v, %v, want the verified address", e, err)
		}
		confirm := func(m proof.Method, id string) error {
			_, err := r.Enrolment.Confirm(r.Ctx(), factor.Subject{}, u, m, id)
			return err
		}
		if err := confirm(proof.Email, e.ID); fault.Of(err) != fault.CodeNothingPending {
			t.Errorf("what was never stored: got %v, want %s", err, fault.CodeNothingPending)
		}
		if err := r.Store.BeginEnrolment(r.Ctx(), e, audit.Trail{}); err != nil {
			t.Fatal(err)
		}
		for what, refused := range map[string]error{"another id": confirm(proof.Email, ident.New()), "another method": confirm(proof.SMS, e.ID)} {
			if fault.Of(refused) != fault.CodeNothingPending {
				t.Errorf("OT-02 %s: got %v, want %s", what, refused, fault.CodeNothingPending)
			}
		}
		codes, err := r.Enrolment.Confirm(r.Ctx(), factor.Subject{}, u, proof.Email, e.ID)
		if err != nil || len(codes) != 10 {
			t.Errorf("BC-01 got %d backup codes, %v, want ten with the first factor", len(codes), err)
		}
		if err := confirm(proof.Email, e.ID); fault.Of(err) != fault.CodeNothingPending {
			t.Errorf("a second time: got %v, want %s", err, fault.CodeNothingPending)
		}
		if _, err := r.Enrolment.NewMail(r.Ctx(), u); fault.Of(err) != fault.CodeAlreadyEnrolled {
			t.Errorf("the mailbox twice: got %v, want %s", err, fault.CodeAlreadyEnrolled)
		}
		e = late(t, r, u)
		if err := confirm(proof.SMS, e.ID); fault.Of(err) != fault.CodeNothingPending {
			t.Errorf("MF-07 after ten minutes: got %v, want %s", err, fault.CodeNothingPending)
		}
		if _, err := r.Enrolment.NewMail(r.Ctx(), account.User{ID: ident.New(), Email: "x@example.org"}); fault.Of(err) != fault.CodeEmailNotVerified {
			t.Errorf("OT-05 an address that is not verified: got %v, want %s", err, fault.CodeEmailNotVerified)
		}
	})
}

// late is a number whose set-up has just lapsed.
func late(t *testing.T, r *apptest.Rig, u account.User) factor.Enrolment {
	t.Helper()
	e, err := r.Enrolment.NewPhone(r.Ctx(), u, "+447400123456", "")
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Store.BeginEnrolment(r.Ctx(), e, audit.Trail{}); err != nil {
		t.Fatal(err)
	}
	r.Clock.Advance(10 * time.Minute)
	return e
}

func TestHeldAndStatus(t *testing.T) {
	apptest.OnBoth(t, func(t *testing.T, r *apptest.Rig) {
		u, bob := r.Member(t, email), r.Member(t, "bob@example.org")
		confirm(t, r, u)
		one := phoneOf(t, r, u, "+447400123456")
		held := func() (out []factor.Offer) {
			t.Helper()
			out, err := r.Enrolment.Held(r.Ctx(), u.ID)
			if err != nil {
				t.Fatal(err)
			}
			return out
		}
		want := []factor.Offer{{Method: proof.TOTP, Hint: "phone"}, {Method: proof.SMS, Hint: "•••• 456"}, {Method: proof.BackupCode}}
		if got := held(); !slices.Equal(got, want) {
			t.Errorf("got %+v, want %+v: one number needs no choice", got, want)
		}
		two := phoneOf(t, r, u, "+447400123789")
		want = []factor.Offer{want[0], {Method: proof.SMS, Hint: "•••• 456", ID: one.ID}, {Method: proof.SMS, Hint: "•••• 789", ID: two.ID}, want[2]}
		if got := held(); !slices.Equal(got, want) {
			t.Errorf("got %+v, want %+v: of two one is chosen", got, want)
		}
		for id, want := range map[string]string{"": one.Phone, one.ID: one.Phone, two.ID: two.Phone} {
			if got, err := r.Enrolment.Address(r.Ctx(), u.ID, proof.SMS, id); err != nil || got.Phone != want {
				t.Errorf("OT-05 address %q: got %q, %v, want %q", id, got.Phone, err, want)
			}
		}
		if _, err := r.Enrolment.Address(r.Ctx(), bob.ID, proof.SMS, one.ID); fault.Of(err) != fault.CodeNotFound {
			t.Errorf("OT-05 another person's number: got %v, want %s", err, fault.CodeNotFound)
		}
		st, err := r.Enrolment.Status(r.Ctx(), u)
		if err != nil || len(st.Factors) != 3 || st.BackupCodesLeft != 10 || st.Required {
			t.Errorf("status: got %+v, %v, want three factors and ten codes", st, err)
		}
		for _, f := range st.Factors {
			if f.Secret != nil {
				t.Errorf("TO-01 status of %s: got its secret, want it never shown again", f.Method)
			}
		}
		t.Run("OT-09 one number of two goes, the other stays", func(t *testing.T) {
			if err := r.Enrolment.Disable(r.Ctx(), u, "", proof.SMS, two.ID); err != nil {
				t.Fatal(err)
			}
			if got, err := r.Enrolment.Address(r.Ctx(), u.ID, proof.SMS, ""); err != nil || got.ID != one.ID {
				t.Errorf("got %+v, %v, want the first number", got, err)
			}
			if err := r.Enrolment.Disable(r.Ctx(), bob, "", proof.SMS, one.ID); fault.Of(err) != fault.CodeNotFound {
				t.Errorf("by another person: got %v, want %s", err, fault.CodeNotFound)
			}
		})
	})
}

// TestTriesOfASetUp guesses the code that confirms an app.
func TestTriesOfASetUp(t *testing.T) {
	apptest.OnBoth(t, func(t *testing.T, r *apptest.Rig) {
		u := r.Member(t, email)
		secret := setUp(t, r, u)
		for i, answer := range []string{"000000", "no code", "12345", "000000", "１２３４５６"} {
			_, _, err := r.Enrolment.ConfirmTOTP(r.Ctx(), factor.Subject{}, u, answer)
			if c := fault.Of(err); c != fault.CodeInvalidCode && c != fault.CodeInvalidRequest {
				t.Fatalf("TO-05 guess %d: got %v, want it refused and counted", i+1, err)
			}
		}
		if _, _, err := r.Enrolment.ConfirmTOTP(r.Ctx(), factor.Subject{}, u, code(t, r, secret)); fault.Of(err) != fault.CodeRateLimited {
			t.Errorf("RL-01 the right code after five guesses: got %v, want %s", err, fault.CodeRateLimited)
		}
		r.Clock.Advance(31 * time.Second)
		if _, _, err := r.Enrolment.ConfirmTOTP(r.Ctx(), factor.Subject{}, u, code(t, r, secret)); err != nil {
			t.Errorf("RL-01 after its rest: got %v, want it confirmed", err)
		}
	})
}

func TestNoMoreThanTen(t *testing.T) {
	r := apptest.Open(t, storetest.SQLite(t))
	u := r.Member(t, email)
	for range 10 {
		confirm(t, r, u)
		r.Clock.Advance(30 * time.Second)
	}
	if _, err := r.Enrolment.SetupTOTP(r.Ctx(), u, ""); fault.Of(err) != fault.CodeConflict {
		t.Errorf("an eleventh app: got %v, want %s", err, fault.CodeConflict)
	}
	if _, err := r.Enrolment.SetupTOTP(r.Ctx(), u, strings.Repeat("a", 51)); fault.Of(err) != fault.CodeInvalidRequest {
		t.Errorf("a name of 51: got %v, want %s", err, fault.CodeInvalidRequest)
	}
}
