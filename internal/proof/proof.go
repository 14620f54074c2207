package proof

import (
	"slices"
	"time"
)

// Method is a factor: a way of proving who you are.
type Method string

// The factors.
const (
	Password   Method = "password"
	TOTP       Method = "totp"
	SMS        Method = "sms"
	Email      Method = "email"
	BackupCode Method = "backup_code"
	Passkey    Method = "passkey"
	OAuth      Method = "oauth"
	// Device is a browser that its user had remembered after a second factor. It
	// stands in for one when signing in and nowhere else (MF-06).
	Device Method = "device"
)

// Proof is one factor shown at one instant.
type Proof struct {
	Method Method `json:"method"`
	// Ref names what was used: a user_mfa id, a credential id, "google"; it tells
	// two factors of one method apart.
	Ref string    `json:"ref,omitempty"`
	At  time.Time `json:"at"`
	// UserVerified is set for a passkey whose authenticator checked its user by
	// PIN or biometry; such a proof is two factors in one.
	UserVerified bool `json:"user_verified,omitempty"`
	// DeviceBound is set for a passkey that cannot leave its device.
	DeviceBound bool `json:"device_bound,omitempty"`
	// Mailbox is set when the proof rests on access to the user's mailbox alone,
	// as an e-mail code does; two such proofs are one factor.
	Mailbox bool `json:"mailbox,omitempty"`
	// Multi is set for a provider sign-in whose provider is trusted to have asked
	// for a second factor itself, and said so.
	Multi bool `json:"multi,omitempty"`
}

// Level is the assurance level of a sign-in or a session.
type Level int

// The levels, as in NIST SP 800-63B-4.
const (
	None Level = iota
	AAL1
	AAL2
)

// String gives the level as tokens and the API write it: "aal1", "aal2"; "" for
// None.
func (l Level) String() string {
	switch l {
	case AAL1:
		return "aal1"
	case AAL2:
		return "aal2"
	default:
		return ""
	}
}

// ParseLevel is the inverse of Level.String; anything else is None.
func ParseLevel(s string) Level {
	switch s {
	case "aal1":
		return AAL1
	case "aal2":
		return AAL2
	default:
		return None
	}
}

// First reports whether the method can begin a sign-in.
func (m Method) First() bool { return m == Password || m == Passkey || m == OAuth }

// strong reports whether the method raises a sign-in that began with another
// factor to aal2. An e-mail code does not: 63B §3.1.3.1 refuses mail as an
// out-of-band authenticator.
func (m Method) strong() bool {
	return m == TOTP || m == SMS || m == BackupCode || m == Passkey
}

// Worth says what a second factor of this method is worth, for people who choose:
// "strong"; "restricted" for codes by SMS, which carry aal2 but can be redirected
// (63B §3.1.3.3); "low" for codes by e-mail, which never carry aal2.
func (m Method) Worth() string {
	switch {
	case m == SMS:
		return "restricted"
	case m.strong():
		return "strong"
	default:
		return "low"
	}
}

// Strong reports whether this one proof carries aal2 together with, or in place
// of, a first factor.
func (p Proof) Strong() bool { return p.Method.strong() || p.Multi }

// LevelOf returns the assurance level these proofs add up to. aal2 takes a
// passkey that verified its user, a provider trusted for it, or a first factor
// and a strong second one of another kind.
func LevelOf(proofs []Proof) Level {
	if len(proofs) == 0 {
		return None
	}
	first, strong := false, 0
	for _, p := range proofs {
		if p.UserVerified && p.Method == Passkey || p.Multi {
			return AAL2
		}
		if p.Method == Password || p.Method == OAuth {
			first = true
		}
		if p.Method.strong() {
			strong++
		}
	}
	if first && strong > 0 || distinctStrong(proofs) >= 2 {
		return AAL2
	}
	return AAL1
}

// distinctStrong counts strong factors of different methods: a passkey without
// user verification and an authenticator app are two.
func distinctStrong(proofs []Proof) int {
	var seen []Method
	for _, p := range proofs {
		if p.Method.strong() && !slices.Contains(seen, p.Method) {
			seen = append(seen, p.Method)
		}
	}
	return len(seen)
}

// SecondFactorShown reports whether the proofs hold a second factor in the sense
// of the sign-in policy: aal2, or an e-mail code or a remembered device after a
// first factor that did not itself rest on the mailbox.
func SecondFactorShown(proofs []Proof) bool {
	if LevelOf(proofs) >= AAL2 {
		return true
	}
	other, second := false, false
	for _, p := range proofs {
		switch {
		case p.Method == Email || p.Method == Device:
			second = true
		case !p.Mailbox:
			other = true
		}
	}
	return other && second
}

// AMR returns the authentication methods reference values of RFC 8176 for these
// proofs, sorted, with "mfa" where the level is aal2. "fed", "email", "device"
// and "backup_code" are ours: the registry has no name for them.
func AMR(proofs []Proof) []string {
	var out []string
	add := func(v string) {
		if !slices.Contains(out, v) {
			out = append(out, v)
		}
	}
	for _, p := range proofs {
		switch p.Method {
		case Password:
			add("pwd")
		case TOTP:
			add("otp")
		case OAuth:
			add("fed")
		case Passkey:
			if p.DeviceBound {
				add("hwk")
			} else {
				add("swk")
			}
			if p.UserVerified {
				add("user")
			}
		default:
			add(string(p.Method))
		}
	}
	if LevelOf(proofs) >= AAL2 {
		add("mfa")
	}
	slices.Sort(out)
	return out
}

// LevelAt returns the level the proofs not older than maxAge add up to, counted
// at now; one that lies as far ahead, by a clock that was set back, is no better. Step-up asks this: a weaker proof never refreshes a stronger one
// (MF-05).
func LevelAt(proofs []Proof, now time.Time, maxAge time.Duration) Level {
	var fresh []Proof
	for _, p := range proofs {
		if now.Sub(p.At).Abs() <= maxAge {
			fresh = append(fresh, p)
		}
	}
	return LevelOf(fresh)
}
