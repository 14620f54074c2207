package signin

import (
	"context"

	"github.com/sallyport/sallyport/internal/account"
	"github.com/sallyport/sallyport/internal/factor"
	"github.com/sallyport/sallyport/internal/fault"
	"github.com/sallyport/sallyport/internal/proof"
	"github.com/sallyport/sallyport/internal/session"
)

// Password begins a sign-in with an address and a password. Unknown, disabled
// and password-less users get the answer of a wrong password, at the same cost
// (PW-09).
func (s *Service) Password(ctx context.Context, address, password string, d session.Delivery) (Outcome, error) {
	canonical := account.CanonicalOrRaw(address)
	u, err := s.Store.UserByEmail(ctx, canonical)
	known := err == nil
	if err != nil && fault.Of(err) != fault.CodeNotFound {
		return Outcome{}, err
	}
	subject := u.ID
	if !known {
		subject = s.UnknownSubject(canonical)
	}
	c, err := s.comparePassword(ctx, u, subject, password)
	if err != nil {
		return Outcome{}, err
	}
	return s.Begin(ctx, u, proof.Proof{Method: proof.Password}, d, c.Failures-1)
}

// PasswordStepUp proves the password again inside an open session.
func (s *Service) PasswordStepUp(ctx context.Context, userID, sessionID, password string) (session.Tokens, error) {
	u, err := s.userOf(ctx, userID, sessionID)
	if err != nil {
		return session.Tokens{}, err
	}
	if _, err := s.comparePassword(ctx, u, u.ID, password); err != nil {
		return session.Tokens{}, err
	}
	return s.Raise(ctx, u, sessionID, proof.Proof{Method: proof.Password})
}

// ConfirmPassword compares the password of a signed-in user under the same
// counter, for the actions that ask for it (PW-10).
func (s *Service) ConfirmPassword(ctx context.Context, u account.User, password string) error {
	_, err := s.comparePassword(ctx, u, u.ID, password)
	return err
}

// nobodysHash is compared for users who have no password that counts. It matches
// nothing, costs what any other does, and what can be no password at all is
// refused with the same words (PW-09).
const nobodysHash = ""

// comparePassword counts the try, then compares. u is the zero User for an
// unknown address.
func (s *Service) comparePassword(ctx context.Context, u account.User, subject, password string) (Count, error) {
	c, err := s.count(ctx, subject, u.ID, proof.Password)
	if err != nil {
		return c, err
	}
	reason := ""
	switch {
	case u.ID == "":
		reason = "unknown_user"
	case u.Disabled():
		reason = "disabled"
	case u.PasswordHash == "":
		reason = "no_password"
	}
	if reason != "" {
		if _, _, err := s.Passwords.Verify(ctx, nobodysHash, password); err != nil {
			return c, s.undecided(ctx, u.ID, proof.Password, c, err)
		}
		return c, s.wrong(ctx, u.ID, proof.Password, factor.Wrong{Reason: reason}, c, fault.New(fault.CodeInvalidCredentials))
	}
	match, rehash, err := s.Passwords.Verify(ctx, u.PasswordHash, password)
	if err != nil {
		return c, s.undecided(ctx, u.ID, proof.Password, c, err)
	}
	if !match {
		return c, s.wrong(ctx, u.ID, proof.Password, factor.Wrong{Reason: "wrong_password"}, c, fault.New(fault.CodeInvalidCredentials))
	}
	if rehash != "" {
		if err := s.Store.UpgradePasswordHash(ctx, u.ID, u.PasswordHash, rehash); err != nil {
			return c, err
		}
	}
	return c, s.Store.ClearAttempts(ctx, subject, proof.Password)
}
