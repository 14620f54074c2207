package provider

import (
	"slices"
	"strings"

	"github.com/sallyport/sallyport/internal/account"
)

// Verdict is the machine-readable decision about an identity.
type Verdict string

// The verdicts; docs/oauth.md explains them to clients.
const (
	Created    Verdict = "created"     // a new user, with this identity
	SignedIn   Verdict = "signed_in"   // the user this identity is linked to
	Linked     Verdict = "linked"      // an existing user, linked to it now
	NeedsProof Verdict = "needs_proof" // sign in to the existing account first, then link
	Conflict   Verdict = "conflict"    // linked to somebody else
	Refused    Verdict = "refused"     // policy does not let this person in
)

// The reasons that go with a verdict into the audit log.
const (
	ReasonAlready       = "already_linked"
	ReasonVerified      = "email_verified_by_both"
	ReasonNeverVerified = "account_never_verified"
	ReasonOtherUser     = "identity_of_another_user"
	ReasonNoEmail       = "no_email"
	ReasonSignUpOff     = "sign_up_off"
	ReasonDomain        = "domain_not_allowed"
	ReasonDisabled      = "disabled"
	ReasonUnverified    = "provider_email_not_verified"
	ReasonForeignDomain = "provider_not_authoritative"
	ReasonSecond        = "another_identity_of_that_provider"
)

// SignUp says who gets an account by a first sign-in.
type SignUp string

// The policies.
const (
	SignUpOpen    SignUp = "open"    // anybody
	SignUpDomains SignUp = "domains" // verified addresses of listed domains
	SignUpOff     SignUp = "off"     // nobody
)

// Rules are what the operator decides about new accounts.
type Rules struct {
	SignUp  SignUp
	Domains []string // lower case, for SignUpDomains
}

// Facts is everything Decide looks at.
type Facts struct {
	Identity Identity
	// Address is the identity's e-mail address, parsed; zero where it has none
	// that is usable.
	Address account.Address
	// Linker is who asked to link, in an open session with a fresh proof; nil for
	// a sign-in.
	Linker *account.User
	// Known is the account this identity is linked by, and Owner whose it is; nil:
	// it is new.
	Known *Account
	Owner *account.User
	// Namesake is who has the identity's address; nil: nobody.
	Namesake *account.User
	// NamesakeLinked is whether Namesake has another identity of that provider.
	NamesakeLinked bool
}

// Decision is what is to be done.
type Decision struct {
	Verdict Verdict
	Reason  string
	// User is whom it is about; nil for Created and where nobody is.
	User *account.User
	// CleanUp is set where User's address was never verified: whoever made that
	// account has not shown to be this person, so its password, factors, sessions
	// and links go (OA-09).
	CleanUp bool
}

// Decide is the whole linking policy (OA-06 to OA-09) as one pure function. An
// identity that is known belongs to its user, whatever its e-mail says now; one
// that is new is linked by itself only where both sides have verified the same
// address and the provider's word about it is the last.
func Decide(r Rules, f Facts) Decision {
	switch {
	case f.Linker != nil && f.Owner != nil && f.Owner.ID != f.Linker.ID:
		return Decision{Verdict: Conflict, Reason: ReasonOtherUser, User: f.Linker}
	case f.Linker != nil && f.Owner != nil:
		return Decision{Verdict: Linked, Reason: ReasonAlready, User: f.Linker}
	case f.Linker != nil:
		return Decision{Verdict: Linked, User: f.Linker}
	case f.Owner != nil:
		return Decision{Verdict: SignedIn, User: f.Owner}
	case f.Address.Canonical == "":
		return Decision{Verdict: Refused, Reason: ReasonNoEmail}
	case f.Namesake != nil:
		return meet(f)
	default:
		return r.admit(f)
	}
}

// meet decides about a new identity whose address has an account.
func meet(f Facts) Decision {
	u := f.Namesake
	switch {
	case !f.Identity.EmailVerified: // first: whoever has shown no mailbox learns of no account (RC-10)
		return Decision{Verdict: NeedsProof, Reason: ReasonUnverified, User: u}
	case u.Disabled():
		return Decision{Verdict: Refused, Reason: ReasonDisabled, User: u}
	case !f.Identity.Authoritative:
		return Decision{Verdict: NeedsProof, Reason: ReasonForeignDomain, User: u}
	case !u.EmailVerified():
		return Decision{Verdict: Linked, Reason: ReasonNeverVerified, User: u, CleanUp: true}
	case f.NamesakeLinked:
		return Decision{Verdict: NeedsProof, Reason: ReasonSecond, User: u}
	default:
		return Decision{Verdict: Linked, Reason: ReasonVerified, User: u}
	}
}

// admit decides about a new identity with an address nobody has.
func (r Rules) admit(f Facts) Decision {
	switch r.SignUp {
	case SignUpOpen:
		return Decision{Verdict: Created}
	case SignUpDomains:
		_, domain, _ := strings.Cut(f.Address.Canonical, "@")
		if !f.Identity.EmailVerified {
			return Decision{Verdict: Refused, Reason: ReasonUnverified}
		}
		if slices.Contains(r.Domains, domain) {
			return Decision{Verdict: Created}
		}
		return Decision{Verdict: Refused, Reason: ReasonDomain}
	default:
		return Decision{Verdict: Refused, Reason: ReasonSignUpOff}
	}
}
