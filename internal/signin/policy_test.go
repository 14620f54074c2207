package signin_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/sallyport/sallyport/internal/fault"
	"github.com/sallyport/sallyport/internal/proof"
	"github.com/sallyport/sallyport/internal/signin"
)

// everything is what a server can offer.
var everything = []proof.Method{proof.TOTP, proof.SMS, proof.Email, proof.BackupCode, proof.Passkey}

// TestPolicyOverAllPaths goes through every way a sign-in can begin, every
// requirement, role and set of factors, and holds each answer against the rules
// in words (MF-02).
func TestPolicyOverAllPaths(t *testing.T) {
	paths := map[string]proof.Proof{
		"password":                     {Method: proof.Password},
		"provider":                     {Method: proof.OAuth, Ref: "google"},
		"provider trusted for both":    {Method: proof.OAuth, Ref: "entra", Multi: true},
		"passkey with verification":    {Method: proof.Passkey, UserVerified: true},
		"passkey without verification": {Method: proof.Passkey},
		"mail link":                    {Method: proof.Email, Mailbox: true},
	}
	sets := map[string][]proof.Method{
		"nothing": nil, "app": {proof.TOTP}, "app and codes": {proof.TOTP, proof.BackupCode}, "codes alone": {proof.BackupCode},
		"phone": {proof.SMS}, "mail": {proof.Email}, "passkey": {proof.Passkey}, "all": everything,
	}
	for path, first := range paths {
		for name, enrolled := range sets {
			for _, need := range []signin.Requirement{signin.MFAOptional, signin.MFAAdmins, signin.MFARequired} {
				for _, role := range []string{"user", "admin"} {
					p := signin.Policy{MFA: need, Methods: everything, VerifiedEmail: true}
					s := signin.State{Role: role, EmailVerified: true, Enrolled: enrolled, Proofs: []proof.Proof{first}}
					t.Run(fmt.Sprintf("MF-02 %s, holds %s, %s, %s", path, name, need, role), func(t *testing.T) { holds(t, p, s) })
				}
			}
		}
	}
}

// holds checks one answer of the policy.
func holds(t *testing.T, p signin.Policy, s signin.State) {
	t.Helper()
	step := p.Next(s)
	first := s.Proofs[0]
	both := proof.LevelOf(s.Proofs) >= proof.AAL2
	required := p.MFA == signin.MFARequired || p.MFA == signin.MFAAdmins && s.Role == "admin"
	has := slices.ContainsFunc(s.Enrolled, func(m proof.Method) bool { return m != proof.BackupCode && m != first.Method })
	if first.Method == proof.Passkey && !first.UserVerified && !has {
		if step.Action != signin.Refuse || step.Code != fault.CodeUserVerification {
			t.Errorf("WA-06 a key that checked nobody, alone: got %+v, want %s", step, fault.CodeUserVerification)
		}
		return
	}
	switch {
	case both && step.Action != signin.Open:
		t.Errorf("two factors were shown: got %+v, want a session", step)
	case !both && (required || has) && step.Action == signin.Open:
		t.Errorf("a second factor is due: got a session")
	case !both && !required && !has && step.Action != signin.Open:
		t.Errorf("nothing is due: got %+v, want a session", step)
	case step.Action == signin.Enrol && has:
		t.Errorf("somebody who holds a factor may not set another up instead: got %+v", step)
	case step.Action == signin.Enrol && slices.Contains(step.Methods, proof.BackupCode):
		t.Errorf("backup codes come with another factor: got %+v", step)
	}
	for _, m := range step.Methods {
		if m == first.Method {
			t.Errorf("%s was shown already: got it asked for again", m)
		}
		if m == proof.Email && first.Mailbox {
			t.Error("the mailbox is one factor: got it asked for twice")
		}
		if step.Action == signin.Ask && !slices.Contains(s.Enrolled, m) && m != proof.BackupCode {
			t.Errorf("%s is not set up: got it asked for", m)
		}
	}
	if (step.Action == signin.Ask || step.Action == signin.Enrol) && len(step.Methods) == 0 {
		t.Error("got nothing to answer with")
	}
}

func TestPolicyRefuses(t *testing.T) {
	p := signin.Policy{VerifiedEmail: true}
	password := []proof.Proof{{Method: proof.Password}}
	for name, tt := range map[string]struct {
		state signin.State
		want  fault.Code
	}{
		"OA-12 a disabled user":     {signin.State{Disabled: true, EmailVerified: true, Proofs: password}, fault.CodeInvalidCredentials},
		"an address not verified":   {signin.State{Proofs: password}, fault.CodeEmailNotVerified},
		"MF-02 no proof whatsoever": {signin.State{EmailVerified: true}, fault.CodeInvalidCredentials},
	} {
		if got := p.Next(tt.state); got.Action != signin.Refuse || got.Code != tt.want {
			t.Errorf("%s: got %+v, want %s", name, got, tt.want)
		}
	}
	if got := (signin.Policy{}).Next(signin.State{Proofs: password}); got.Action != signin.Open {
		t.Errorf("verification optional: got %+v, want a session", got)
	}
}

