package signin

import (
	"context"
	"encoding/json"
	"log/slog"
	"slices"
	"time"

	"github.com/sallyport/sallyport/internal/account"
	"github.com/sallyport/sallyport/internal/audit"
	"github.com/sallyport/sallyport/internal/clock"
	"github.com/sallyport/sallyport/internal/factor"
	"github.com/sallyport/sallyport/internal/fault"
	"github.com/sallyport/sallyport/internal/onetime"
	"github.com/sallyport/sallyport/internal/opaque"
	"github.com/sallyport/sallyport/internal/proof"
	"github.com/sallyport/sallyport/internal/session"
)

// Store is what signing in needs of the database.
type Store interface {
	// UserByID returns a user or fault.CodeNotFound.
	UserByID(ctx context.Context, id string) (account.User, error)
	// UserByEmail returns a user by canonical address or fault.CodeNotFound.
	UserByEmail(ctx context.Context, canonical string) (account.User, error)
	// UpgradePasswordHash replaces a hash, unless the password changed meanwhile.
	UpgradePasswordHash(ctx context.Context, userID, old, new string) error
	// Record writes audit events and messages that belong to no change.
	Record(ctx context.Context, t audit.Trail) error
	Counters
	Attempts
}

// Counters count tries; each method is a transaction of its own that survives
// the request (RL-03).
type Counters interface {
	// CountAttempt counts one try before it is compared.
	CountAttempt(ctx context.Context, subject string, m proof.Method, now time.Time, curve Curve) (Count, error)
	// ClearAttempts forgets the failures of that factor alone (RL-05).
	ClearAttempts(ctx context.Context, subject string, m proof.Method) error
}

// Attempts keep sign-ins under way.
type Attempts interface {
	IssueOneTime(ctx context.Context, tok onetime.Token, t audit.Trail) error
	FindOneTime(ctx context.Context, kind onetime.Kind, hash []byte, now time.Time) (onetime.Token, error)
	SpendTry(ctx context.Context, kind onetime.Kind, hash []byte, now time.Time) (onetime.Token, error)
	UpdateOneTime(ctx context.Context, tok onetime.Token, data []byte, now time.Time, t audit.Trail) (touched bool, err error)
}

// Held lists the second factors of a user.
type Held interface {
	// Held returns what the user can be asked for, with a hint for each: "work
	// phone", "+44 •••• 123".
	Held(ctx context.Context, userID string) ([]factor.Offer, error)
}

// Passwords compares passwords.
type Passwords interface {
	// Verify compares; rehash is the new hash to keep where the old one is weaker
	// than policy, else empty. An empty hash matches nothing and costs the same.
	Verify(ctx context.Context, encoded, password string) (match bool, rehash string, err error)
}

// Sessions opens and raises sessions.
type Sessions interface {
	Open(ctx context.Context, o session.Opening) (session.Tokens, error)
	StepUp(ctx context.Context, h session.Holder, sessionID string, p proof.Proof) (session.Tokens, error)
	Live(ctx context.Context, userID, sessionID string) (session.Session, error)
}

// Warner builds the messages that go to people about their sign-ins.
type Warner interface {
	// LoginAfterFails tells of a sign-in after many failures (AU-07).
	LoginAfterFails(u account.User) audit.Trail
}

// Parts is what the service is made of.
type Parts struct {
	Store     Store
	Held      Held
	Addresses Addresses
	Devices   Devices
	Factors   map[proof.Method]factor.Factor
	Passwords Passwords
	Passkeys  Passkeys // nil: this server has none
	Sessions  Sessions
	Warner    Warner
	Policy    Policy
	Curve     Curve
	Clock     clock.Clock
	Log       *slog.Logger
	// UnknownSubject names the counter of an address that has no account, so that
	// it locks as an account would (RL-10). The name begins with UnknownPrefix.
	UnknownSubject func(canonical string) string
	// AttemptLife is how long a sign-in may wait for its next factor, <= 10 min.
	AttemptLife time.Duration
	// Tries is how many answers one sign-in accepts (RL-13).
	Tries int
	// RememberFor is how long a remembered device counts; 0: never (MF-06).
	RememberFor time.Duration
}

// Service runs sign-ins. It is safe for concurrent use.
type Service struct{ Parts }

// New returns the service.
func New(p Parts) *Service { return &Service{p} }

// Outcome is where a sign-in stands: tokens, or what is still asked for.
type Outcome struct {
	Tokens    *session.Tokens
	Action    Action // Open, Ask or Enrol
	Attempt   string // the attempt token, for Ask and Enrol
	ExpiresIn time.Duration
	Methods   []factor.Offer // what may be answered or set up
}

// Attempt is a sign-in under way.
type Attempt struct {
	tok      onetime.Token
	UserID   string
	Hash     []byte
	Proofs   []proof.Proof
	Delivery session.Delivery
	Failures int  // failed tries before the first proof
	Enrol    bool // waits for a factor to be set up
}

// attemptData is what an attempt keeps between its steps.
type attemptData struct {
	Proofs   []proof.Proof    `json:"proofs"`
	Delivery session.Delivery `json:"delivery"`
	Failures int              `json:"failures,omitempty"`
	Enrol    bool             `json:"enrol,omitempty"`
	Agent    string           `json:"agent"`
}

