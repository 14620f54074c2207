package signin

import (
	"context"
	"slices"

	"github.com/sallyport/sallyport/internal/account"
	"github.com/sallyport/sallyport/internal/factor"
	"github.com/sallyport/sallyport/internal/fault"
	"github.com/sallyport/sallyport/internal/proof"
)

// Addresses finds where a code goes.
type Addresses interface {
	// Address returns a confirmed enrolment of the user and that method: the one of
	// that id, or where id is empty the oldest. fault.CodeNotFound where there is
	// none.
	Address(ctx context.Context, userID string, m proof.Method, id string) (factor.Enrolment, error)
}

// Send sends a code to the person who is signing in, after the first factor and
// to a confirmed address of theirs alone (OT-05). id chooses among several;
// empty: the oldest. It returns fault.CodeForbidden for a factor this sign-in
// does not ask for.
func (s *Service) Send(ctx context.Context, a Attempt, m proof.Method, id string) (factor.Sent, error) {
	if err := s.asks(ctx, a, m); err != nil {
		return factor.Sent{}, err
	}
	return s.send(ctx, factor.Subject{UserID: a.UserID, AttemptID: a.Hash}, m, id)
}

// asks returns fault.CodeForbidden unless the sign-in asks for that factor.
func (s *Service) asks(ctx context.Context, a Attempt, m proof.Method) error {
	step, err := s.due(ctx, a)
	if err != nil {
		return err
	}
	if step.Action != Ask || !slices.Contains(step.Methods, m) {
		return fault.New(fault.CodeForbidden).WithDetail("This sign-in does not ask for that factor.")
	}
	return nil
}

// SendStepUp sends a code inside an open session.
func (s *Service) SendStepUp(ctx context.Context, userID, sessionID string, m proof.Method, id string) (factor.Sent, error) {
	if _, err := s.userOf(ctx, userID, sessionID); err != nil {
		return factor.Sent{}, err
	}
	return s.send(ctx, factor.Subject{UserID: userID, SessionID: sessionID}, m, id)
}

func (s *Service) send(ctx context.Context, sub factor.Subject, m proof.Method, id string) (factor.Sent, error) {
	f, err := s.sender(m)
	if err != nil {
		return factor.Sent{}, err
	}
	to, err := s.Addresses.Address(ctx, sub.UserID, m, id)
	if fault.Of(err) == fault.CodeNotFound {
		return factor.Sent{}, fault.New(fault.CodeNotFound).WithDetail("This factor is not set up.")
	}
	if err != nil {
		return factor.Sent{}, err
	}
	return f.Send(ctx, sub, to)
}

// SendTo sends a code to an address that its user wants to set up; sub.Confirm
// is the enrolment's id. Whether the user may was decided by the caller.
func (s *Service) SendTo(ctx context.Context, sub factor.Subject, to factor.Enrolment) (factor.Sent, error) {
	f, err := s.sender(to.Method)
	if err != nil {
		return factor.Sent{}, err
	}
	return f.Send(ctx, sub, to)
}

// Asked returns the enrolment that the subject's live code is to confirm; empty
// where the code answers a factor that counts, or there is none.
func (s *Service) Asked(ctx context.Context, sub factor.Subject, m proof.Method) (string, error) {
	f, err := s.sender(m)
	if err != nil {
		return "", err
	}
	return f.Asked(ctx, sub)
}

// ProvePending compares the code that is to confirm sub.Confirm, counted like
// any other try.
func (s *Service) ProvePending(ctx context.Context, u account.User, sub factor.Subject, m proof.Method, answer string) (proof.Proof, error) {
	p, _, err := s.try(ctx, u, sub, m, answer)
	return p, err
}

// MaySetUp lets a sign-in that must set a factor up begin with one of that
// method, or returns fault.CodeForbidden.
func (s *Service) MaySetUp(ctx context.Context, a Attempt, m proof.Method) error {
	step, err := s.due(ctx, a)
	if err != nil {
		return err
	}
	if step.Action != Enrol || !slices.Contains(step.Methods, m) {
		return fault.New(fault.CodeForbidden).WithDetail("This sign-in does not accept that factor.")
	}
	return nil
}

// due asks policy what a sign-in under way needs next.
func (s *Service) due(ctx context.Context, a Attempt) (Step, error) {
	u, err := s.Store.UserByID(ctx, a.UserID)
	if err != nil {
		return Step{}, expired(err)
	}
	held, err := s.Held.Held(ctx, u.ID)
	if err != nil {
		return Step{}, err
	}
	return s.next(u, a, held), nil
}

// sender finds the factor that sends codes of that method, where it is offered.
func (s *Service) sender(m proof.Method) (factor.Sender, error) {
	f, ok := s.Factors[m].(factor.Sender)
	if !ok || !s.Policy.Offers(m) {
		return nil, fault.New(fault.CodeNotFound).WithDetail("This server does not offer that factor.")
	}
	return f, nil
}
