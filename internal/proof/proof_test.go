package proof_test

import (
	"slices"
	"testing"
	"time"

	"github.com/sallyport/sallyport/internal/proof"
)

func of(methods ...proof.Method) (out []proof.Proof) {
	for _, m := range methods {
		out = append(out, proof.Proof{Method: m, Mailbox: m == proof.Email})
	}
	return out
}

func TestLevels(t *testing.T) {
	verified := []proof.Proof{{Method: proof.Passkey, UserVerified: true}}
	for _, tt := range []struct {
		name   string
		proofs []proof.Proof
		level  proof.Level
		second bool
		amr    []string
	}{
		{"nothing", nil, proof.None, false, nil},
		{"password", of(proof.Password), proof.AAL1, false, []string{"pwd"}},
		{"password and app", of(proof.Password, proof.TOTP), proof.AAL2, true, []string{"mfa", "otp", "pwd"}},
		{"password and phone", of(proof.Password, proof.SMS), proof.AAL2, true, []string{"mfa", "pwd", "sms"}},
		{"password and backup code", of(proof.Password, proof.BackupCode), proof.AAL2, true, []string{"backup_code", "mfa", "pwd"}},
		{"password and mailed code", of(proof.Password, proof.Email), proof.AAL1, true, []string{"email", "pwd"}},
		{"password and remembered device", of(proof.Password, proof.Device), proof.AAL1, true, []string{"device", "pwd"}},
		{"mail link and mailed code", of(proof.Email, proof.Email), proof.AAL1, false, []string{"email"}},
		{"provider", of(proof.OAuth), proof.AAL1, false, []string{"fed"}},
		{"provider and app", of(proof.OAuth, proof.TOTP), proof.AAL2, true, []string{"fed", "mfa", "otp"}},
		{"provider trusted for both", []proof.Proof{{Method: proof.OAuth, Multi: true}}, proof.AAL2, true, []string{"fed", "mfa"}},
		{"passkey without verification", of(proof.Passkey), proof.AAL1, false, []string{"swk"}},
		{"passkey with verification", verified, proof.AAL2, true, []string{"mfa", "swk", "user"}},
		{"a key and an app", of(proof.Passkey, proof.TOTP), proof.AAL2, true, []string{"mfa", "otp", "swk"}},
		{"two apps are one factor", of(proof.TOTP, proof.TOTP), proof.AAL1, false, []string{"otp"}},
		{"a key that cannot leave its device", []proof.Proof{{Method: proof.Passkey, DeviceBound: true}}, proof.AAL1, false, []string{"hwk"}},
	} {
		t.Run("MF-05 "+tt.name, func(t *testing.T) {
			level, second, amr := proof.LevelOf(tt.proofs), proof.SecondFactorShown(tt.proofs), proof.AMR(tt.proofs)
			if level != tt.level || second != tt.second || !slices.Equal(amr, tt.amr) {
				t.Errorf("got %s, second factor %v, amr %v, want %s, %v, %v", level, second, amr, tt.level, tt.second, tt.amr)
			}
		})
	}
}

func TestLevelAt(t *testing.T) {
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	proofs := []proof.Proof{{Method: proof.Password, At: now}, {Method: proof.TOTP, At: now.Add(-6 * time.Minute)}}
	if got := proof.LevelAt(proofs, now, 5*time.Minute); got != proof.AAL1 {
		t.Errorf("MF-05 got %s, want aal1: the app is too old", got)
	}
	if got := proof.LevelAt(proofs, now, 6*time.Minute); got != proof.AAL2 {
		t.Errorf("MF-05 got %s, want aal2", got)
	}
	if got := proof.LevelAt(proofs, now.Add(-10*time.Minute), 5*time.Minute); got != proof.AAL1 {
		t.Errorf("MF-05 a clock set back by ten minutes: got %s, want aal1: the password is of the future", got)
	}
}

func TestLevelText(t *testing.T) {
	for _, l := range []proof.Level{proof.None, proof.AAL1, proof.AAL2} {
		if got := proof.ParseLevel(l.String()); got != l {
			t.Errorf("got %v, want %v", got, l)
		}
	}
	if got := proof.ParseLevel("aal3"); got != proof.None {
		t.Errorf("aal3: got %v, want None", got)
	}
}
