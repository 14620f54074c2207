package signin_test

import (
	"slices"
	"testing"
	"time"

	"github.com/sallyport/sallyport/internal/fault"
	"github.com/sallyport/sallyport/internal/proof"
	"github.com/sallyport/sallyport/internal/signin"
)

// TestPasskeyPolicy is what policy makes of a passkey, with and without a check
// of the person by the authenticator.
func TestPasskeyPolicy(t *testing.T) {
	checked := proof.Proof{Method: proof.Passkey, UserVerified: true}
	touched := proof.Proof{Method: proof.Passkey}
	password, device := proof.Proof{Method: proof.Password}, proof.Proof{Method: proof.Device}
	app, backup := proof.Proof{Method: proof.TOTP}, proof.BackupCode
	all := []proof.Method{proof.Passkey, proof.TOTP, proof.SMS, proof.BackupCode}
	for _, tc := range []struct {
		name     string
		further  bool
		required signin.Requirement
		enrolled []proof.Method
		proofs   []proof.Proof
		action   signin.Action
		methods  []proof.Method
	}{
		{"WA-06 checked, it is enough", false, signin.MFAOptional, []proof.Method{proof.Passkey, proof.TOTP}, []proof.Proof{checked}, signin.Open, nil},
		{"WA-06 checked, it is enough where two factors are required", false, signin.MFARequired, []proof.Method{proof.Passkey}, []proof.Proof{checked}, signin.Open, nil},
		{"WA-06 touched, alone it opens nothing", false, signin.MFAOptional, []proof.Method{proof.Passkey}, []proof.Proof{touched}, signin.Refuse, nil},
		{"WA-06 touched, it sets nothing up", false, signin.MFARequired, []proof.Method{proof.Passkey, backup}, []proof.Proof{touched}, signin.Refuse, nil},
		{"WA-06 touched, the second factor is asked", false, signin.MFAOptional, []proof.Method{proof.Passkey, proof.TOTP, backup}, []proof.Proof{touched}, signin.Ask, []proof.Method{proof.TOTP, backup}},
		{"WA-06 touched on a remembered device", false, signin.MFAOptional, []proof.Method{proof.Passkey, proof.TOTP}, []proof.Proof{touched, device}, signin.Ask, []proof.Method{proof.TOTP}},
		{"MF-02 touched and an app", false, signin.MFAOptional, []proof.Method{proof.Passkey, proof.TOTP}, []proof.Proof{touched, app}, signin.Open, nil},
		{"MF-02 a password, then the passkey is asked", false, signin.MFAOptional, []proof.Method{proof.Passkey}, []proof.Proof{password}, signin.Ask, []proof.Method{proof.Passkey}},
		{"MF-02 a password and a touch", false, signin.MFARequired, []proof.Method{proof.Passkey}, []proof.Proof{password, touched}, signin.Open, nil},
		{"MF-02 a further factor is demanded, one is there", true, signin.MFAOptional, []proof.Method{proof.Passkey, proof.TOTP}, []proof.Proof{checked}, signin.Ask, []proof.Method{proof.TOTP}},
		{"MF-02 a further factor is demanded, none is there", true, signin.MFAOptional, []proof.Method{proof.Passkey}, []proof.Proof{checked}, signin.Enrol, []proof.Method{proof.TOTP, proof.SMS}},
		{"MF-02 a further factor was shown", true, signin.MFAOptional, []proof.Method{proof.Passkey, proof.TOTP}, []proof.Proof{checked, app}, signin.Open, nil},
		{"MF-02 a further factor beside a password is shown already", true, signin.MFAOptional, []proof.Method{proof.Passkey}, []proof.Proof{password, checked}, signin.Open, nil},
	} {
		t.Run(tc.name, func(t *testing.T) {
			p := signin.Policy{MFA: tc.required, Methods: all, FurtherFactor: tc.further}
			got := p.Next(signin.State{Enrolled: tc.enrolled, Proofs: tc.proofs})
			if got.Action != tc.action || !slices.Equal(got.Methods, tc.methods) {
				t.Errorf("got %+v, want action %d with %v", got, tc.action, tc.methods)
			}
			if tc.action == signin.Refuse && got.Code != fault.CodeUserVerification {
				t.Errorf("got %s, want %s", got.Code, fault.CodeUserVerification)
			}
		})
	}
}

// TestPasskeyFresh shows which passkey proofs let a guarded action pass.
func TestPasskeyFresh(t *testing.T) {
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	p := signin.Policy{StepUpAge: 5 * time.Minute}
	shown := func(m proof.Method, verified bool, ago time.Duration) proof.Proof {
		return proof.Proof{Method: m, UserVerified: verified, At: now.Add(-ago)}
	}
	for _, tc := range []struct {
		name   string
		proofs []proof.Proof
		want   bool
	}{
		{"WA-06 a passkey that checked its user", []proof.Proof{shown(proof.Passkey, true, time.Minute)}, true},
		{"WA-06 a passkey that checked its user long ago", []proof.Proof{shown(proof.Passkey, true, time.Hour)}, false},
		{"WA-06 a touch", []proof.Proof{shown(proof.Passkey, false, time.Minute)}, false},
		{"WA-06 a touch beside an old password", []proof.Proof{shown(proof.Passkey, false, time.Minute), shown(proof.Password, false, time.Hour)}, false},
		{"WA-06 a touch beside a fresh password", []proof.Proof{shown(proof.Passkey, false, time.Minute), shown(proof.Password, false, time.Minute)}, true},
		{"MF-05 a fresh password beside an old check", []proof.Proof{shown(proof.Passkey, true, time.Hour), shown(proof.Password, false, 0)}, false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if got := p.Fresh(proof.AAL2, tc.proofs, proof.AAL2, now); got != tc.want {
				t.Errorf("got %v, want %v", got, tc.want)
			}
		})
	}
}
