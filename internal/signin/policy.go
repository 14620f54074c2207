package signin

import (
	"slices"
	"time"

	"github.com/sallyport/sallyport/internal/fault"
	"github.com/sallyport/sallyport/internal/proof"
)

// Requirement says who must have a second factor.
type Requirement string

// The requirements.
const (
	MFAOptional Requirement = "optional" // asked of those who set one up
	MFAAdmins   Requirement = "admins"   // required of administrators
	MFARequired Requirement = "required" // required of everybody
)

// Policy is what an operator decides about signing in.
type Policy struct {
	MFA Requirement
	// VerifiedEmail refuses users whose address is not verified.
	VerifiedEmail bool
	// Methods are the second factors this server offers.
	Methods []proof.Method
	// StepUpAge is how old the proof of a guarded action may be, at most 5 min by
	// default (MF-03).
	StepUpAge time.Duration
	// FurtherFactor asks for one more factor after a passkey, even one that checked
	// its user.
	FurtherFactor bool
}

// Requires reports whether a user of that role must have a second factor.
func (p Policy) Requires(role string) bool {
	return p.MFA == MFARequired || p.MFA == MFAAdmins && role == "admin"
}

// Offers reports whether the server offers the method as a second factor.
func (p Policy) Offers(m proof.Method) bool { return slices.Contains(p.Methods, m) }

// State is everything Next looks at.
type State struct {
	Role          string
	Disabled      bool
	EmailVerified bool
	// PasswordMailed is set while the password rests on access to the mailbox.
	PasswordMailed bool
	// Enrolled are the second factors the user has, backup codes included where
	// any are left.
	Enrolled []proof.Method
	Proofs   []proof.Proof
}

// Action is what comes next.
type Action int

// The actions.
const (
	Refuse Action = iota // with Step.Code
	Ask                  // for one of Step.Methods
	Enrol                // set up one of Step.Methods first
	Open                 // everything due was proved
)

// Step is the answer of Next.
type Step struct {
	Action  Action
	Methods []proof.Method
	Code    fault.Code
}

// Next decides what a sign-in needs next. It is the only place that knows
// whether a second factor is due; password, passkey, provider, recovery and
// impersonation all come through here (MF-02).
func (p Policy) Next(s State) Step {
	switch {
	case len(s.Proofs) == 0:
		return Step{Action: Refuse, Code: fault.CodeInvalidCredentials}
	case s.Disabled:
		return Step{Action: Refuse, Code: fault.CodeInvalidCredentials}
	case p.VerifiedEmail && !s.EmailVerified:
		return Step{Action: Refuse, Code: fault.CodeEmailNotVerified}
	}
	usable, holds := p.usable(s), s.holds()
	switch {
	case !p.short(s.Proofs) && (!holds && !p.Requires(s.Role) || proof.SecondFactorShown(s.Proofs)):
		return Step{Action: Open}
	case len(usable) > 0:
		return Step{Action: Ask, Methods: usable}
	case unchecked(s.Proofs):
		// Whoever found the key could have come this far, so nothing can be set up.
		return Step{Action: Refuse, Code: fault.CodeUserVerification}
	case holds:
		// What the user has set up does not count here: it was switched off, or is
		// the mailbox a second time. A password alone must not replace it, so only a
		// backup code helps, and where none is left an administrator.
		return Step{Action: Ask, Methods: []proof.Method{proof.BackupCode}}
	default:
		return Step{Action: Enrol, Methods: p.enrollable(s)}
	}
}

// short reports whether a passkey stands alone that must not: one that did not
// check who used it (WA-06), or any where the operator wants a further factor.
func (p Policy) short(proofs []proof.Proof) bool {
	other := func(x proof.Proof) bool { return x.Method != proof.Passkey }
	return unchecked(proofs) || p.FurtherFactor && !slices.ContainsFunc(proofs, other)
}

// unchecked reports whether all that was shown are things that whoever holds them
// can use: passkeys that checked nobody, and remembered devices.
func unchecked(proofs []proof.Proof) bool {
	return shown(proofs, proof.Passkey) && !slices.ContainsFunc(proofs, func(x proof.Proof) bool {
		return x.Method != proof.Device && (x.Method != proof.Passkey || x.UserVerified)
	})
}

// holds reports whether the user has set up a second factor, whatever has become
// of it. Backup codes help out but never make one due.
func (s State) holds() bool {
	return slices.ContainsFunc(s.Enrolled, func(m proof.Method) bool { return m != proof.BackupCode && !shown(s.Proofs, m) })
}

// usable lists the user's second factors that would add something to what was
// proved: not the factor already shown, and not the mailbox twice (settled point
// 3).
func (p Policy) usable(s State) []proof.Method {
	if !s.holds() {
		return nil
	}
	var out []proof.Method
	for _, m := range s.Enrolled {
		if !p.Offers(m) || shown(s.Proofs, m) || m == proof.Email && s.mailbox() {
			continue
		}
		out = append(out, m)
	}
	return out
}

// enrollable lists what a user who must have a second factor can set up in the
// middle of a sign-in. Backup codes come with another factor; what was shown is
// no second one, and the mailbox does not follow the mailbox.
func (p Policy) enrollable(s State) []proof.Method {
	var out []proof.Method
	for _, m := range p.Methods {
		if m == proof.BackupCode || shown(s.Proofs, m) || m == proof.Email && s.mailbox() {
			continue
		}
		out = append(out, m)
	}
	return out
}

func shown(proofs []proof.Proof, m proof.Method) bool {
	return slices.ContainsFunc(proofs, func(p proof.Proof) bool { return p.Method == m })
}

// mailbox reports whether what was proved rests on the mailbox: a proof by it, or
// a password that was set by a mailed link.
func (s State) mailbox() bool {
	return slices.ContainsFunc(s.Proofs, func(p proof.Proof) bool {
		return p.Mailbox || p.Method == proof.Password && s.PasswordMailed
	})
}

// Reachable returns the highest level the user's factors can reach: aal2 where a
// strong second factor is set up.
func (p Policy) Reachable(enrolled []proof.Method) proof.Level {
	for _, m := range enrolled {
		if p.Offers(m) && (proof.Proof{Method: m}).Strong() && m != proof.BackupCode {
			return proof.AAL2
		}
	}
	return proof.AAL1
}

// Fresh decides whether a session may do a guarded action now: its level must be
// the highest its user can reach, and the proof that carries that level at most
// StepUpAge old (MF-03). A weaker or mailbox proof never counts (MF-05), nor a
// remembered device (MF-06), nor by itself a passkey that checked nobody (WA-06),
// nor a proof of the future, which a clock that was set back would keep fresh.
func (p Policy) Fresh(level proof.Level, proofs []proof.Proof, reachable proof.Level, now time.Time) bool {
	if level < reachable {
		return false
	}
	return slices.ContainsFunc(proofs, func(x proof.Proof) bool {
		if now.Sub(x.At).Abs() > p.StepUpAge || x.Mailbox || x.Method == proof.Device {
			return false
		}
		if reachable < proof.AAL2 {
			return true
		}
		if x.Method == proof.Passkey && !x.UserVerified {
			return proof.LevelAt(proofs, now, p.StepUpAge) >= proof.AAL2
		}
		return x.Strong()
	})
}
