package config

import "time"

// MFAPolicy says who must use a second factor.
type MFAPolicy string

// The policies.
const (
	MFAOptional MFAPolicy = "optional" // whoever has set one up
	MFAAdmins   MFAPolicy = "admins"   // administrators, and whoever has set one up
	MFARequired MFAPolicy = "required" // everybody
)

// MFA is who must use a second factor, and how many tries it allows.
type MFA struct {
	Policy         MFAPolicy // MFA_POLICY
	ChallengeTries int       // MFA_CHALLENGE_TRIES
	TOTPSkewSteps  int       // TOTP_SKEW_STEPS: 0 or 1 steps of 30 s before the current one
	SMS            bool      // MFA_SMS
	Email          bool      // MFA_EMAIL
	// CodeValidity is how long a code that was sent can be typed: MFA_CODE_VALIDITY.
	CodeValidity time.Duration
	// RememberDevice is how long a browser stands in for the second factor of a
	// sign-in, if its user wants that: MFA_REMEMBER_DEVICE; 0: never.
	RememberDevice time.Duration
}

// OffersSMS reports whether codes by SMS are a second factor of this run.
func (c Config) OffersSMS() bool { return c.MFA.SMS && c.SendsSMS() }

func (m *MFA) block() block {
	return block{
		title: "Second factors",
		about: "Who must use a second factor, and how many tries it allows.",
		settings: []Setting{
			{
				Name: "MFA_POLICY", Default: "optional", Strict: "required", into: choice(&m.Policy, MFAOptional, MFAAdmins, MFARequired),
				Help: "optional: asked of whoever has set one up. admins: administrators must have one. required: everybody must; whoever has none sets it up before the first sign-in finishes.",
			},
			{
				Name: "MFA_CHALLENGE_TRIES", Default: "5", Unit: "tries", into: whole(&m.ChallengeTries, 1, 10),
				Help: "Wrong codes after which a sign-in has to start again.",
			},
			{
				Name: "TOTP_SKEW_STEPS", Default: "1", Unit: "steps", into: whole(&m.TOTPSkewSteps, 0, 1),
				Help: "How many 30-second steps before the current one an authenticator app's code is still accepted.",
			},
			{
				Name: "MFA_SMS", Default: "true", Strict: "false", into: flag(&m.SMS),
				Help: "Whether codes by SMS are offered, where SMS can be sent. They are a restricted factor (NIST SP 800-63B-4): messages can be redirected. Whoever has set up nothing else needs a backup code once this is false.",
			},
			{
				Name: "MFA_EMAIL", Default: "true", Strict: "false", into: flag(&m.Email),
				Help: "Whether codes by e-mail are offered. They are of low assurance: they never confirm a guarded action, and do not count after a password that was reset by e-mail.",
			},
			{
				Name: "MFA_CODE_VALIDITY", Default: "5m", into: span(&m.CodeValidity, time.Minute, 10*time.Minute),
				Help: "How long a code sent by SMS or e-mail works.",
			},
			{
				Name: "MFA_REMEMBER_DEVICE", Default: "0s", into: span(&m.RememberDevice, 0, 30*24*time.Hour),
				Help: "How long a browser may stand in for the second factor when signing in, where the user asks for it: 30d at most. 0s: never. It confirms no guarded action, and ends with a change of password or factors.",
			},
		},
	}
}