// TestFactorsSwitchedOff is a server that no longer offers what a user set up: a
// password alone opens nothing and replaces nothing.
func TestFactorsSwitchedOff(t *testing.T) {
	p := signin.Policy{Methods: []proof.Method{proof.TOTP, proof.BackupCode}}
	got := p.Next(signin.State{EmailVerified: true, Enrolled: []proof.Method{proof.SMS}, Proofs: []proof.Proof{{Method: proof.Password}}})
	if got.Action != signin.Ask || !slices.Equal(got.Methods, []proof.Method{proof.BackupCode}) {
		t.Errorf("MF-02 got %+v, want a backup code asked for", got)
	}
}

func TestFresh(t *testing.T) {
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	p := signin.Policy{StepUpAge: 5 * time.Minute, Methods: everything}
	at := func(m proof.Method, ago time.Duration) proof.Proof { return proof.Proof{Method: m, At: now.Add(-ago)} }
	mail := at(proof.Email, 0)
	mail.Mailbox = true
	const old, fresh = 6 * time.Minute, 5 * time.Minute
	for _, tt := range []struct {
		name      string
		level     proof.Level
		proofs    []proof.Proof
		reachable proof.Level
		want      bool
	}{
		{"MF-03 a fresh password where there is nothing else", proof.AAL1, []proof.Proof{at(proof.Password, fresh)}, proof.AAL1, true},
		{"MF-03 an old password", proof.AAL1, []proof.Proof{at(proof.Password, old)}, proof.AAL1, false},
		{"MF-03 a password where an app is held", proof.AAL1, []proof.Proof{at(proof.Password, 0)}, proof.AAL2, false},
		{"MF-03 a fresh app", proof.AAL2, []proof.Proof{at(proof.Password, old), at(proof.TOTP, fresh)}, proof.AAL2, true},
		{"MF-05 an old app and a fresh password", proof.AAL2, []proof.Proof{at(proof.Password, 0), at(proof.TOTP, old)}, proof.AAL2, false},
		{"MF-05 a fresh mail code never counts", proof.AAL1, []proof.Proof{at(proof.Password, old), mail}, proof.AAL1, false},
		{"MF-06 nor does a remembered device", proof.AAL1, []proof.Proof{at(proof.Password, old), at(proof.Device, 0)}, proof.AAL1, false},
		{"MF-03 a password a moment ahead, by another node's clock", proof.AAL1, []proof.Proof{at(proof.Password, -time.Second)}, proof.AAL1, true},
		{"MF-03 a password of the future: the clock was set back", proof.AAL1, []proof.Proof{at(proof.Password, -old)}, proof.AAL1, false},
		{"MF-03 nothing was proved", proof.None, nil, proof.AAL1, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := p.Fresh(tt.level, tt.proofs, tt.reachable, now); got != tt.want {
				t.Errorf("got %v, want %v", got, tt.want)
			}
		})
	}
}

func TestReachable(t *testing.T) {
	for _, tt := range []struct {
		offered, held []proof.Method
		want          proof.Level
	}{
		{everything, nil, proof.AAL1},
		{everything, []proof.Method{proof.Email}, proof.AAL1},
		{everything, []proof.Method{proof.BackupCode}, proof.AAL1},
		{everything, []proof.Method{proof.TOTP}, proof.AAL2},
		{everything, []proof.Method{proof.Email, proof.Passkey}, proof.AAL2},
		{[]proof.Method{proof.TOTP}, []proof.Method{proof.SMS}, proof.AAL1},
	} {
		if got := (signin.Policy{Methods: tt.offered}).Reachable(tt.held); got != tt.want {
			t.Errorf("MF-03 offers %v, holds %v: got %s, want %s", tt.offered, tt.held, got, tt.want)
		}
	}
}

func TestCurve(t *testing.T) {
	c := signin.DefaultCurve
	for n, want := range map[int]time.Duration{
		0: 0, 1: 0, 4: 0, 5: 30 * time.Second, 6: time.Minute, 7: 2 * time.Minute, 11: 32 * time.Minute, 12: time.Hour, 13: time.Hour, 99: time.Hour,
	} {
		if got := c.Delay(n); got != want {
			t.Errorf("RL-01 after failure %d: got %v, want %v", n, got, want)
		}
	}
	if c.Hard > 100 {
		t.Errorf("RL-01 hard stop: got %d, want 100 at most", c.Hard)
	}
}