// Begin takes the first proof of a sign-in and either opens a session or answers
// with an attempt token and what is asked for next. Every way of signing in ends
// here. failures is how many tries went wrong before.
func (s *Service) Begin(ctx context.Context, u account.User, p proof.Proof, d session.Delivery, failures int) (Outcome, error) {
	p.At = s.Clock()
	a := Attempt{UserID: u.ID, Proofs: []proof.Proof{p}, Delivery: d, Failures: failures}
	device, known, err := s.recognise(ctx, u)
	if err != nil {
		return Outcome{}, err
	}
	if known {
		a.Proofs = append(a.Proofs, device)
	}
	return s.proceed(ctx, u, a)
}

// proceed asks policy what comes next and does it.
func (s *Service) proceed(ctx context.Context, u account.User, a Attempt) (Outcome, error) {
	held, err := s.Held.Held(ctx, u.ID)
	if err != nil {
		return Outcome{}, err
	}
	step := s.next(u, a, held)
	switch step.Action {
	case Open:
		return s.open(ctx, u, a)
	case Ask, Enrol:
		return s.wait(ctx, u, a, step, held)
	default:
		e := s.event(ctx, audit.LoginFail, audit.Failure, u.ID, a.Proofs[len(a.Proofs)-1].Method)
		e.Reason = string(step.Code)
		if u.Disabled() {
			e.Reason = "disabled"
		}
		if err := s.Store.Record(ctx, audit.Of(e)); err != nil {
			return Outcome{}, err
		}
		return Outcome{}, fault.New(step.Code)
	}
}

// next asks policy about a sign-in of that user.
func (s *Service) next(u account.User, a Attempt, held []factor.Offer) Step {
	return s.Policy.Next(State{
		Role: string(u.Role), Disabled: u.Disabled(), EmailVerified: u.EmailVerified(), PasswordMailed: u.PasswordMailed,
		Enrolled: methods(held), Proofs: a.Proofs,
	})
}

// methods lists the methods of these offers, each once.
func methods(held []factor.Offer) []proof.Method {
	out := make([]proof.Method, 0, len(held))
	for _, h := range held {
		if !slices.Contains(out, h.Method) {
			out = append(out, h.Method)
		}
	}
	return out
}

// open is the one place that opens sessions.
func (s *Service) open(ctx context.Context, u account.User, a Attempt) (Outcome, error) {
	name := audit.LoginSuccess
	if a.Failures > 0 {
		name = audit.LoginSuccessAfterFail
	}
	e := s.event(ctx, name, audit.Success, u.ID, a.Proofs[len(a.Proofs)-1].Method)
	trail := audit.Of(e)
	if a.Failures >= s.Curve.Free {
		trail = trail.Telling(s.Warner.LoginAfterFails(u).Messages...)
	}
	tokens, err := s.Sessions.Open(ctx, session.Opening{
		Holder: HolderOf(u), Proofs: a.Proofs, Delivery: a.Delivery, Attempt: a.Hash,
		PasswordSetAt: u.PasswordChangedAt, Event: trail,
	})
	if err != nil {
		return Outcome{}, err
	}
	return Outcome{Action: Open, Tokens: &tokens}, nil
}

// HolderOf is what a session needs to know of a user.
func HolderOf(u account.User) session.Holder {
	return session.Holder{ID: u.ID, Email: u.Email, EmailVerified: u.EmailVerified(), Role: string(u.Role), Disabled: u.Disabled()}
}

// wait stores the sign-in, or what it has gained, and says what is asked for.
func (s *Service) wait(ctx context.Context, u account.User, a Attempt, step Step, held []factor.Offer) (Outcome, error) {
	now := s.Clock()
	data, err := json.Marshal(attemptData{
		Proofs: a.Proofs, Delivery: a.Delivery, Failures: a.Failures, Enrol: step.Action == Enrol,
		Agent: audit.OriginOf(ctx).UserAgent,
	})
	if err != nil {
		return Outcome{}, err
	}
	e := s.event(ctx, audit.FactorSuccess, audit.Success, u.ID, a.Proofs[len(a.Proofs)-1].Method)
	out := Outcome{Action: step.Action, ExpiresIn: s.AttemptLife, Methods: withHints(step.Methods, held)}
	if a.Hash != nil {
		touched, err := s.Store.UpdateOneTime(ctx, a.tok, data, now, audit.Of(e))
		if err == nil && !touched {
			err = fault.New(fault.CodeAttemptExpired)
		}
		out.ExpiresIn = a.tok.ExpiresAt.Sub(now)
		return out, err
	}
	plain, hash := opaque.New(opaque.Attempt)
	out.Attempt = plain
	return out, s.Store.IssueOneTime(ctx, onetime.Token{
		Kind: onetime.Attempt, Hash: hash, UserID: u.ID, Data: data, TriesLeft: s.Tries,
		CreatedAt: now, ExpiresAt: now.Add(s.AttemptLife),
	}, audit.Of(e))
}

// withHints returns the offers of these methods; a method nobody holds yet is
// offered without a hint.
func withHints(ms []proof.Method, held []factor.Offer) []factor.Offer {
	out := make([]factor.Offer, 0, len(ms))
	for _, m := range ms {
		n := len(out)
		for _, h := range held {
			if h.Method == m {
				out = append(out, h)
			}
		}
		if len(out) == n {
			out = append(out, factor.Offer{Method: m})
		}
	}
	return out
}

func (s *Service) event(ctx context.Context, name audit.Name, r audit.Result, userID string, m proof.Method) audit.Event {
	e := audit.New(ctx, s.Clock(), name, r, userID)
	e.Factor = string(m)
	return e
}
