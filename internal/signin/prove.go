package signin

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"time"

	"github.com/sallyport/sallyport/internal/account"
	"github.com/sallyport/sallyport/internal/audit"
	"github.com/sallyport/sallyport/internal/factor"
	"github.com/sallyport/sallyport/internal/fault"
	"github.com/sallyport/sallyport/internal/onetime"
	"github.com/sallyport/sallyport/internal/opaque"
	"github.com/sallyport/sallyport/internal/proof"
	"github.com/sallyport/sallyport/internal/session"
)

// Find returns the sign-in of an attempt token without spending anything, or
// fault.CodeAttemptExpired. It refuses a token that another browser shows
// (MF-01).
func (s *Service) Find(ctx context.Context, plain string) (Attempt, error) {
	hash, err := opaque.Hash(opaque.Attempt, plain)
	if err != nil {
		return Attempt{}, fault.Because(fault.CodeAttemptExpired, err)
	}
	tok, err := s.Store.FindOneTime(ctx, onetime.Attempt, hash, s.Clock())
	if err != nil {
		return Attempt{}, expired(err)
	}
	return attemptOf(ctx, tok)
}

func expired(err error) error {
	if fault.Of(err) == fault.CodeNotFound {
		return fault.Because(fault.CodeAttemptExpired, err)
	}
	return err
}

func attemptOf(ctx context.Context, tok onetime.Token) (Attempt, error) {
	var d attemptData
	if err := json.Unmarshal(tok.Data, &d); err != nil {
		return Attempt{}, err
	}
	if d.Agent != audit.OriginOf(ctx).UserAgent {
		return Attempt{}, fault.Because(fault.CodeAttemptExpired, errors.New("signin: the attempt belongs to another client"))
	}
	return Attempt{
		tok: tok, UserID: tok.UserID, Hash: tok.Hash, Proofs: d.Proofs, Delivery: d.Delivery, Failures: d.Failures, Enrol: d.Enrol,
	}, nil
}

// Prove answers a sign-in with a second factor, and opens the session when
// nothing more is due.
func (s *Service) Prove(ctx context.Context, a Attempt, m proof.Method, answer string) (Outcome, error) {
	u, err := s.Store.UserByID(ctx, a.UserID)
	if err != nil {
		return Outcome{}, expired(err)
	}
	if a.Enrol {
		return Outcome{}, fault.New(fault.CodeEnrolmentRequired)
	}
	// The try is taken from this sign-in first, so that a token in wrong hands is
	// good for a few tries only, then from the account's counter.
	if _, err := s.Store.SpendTry(ctx, onetime.Attempt, a.Hash, s.Clock()); err != nil {
		return Outcome{}, expired(err)
	}
	p, failures, err := s.try(ctx, u, factor.Subject{UserID: u.ID, AttemptID: a.Hash, Proofs: a.Proofs}, m, answer)
	if err != nil {
		return Outcome{}, err
	}
	a.Failures = max(a.Failures, failures)
	return s.Advance(ctx, u, a, p)
}

// Advance adds a proof to a sign-in and goes on. A factor that was just set up
// in the middle of a sign-in comes in here too.
func (s *Service) Advance(ctx context.Context, u account.User, a Attempt, p proof.Proof) (Outcome, error) {
	p.At = s.Clock()
	a.Proofs = append(a.Proofs, p)
	return s.proceed(ctx, u, a)
}

// StepUp answers inside an open session and returns a new access token with the
// level and auth_time that follow.
func (s *Service) StepUp(ctx context.Context, userID, sessionID string, m proof.Method, answer string) (session.Tokens, error) {
	u, err := s.userOf(ctx, userID, sessionID)
	if err != nil {
		return session.Tokens{}, err
	}
	fresh, err := s.fresh(ctx, userID, sessionID)
	if err != nil {
		return session.Tokens{}, err
	}
	p, _, err := s.try(ctx, u, factor.Subject{UserID: u.ID, SessionID: sessionID, Proofs: fresh}, m, answer)
	if err != nil {
		return session.Tokens{}, err
	}
	return s.Raise(ctx, u, sessionID, p)
}

// fresh lists what was shown in a session within the age of a step-up.
func (s *Service) fresh(ctx context.Context, userID, sessionID string) ([]proof.Proof, error) {
	n, err := s.Sessions.Live(ctx, userID, sessionID)
	if err != nil {
		return nil, err
	}
	now := s.Clock()
	return slices.DeleteFunc(slices.Clone(n.Proofs), func(p proof.Proof) bool { return now.Sub(p.At).Abs() > s.Policy.StepUpAge }), nil
}

