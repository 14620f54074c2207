package signin

import (
	"context"
	"errors"

	"github.com/sallyport/sallyport/internal/account"
	"github.com/sallyport/sallyport/internal/audit"
	"github.com/sallyport/sallyport/internal/factor"
	"github.com/sallyport/sallyport/internal/fault"
	"github.com/sallyport/sallyport/internal/proof"
	"github.com/sallyport/sallyport/internal/session"
)

// Passkeys asks for passkeys and looks at the answers. A factor.Wrong is an
// answer that is refused.
type Passkeys interface {
	// BeginLogin returns what the browser needs to offer a passkey; with an
	// address, one of that account.
	BeginLogin(ctx context.Context, address string) (any, error)
	// FinishLogin verifies the answer to BeginLogin, once, and tells whose it is;
	// the user may be known beside a factor.Wrong.
	FinishLogin(ctx context.Context, response []byte) (userID string, p proof.Proof, err error)
	// BeginVerify returns what the browser needs to answer a sign-in under way or a
	// step-up; factor.Factor's Check takes the answer.
	BeginVerify(ctx context.Context, s factor.Subject) (any, error)
}

func (s *Service) passkeys() (Passkeys, error) {
	if s.Passkeys == nil {
		return nil, fault.New(fault.CodeNotFound).WithDetail("This server does not offer passkeys.")
	}
	return s.Passkeys, nil
}

// BeginPasskey begins a sign-in with a passkey; address may be empty.
func (s *Service) BeginPasskey(ctx context.Context, address string) (any, error) {
	k, err := s.passkeys()
	if err != nil {
		return nil, err
	}
	return k.BeginLogin(ctx, address)
}

// Passkey takes the answer of a passkey as the first proof of a sign-in. No try
// is counted against the account: a signature cannot be guessed, and whoever
// knows a passkey's id must not be able to lock its owner out.
func (s *Service) Passkey(ctx context.Context, response []byte, d session.Delivery) (Outcome, error) {
	k, err := s.passkeys()
	if err != nil {
		return Outcome{}, err
	}
	userID, p, err := k.FinishLogin(ctx, response)
	if errors.Is(err, factor.ErrWrong) {
		return Outcome{}, s.refusedPasskey(ctx, userID, err)
	}
	if err != nil {
		return Outcome{}, err
	}
	u, err := s.Store.UserByID(ctx, userID)
	if err != nil {
		return Outcome{}, err
	}
	return s.Begin(ctx, u, p, d, 0)
}

// refusedPasskey writes down why, and returns what the client hears.
func (s *Service) refusedPasskey(ctx context.Context, userID string, cause error) error {
	e := s.event(ctx, audit.LoginFail, audit.Failure, userID, proof.Passkey)
	e.Reason = reasonOf(cause)
	if err := s.Store.Record(ctx, audit.Of(e)); err != nil {
		return err
	}
	return answerTo(cause)
}

// AskPasskey begins to answer a sign-in under way with a passkey. It returns
// fault.CodeForbidden where this sign-in does not ask for one.
func (s *Service) AskPasskey(ctx context.Context, a Attempt) (any, error) {
	k, err := s.passkeys()
	if err != nil {
		return nil, err
	}
	if err := s.asks(ctx, a, proof.Passkey); err != nil {
		return nil, err
	}
	return k.BeginVerify(ctx, factor.Subject{UserID: a.UserID, AttemptID: a.Hash})
}

// AskPasskeyStepUp begins a step-up with a passkey.
func (s *Service) AskPasskeyStepUp(ctx context.Context, u account.User, sessionID string) (any, error) {
	k, err := s.passkeys()
	if err != nil {
		return nil, err
	}
	if _, err := s.Sessions.Live(ctx, u.ID, sessionID); err != nil {
		return nil, err
	}
	return k.BeginVerify(ctx, factor.Subject{UserID: u.ID, SessionID: sessionID})
}
