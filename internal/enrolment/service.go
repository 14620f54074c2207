package enrolment

import (
	"context"
	"time"

	"github.com/sallyport/sallyport/internal/account"
	"github.com/sallyport/sallyport/internal/audit"
	"github.com/sallyport/sallyport/internal/clock"
	"github.com/sallyport/sallyport/internal/factor"
	"github.com/sallyport/sallyport/internal/proof"
	"github.com/sallyport/sallyport/internal/session"
	"github.com/sallyport/sallyport/internal/signin"
)

// Store is what enrolment needs of the database; each method is one
// transaction.
type Store interface {
	// Enrolments lists the user's factors, confirmed and pending.
	Enrolments(ctx context.Context, userID string, now time.Time) ([]factor.Enrolment, error)
	// BeginEnrolment stores a pending factor in place of an older pending one.
	BeginEnrolment(ctx context.Context, e factor.Enrolment, t audit.Trail) error
	// ConfirmEnrolment makes a pending factor count; once.
	ConfirmEnrolment(ctx context.Context, c factor.Confirmation, t audit.Trail) (touched bool, err error)
	// RemoveFactors removes confirmed factors and ends sessions, or returns
	// fault.CodeLastFactor.
	RemoveFactors(ctx context.Context, r factor.Removal, e session.Ending, t audit.Trail) ([]session.Revocation, bool, error)
	// ReplaceBackupCodes stores a new set in place of the old one.
	ReplaceBackupCodes(ctx context.Context, userID string, codes []factor.BackupCode, now time.Time, t audit.Trail) error
	// BackupCodesLeft counts unused codes.
	BackupCodesLeft(ctx context.Context, userID string) (int, error)
	// Record writes what was refused into the audit log.
	Record(ctx context.Context, t audit.Trail) error
}

// Apps makes and checks the secrets of authenticator apps.
type Apps interface {
	// NewSecret returns a fresh shared secret.
	NewSecret() []byte
	// Show gives a secret in the forms a person needs to set an app up.
	Show(issuer, account string, secret []byte) (base32, uri, qr string, err error)
	// Read returns a typed code as it is compared, or factor.ErrMalformed.
	Read(answer string) (string, error)
	// Match compares a code against a secret that does not count yet.
	Match(secret []byte, code string, now time.Time) (step int64, ok bool, err error)
}

// Counters count tries of a confirmation like those of a sign-in.
type Counters interface {
	CountAttempt(ctx context.Context, subject string, m proof.Method, now time.Time, curve signin.Curve) (signin.Count, error)
	ClearAttempts(ctx context.Context, subject string, m proof.Method) error
}

// Sessions tells the end of sessions to every node.
type Sessions interface {
	Ending(userID, exceptID, reason string) session.Ending
	Announce(ctx context.Context, revs ...session.Revocation)
}

// Parts is what the service is made of.
type Parts struct {
	Store    Store
	Counters Counters
	Sessions Sessions
	TOTP     Apps
	// NewCodes makes a set of backup codes: what to show, and what to keep.
	NewCodes     func(ctx context.Context) ([]string, []factor.BackupCode, error)
	PasskeyStore PasskeyStore
	Ceremonies   Ceremonies // nil: this server has no passkeys
	RPID         string     // whom passkeys belong to
	// Providers names those whose linked accounts are a way to sign in.
	Providers func() []string
	Policy    signin.Policy
	Curve     signin.Curve
	Clock     clock.Clock
	Issuer    string // APP_NAME, shown by authenticator apps
	Nudge     func() // wakes the outbox; must not block
	// MayText reports whether a notice may go to that number by SMS, and counts it.
	// Where it may not, the mail alone has to do.
	MayText func(ctx context.Context, userID, number string) bool
}

// Service sets factors up and takes them away. It is safe for concurrent use.
type Service struct{ Parts }

// New returns the service.
func New(p Parts) *Service { return &Service{p} }

// pendingLife is how long a set-up may stay unconfirmed (MF-07).
const pendingLife = 10 * time.Minute

// Status is what a user has set up.
type Status struct {
	Factors         []factor.Enrolment // confirmed ones, secrets removed
	BackupCodesLeft int
	Required        bool // policy demands a second factor of this user
	Offered         []proof.Method
}

// Status lists the user's second factors.
func (s *Service) Status(ctx context.Context, u account.User) (Status, error) {
	all, err := s.factors(ctx, u.ID)
	if err != nil {
		return Status{}, err
	}
	st := Status{Required: s.Policy.Requires(string(u.Role)), Offered: s.Policy.Methods}
	for _, e := range all {
		if e.Enabled {
			e.Secret = nil
			st.Factors = append(st.Factors, e)
		}
	}
	st.BackupCodesLeft, err = s.Store.BackupCodesLeft(ctx, u.ID)
	return st, err
}

// Held lists what the user can be asked for at a sign-in: one offer a method, but
// each phone number by itself where there are several, because one of them has
// to be chosen; backup codes only beside another factor.
func (s *Service) Held(ctx context.Context, userID string) ([]factor.Offer, error) {
	all, err := s.factors(ctx, userID)
	if err != nil {
		return nil, err
	}
	var out []factor.Offer
	seen := map[proof.Method]bool{}
	choice := confirmed(all, proof.SMS) > 1
	for _, e := range all {
		switch {
		case !e.Enabled:
		case e.Method == proof.SMS && choice:
			out = append(out, factor.Offer{Method: e.Method, Hint: e.Hint(), ID: e.ID})
		case !seen[e.Method]:
			seen[e.Method] = true
			out = append(out, factor.Offer{Method: e.Method, Hint: e.Hint()})
		}
	}
	if len(out) == 0 {
		return nil, nil
	}
	left, err := s.Store.BackupCodesLeft(ctx, userID)
	if left > 0 {
		out = append(out, factor.Offer{Method: proof.BackupCode})
	}
	return out, err
}
