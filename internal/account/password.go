package account

import (
	"context"
	"errors"

	"github.com/sallyport/sallyport/internal/audit"
	"github.com/sallyport/sallyport/internal/fault"
	"github.com/sallyport/sallyport/internal/message"
	"github.com/sallyport/sallyport/internal/onetime"
	"github.com/sallyport/sallyport/internal/opaque"
	"github.com/sallyport/sallyport/internal/session"
)

// Forgot mails a link that sets a new password, to the address in the database
// (RC-05). It returns nil whether or not there is such an account; the mail is
// sent by the outbox after the answer (RC-01).
func (s *Service) Forgot(ctx context.Context, address string) error {
	u, err := s.Store.UserByEmail(ctx, CanonicalOrRaw(address))
	if fault.Of(err) == fault.CodeNotFound {
		return s.pretend(ctx, "", address, onetime.PasswordReset, s.Lives.Reset, "unknown_user")
	}
	if err != nil {
		return err
	}
	if u.Disabled() {
		return s.pretend(ctx, u.ID, address, onetime.PasswordReset, s.Lives.Reset, "disabled")
	}
	return s.startReset(ctx, u, "user", u.ID)
}

// StartReset mails a reset link on an administrator's word; to somebody who has
// not yet accepted an invitation, the invitation once more. Administrators never
// set or see a password (RC-08). A disabled account is fault.CodeConflict.
func (s *Service) StartReset(ctx context.Context, adminID, userID string) error {
	u, err := s.Store.UserByID(ctx, userID)
	if err != nil {
		return err
	}
	if u.Disabled() {
		return fault.New(fault.CodeConflict).WithDetail("The account is disabled; enable it first.")
	}
	if u.Invited() {
		now := s.Clock()
		tok, mail := s.invitation(u, now)
		defer s.Nudge()
		e := Administrator(adminID).Mark(audit.New(ctx, now, audit.RecoveryStarted, audit.Success, u.ID))
		e.Reason = "invited_again"
		return s.Store.ReplaceOneTime(ctx, tok, audit.Of(e).Telling(mail))
	}
	return s.startReset(ctx, u, "admin", adminID)
}

func (s *Service) startReset(ctx context.Context, u User, kind, actor string) error {
	defer s.Nudge()
	now := s.Clock()
	plain, hash := opaque.New(opaque.PasswordReset)
	tok := onetime.Token{
		Kind: onetime.PasswordReset, Hash: hash, UserID: u.ID, Data: linkData(u.Canonical, ""),
		CreatedAt: now, ExpiresAt: now.Add(s.Lives.Reset),
	}
	e := audit.New(ctx, now, audit.RecoveryStarted, audit.Success, u.ID)
	e.ActorKind, e.ActorID = kind, actor
	m := withLink(message.ToMail(message.ResetPassword, u.ID, u.Email), s.Links.Reset, plain, tok.ExpiresAt)
	return s.Store.ReplaceOneTime(ctx, tok, audit.Of(e).Telling(m))
}

// Reset spends a reset link and sets a new password. It neither signs in nor
// touches second factors; every session ends and the user is told (RC-04).
func (s *Service) Reset(ctx context.Context, plain, password string) error {
	tok, _, err := s.openLink(ctx, onetime.PasswordReset, opaque.PasswordReset, plain)
	if err != nil {
		return err
	}
	u, err := s.Store.UserByID(ctx, tok.UserID)
	if fault.Of(err) == fault.CodeNotFound || err == nil && u.Disabled() {
		return fault.Because(fault.CodeLinkExpired, errors.New("account: gone or disabled"))
	}
	if err != nil {
		return err
	}
	hash, err := s.newHash(ctx, u, password)
	if err != nil {
		return err
	}
	defer s.Nudge()
	ending := s.Sessions.Ending(u.ID, "", "password_reset")
	e := audit.New(ctx, ending.At, audit.PasswordChange, audit.Success, u.ID)
	e.Reason = "reset"
	revs, touched, err := s.Store.ResetPassword(ctx, tok.Hash, u, hash, ending, audit.Of(e).Telling(s.notice(message.PasswordChanged, u)))
	if err != nil {
		return err
	}
	if !touched {
		return fault.Because(fault.CodeLinkExpired, errors.New("account: the link was spent meanwhile"))
	}
	s.Sessions.Announce(ctx, revs...)
	return nil
}

// newHash judges and hashes a new password; what is wrong with it is told.
func (s *Service) newHash(ctx context.Context, u User, password string) (string, error) {
	words := contextWords(Address{Display: u.Email, Canonical: u.Canonical}, u.Name)
	if err := s.Passwords.Check(password, words...); err != nil {
		return "", err
	}
	return s.Passwords.Hash(ctx, password)
}

// ChangePassword sets a new password for a signed-in user whose current one was
// confirmed by the caller. Every other session ends (PW-10).
func (s *Service) ChangePassword(ctx context.Context, u User, sessionID, password string) error {
	hash, err := s.newHash(ctx, u, password)
	if err != nil {
		return err
	}
	defer s.Nudge()
	ending := s.Sessions.Ending(u.ID, sessionID, "password_changed")
	e := audit.New(ctx, ending.At, audit.PasswordChange, audit.Success, u.ID)
	e.SessionID = sessionID
	revs, err := s.Store.ChangePassword(ctx, u.ID, hash, ending, audit.Of(e).Telling(s.notice(message.PasswordChanged, u)))
	if err != nil {
		return err
	}
	s.Sessions.Announce(ctx, revs...)
	return nil
}

// notice is a mail that tells the user what happened (AU-07).
func (s *Service) notice(k message.Kind, u User) message.Outgoing {
	return message.ToMail(k, u.ID, u.Email)
}

// announce is the tail of every change that ends sessions.
func (s *Service) announce(ctx context.Context, revs []session.Revocation, touched bool, err error) error {
	if err != nil {
		return err
	}
	if !touched {
		return fault.New(fault.CodeNotFound)
	}
	s.Sessions.Announce(ctx, revs...)
	return nil
}
