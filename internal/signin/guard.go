package signin

import (
	"context"
	"time"

	"github.com/sallyport/sallyport/internal/audit"
	"github.com/sallyport/sallyport/internal/fault"
	"github.com/sallyport/sallyport/internal/proof"
	"github.com/sallyport/sallyport/internal/session"
)

// Guard lets a guarded action pass only in an open session with a fresh enough
// proof of the strongest factor its user holds (MF-03), else it returns
// fault.CodeStepUpRequired with what would do. It reads the session from the
// database: what the token says may be older than the last step-up.
func (s *Service) Guard(ctx context.Context, userID, sessionID string) (session.Session, error) {
	return s.GuardWithin(ctx, userID, sessionID, 0)
}

// GuardWithin is Guard where the proof may be older than the settings say, but no
// older than within: for looking, where changing needs a fresher one (OP-10).
func (s *Service) GuardWithin(ctx context.Context, userID, sessionID string, within time.Duration) (session.Session, error) {
	policy := s.Policy
	policy.StepUpAge = max(policy.StepUpAge, within)
	n, err := s.Sessions.Live(ctx, userID, sessionID)
	if err != nil {
		return n, err
	}
	held, err := s.Held.Held(ctx, userID)
	if err != nil {
		return n, err
	}
	enrolled := methods(held)
	need := s.Policy.Reachable(enrolled)
	if policy.Fresh(n.Level, n.Proofs, need, s.Clock()) {
		return n, nil
	}
	e := s.event(ctx, audit.AuthzFail, audit.Failure, userID, "")
	e.SessionID, e.Reason = sessionID, string(fault.CodeStepUpRequired)
	if err := s.Store.Record(ctx, audit.Of(e)); err != nil {
		return n, err
	}
	u, err := s.Store.UserByID(ctx, userID)
	if err != nil {
		return n, err
	}
	return n, fault.New(fault.CodeStepUpRequired).WithNeed(fault.Need{
		ACR: need.String(), MaxAge: policy.StepUpAge, Methods: s.enough(need, enrolled, u.PasswordHash != ""),
	})
}

// enough lists the factors that would satisfy the need. Whoever has no password
// signs in again, with a provider.
func (s *Service) enough(need proof.Level, enrolled []proof.Method, password bool) []string {
	switch {
	case need < proof.AAL2 && password:
		return []string{string(proof.Password)}
	case need < proof.AAL2:
		return []string{string(proof.OAuth)}
	}
	var out []string
	for _, m := range enrolled {
		if s.Policy.Offers(m) && (proof.Proof{Method: m}).Strong() {
			out = append(out, string(m))
		}
	}
	return out
}

// StillGood tells the session room at each refresh whether policy still allows a
// session: a second factor that has become required ends those without (TK-10).
func (p Policy) StillGood(h session.Holder, n session.Session) error {
	switch {
	case p.VerifiedEmail && !h.EmailVerified:
		return fault.New(fault.CodeEmailNotVerified)
	case p.Requires(h.Role) && !proof.SecondFactorShown(n.Proofs):
		return fault.New(fault.CodeEnrolmentRequired)
	}
	return nil
}
