package config

import "time"

// Profile is a set of defaults and of bounds.
type Profile string

// The profiles.
const (
	// ProfileStandard suits most services: long sessions, step-up for guarded actions.
	ProfileStandard Profile = "standard"
	// ProfileStrict holds the figures of NIST SP 800-63B-4 for AAL2.
	ProfileStrict Profile = "strict"
)

// Security picks the profile.
type Security struct {
	Profile Profile // SECURITY_PROFILE
}

func (s *Security) block() block {
	return block{
		title: "Security profile",
		about: "One choice that moves several defaults at once.",
		settings: []Setting{{
			Name: "SECURITY_PROFILE", Default: "standard", into: choice(&s.Profile, ProfileStandard, ProfileStrict),
			Help: "standard: sessions of 30 days, 7 days idle, a second factor for whoever wants one. strict: the figures of NIST SP 800-63B-4 for AAL2, that is sessions of 24 hours, 1 hour idle, a second factor for everybody, no codes by SMS and e-mail. " +
				"Under strict the settings below may tighten these figures, not loosen them.",
		}},
		check: checkStrict,
	}
}

// checkStrict complains about whatever loosens the strict profile.
func checkStrict(c *Config) []Problem {
	if !c.Strict() {
		return nil
	}
	const mend = "Take it out, or use SECURITY_PROFILE=standard"
	var ps []Problem
	for _, rule := range []struct {
		broken     bool
		name, what string
	}{
		{c.Session.Life > 24*time.Hour, "SESSION_LIFE", "the strict profile allows at most 24h"},
		{c.Session.Idle > time.Hour, "SESSION_IDLE", "the strict profile allows at most 1h"},
		{c.Session.StepUpMaxAge > 5*time.Minute, "STEP_UP_MAX_AGE", "the strict profile allows at most 5m"},
		{c.MFA.Policy != MFARequired, "MFA_POLICY", "the strict profile requires a second factor of everybody"},
		{c.MFA.RememberDevice > 0, "MFA_REMEMBER_DEVICE", "the strict profile remembers no devices"},
		{c.MFA.SMS, "MFA_SMS", "the strict profile offers no codes by SMS"},
		{c.MFA.Email, "MFA_EMAIL", "the strict profile offers no codes by e-mail"},
		{c.Password.MinLength < 15, "PASSWORD_MIN_LENGTH", "the strict profile asks for at least 15 characters"},
		{c.Account.EmailVerification != VerificationRequired, "EMAIL_VERIFICATION", "the strict profile requires verified addresses"},
	} {
		if rule.broken {
			ps = append(ps, Problem{rule.name, rule.what, mend})
		}
	}
	return ps
}
