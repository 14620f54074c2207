package signin_test

import (
	"slices"
	"testing"
	"time"

	"github.com/sallyport/sallyport/internal/proof"
	"github.com/sallyport/sallyport/internal/signin"
)

// TestSetAsideFactors is what policy does with factors that do not count: the
// mailbox a second time, and what the operator switched off.
func TestSetAsideFactors(t *testing.T) {
	password := []proof.Proof{{Method: proof.Password}}
	all := []proof.Method{proof.TOTP, proof.SMS, proof.Email, proof.BackupCode}
	for _, tc := range []struct {
		name     string
		offered  []proof.Method
		required signin.Requirement
		mailed   bool
		enrolled []proof.Method
		proofs   []proof.Proof
		action   signin.Action
		methods  []proof.Method
	}{
		{"OT e-mail after a password", all, signin.MFAOptional, false, []proof.Method{proof.Email}, password, signin.Ask, []proof.Method{proof.Email}},
		{"MF-02 e-mail after a mailed password", all, signin.MFAOptional, true, []proof.Method{proof.Email}, password, signin.Ask, []proof.Method{proof.BackupCode}},
		{"MF-02 e-mail and codes after a mailed password", all, signin.MFARequired, true, []proof.Method{proof.Email, proof.BackupCode}, password, signin.Ask, []proof.Method{proof.BackupCode}},
		{"MF-02 an app after a mailed password", all, signin.MFAOptional, true, []proof.Method{proof.TOTP, proof.Email}, password, signin.Ask, []proof.Method{proof.TOTP}},
		{"MF-02 a provider's proof is no mailed password", all, signin.MFAOptional, true, []proof.Method{proof.Email}, []proof.Proof{{Method: proof.OAuth}}, signin.Ask, []proof.Method{proof.Email}},
		{"MF-02 nothing set up, mailed password, required", all, signin.MFARequired, true, nil, password, signin.Enrol, []proof.Method{proof.TOTP, proof.SMS}},
		{"MF-02 switched off, optional", []proof.Method{proof.TOTP, proof.BackupCode}, signin.MFAOptional, false, []proof.Method{proof.SMS}, password, signin.Ask, []proof.Method{proof.BackupCode}},
		{"MF-02 switched off, required", []proof.Method{proof.TOTP, proof.BackupCode}, signin.MFARequired, false, []proof.Method{proof.SMS}, password, signin.Ask, []proof.Method{proof.BackupCode}},
		{"MF-06 a remembered device", all, signin.MFARequired, false, []proof.Method{proof.SMS}, append([]proof.Proof{{Method: proof.Device}}, password...), signin.Open, nil},
		{"MF-06 a remembered device alone", all, signin.MFARequired, false, []proof.Method{proof.SMS}, []proof.Proof{{Method: proof.Device}}, signin.Ask, []proof.Method{proof.SMS}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			p := signin.Policy{MFA: tc.required, Methods: tc.offered}
			got := p.Next(signin.State{PasswordMailed: tc.mailed, Enrolled: tc.enrolled, Proofs: tc.proofs})
			if got.Action != tc.action || !slices.Equal(got.Methods, tc.methods) {
				t.Errorf("got %+v, want action %d with %v", got, tc.action, tc.methods)
			}
		})
	}
}

// TestWeakProofsStayWeak shows that neither a mailed code nor a remembered device
// makes a proof fresh (MF-05, MF-06).
func TestWeakProofsStayWeak(t *testing.T) {
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	p := signin.Policy{StepUpAge: 5 * time.Minute}
	old := proof.Proof{Method: proof.Password, At: now.Add(-time.Hour)}
	for _, weak := range []proof.Proof{{Method: proof.Email, Mailbox: true, At: now}, {Method: proof.Device, At: now}} {
		if p.Fresh(proof.AAL1, []proof.Proof{old, weak}, proof.AAL1, now) {
			t.Errorf("MF-05 %s: got fresh, want stale", weak.Method)
		}
	}
	if !p.Fresh(proof.AAL1, []proof.Proof{{Method: proof.Password, At: now}}, proof.AAL1, now) {
		t.Error("a password just typed: got stale, want fresh")
	}
}