// Raise adds a proof that was made elsewhere (a passkey ceremony, a confirmed
// enrolment) to an open session.
func (s *Service) Raise(ctx context.Context, u account.User, sessionID string, p proof.Proof) (session.Tokens, error) {
	p.At = s.Clock()
	return s.Sessions.StepUp(ctx, HolderOf(u), sessionID, p)
}

// userOf returns the user of an open session.
func (s *Service) userOf(ctx context.Context, userID, sessionID string) (account.User, error) {
	if _, err := s.Sessions.Live(ctx, userID, sessionID); err != nil {
		return account.User{}, err
	}
	u, err := s.Store.UserByID(ctx, userID)
	if err == nil && u.Disabled() {
		err = fault.New(fault.CodeInvalidToken)
	}
	return u, err
}

// try counts, compares, and clears the counter of that factor on success. It
// returns how many failures in a row came before.
func (s *Service) try(ctx context.Context, u account.User, sub factor.Subject, m proof.Method, answer string) (proof.Proof, int, error) {
	f, ok := s.Factors[m]
	if !ok || !s.Policy.Offers(m) {
		return proof.Proof{}, 0, fault.New(fault.CodeInvalidCode)
	}
	c, err := s.count(ctx, u.ID, u.ID, m)
	if err != nil {
		return proof.Proof{}, 0, err
	}
	p, err := f.Check(ctx, sub, answer)
	if errors.Is(err, factor.ErrWrong) {
		return proof.Proof{}, 0, s.wrong(ctx, u.ID, m, err, c, answerTo(err))
	}
	if errors.Is(err, factor.ErrMalformed) {
		refusal := fault.InvalidField("code", "This is not a code of that kind.", "malformed_code")
		return proof.Proof{}, 0, s.wrong(ctx, u.ID, m, factor.Wrong{Reason: "malformed"}, c, refusal)
	}
	if err != nil {
		return proof.Proof{}, 0, s.undecided(ctx, u.ID, m, c, err)
	}
	return p, c.Failures - 1, s.Store.ClearAttempts(ctx, u.ID, m)
}

// count counts one try of a factor, or refuses it unevaluated with
// fault.CodeRateLimited.
func (s *Service) count(ctx context.Context, subject, userID string, m proof.Method) (Count, error) {
	now := s.Clock()
	c, err := s.Store.CountAttempt(ctx, subject, m, now, s.Curve)
	if err != nil {
		return c, err
	}
	if !c.Evaluate {
		e := s.event(ctx, audit.LoginLock, audit.Failure, userID, m)
		e.Reason = "resting"
		if err := s.Store.Record(ctx, audit.Of(e)); err != nil {
			return c, err
		}
		wait := c.LockedUntil.Sub(now)
		if c.Hard || wait <= 0 {
			wait = s.Curve.Max
		}
		return c, fault.New(fault.CodeRateLimited).WithRetryAfter(wait)
	}
	return c, nil
}

// wrong writes a failed try into the audit log and returns answer, which is what
// the client hears.
func (s *Service) wrong(ctx context.Context, userID string, m proof.Method, cause error, c Count, answer error) error {
	name := audit.FactorFail
	if m == proof.Password {
		name = audit.LoginFail
	}
	e := s.event(ctx, name, audit.Failure, userID, m)
	e.Reason = reasonOf(cause)
	if !c.LockedUntil.IsZero() {
		e.Details = map[string]string{"rests_for": c.LockedUntil.Sub(s.Clock()).Round(time.Second).String()}
	}
	if err := s.Store.Record(ctx, audit.Of(e)); err != nil {
		return err
	}
	return answer
}

// undecided returns err of a try that was counted and came to no verdict. One
// whose client hung up meanwhile is written down first: it may have been a guess.
func (s *Service) undecided(ctx context.Context, userID string, m proof.Method, c Count, err error) error {
	if ctx.Err() == nil {
		return err
	}
	return s.wrong(ctx, userID, m, factor.Wrong{Reason: "hung_up"}, c, err)
}

// answerTo is what the client hears of an answer that proved nothing.
func answerTo(err error) error {
	var w factor.Wrong
	if errors.As(err, &w) && w.Answer != nil {
		return w.Answer
	}
	return fault.Because(fault.CodeInvalidCode, err)
}

func reasonOf(err error) string {
	var w factor.Wrong
	if errors.As(err, &w) {
		return w.Reason
	}
	return "wrong"
}
