package account

import (
	"context"
	"time"

	"github.com/sallyport/sallyport/internal/audit"
	"github.com/sallyport/sallyport/internal/message"
	"github.com/sallyport/sallyport/internal/onetime"
	"github.com/sallyport/sallyport/internal/opaque"
)

// List returns up to limit users with an id after that one, oldest first.
func (s *Service) List(ctx context.Context, after string, limit int) ([]User, error) {
	return s.Store.ListUsers(ctx, after, limit)
}

// Search returns up to limit users whose address begins with those words, in the
// order of addresses, after that canonical address.
func (s *Service) Search(ctx context.Context, words, after string, limit int) ([]User, error) {
	return s.Store.SearchUsers(ctx, searchable(words), after, limit)
}

// Invite creates an account without a password and mails its owner a link that
// sets one. The address counts as verified once the link is used. A taken address
// is fault.CodeConflict.
func (s *Service) Invite(ctx context.Context, in Registration, role Role, actor Actor) (User, error) {
	a, err := ParseAddress(in.Email)
	if err != nil {
		return User{}, err
	}
	name, err := CleanName(in.Name)
	if err != nil {
		return User{}, err
	}
	now := s.Clock()
	u := NewUser(a, name, role, "", now)
	tok, mail := s.invitation(u, now)
	defer s.Nudge()
	e := actor.Mark(audit.New(ctx, now, audit.UserCreated, audit.Success, u.ID))
	e.Reason, e.Details = "invited", map[string]string{"role": string(role)}
	return u, s.Store.CreateUser(ctx, u, &tok, audit.Of(e).Telling(mail))
}

// invitation makes the link of an invitation and its mail. It sets a password as
// a reset link does, and works longer: until it is used there is nothing to
// protect behind it.
func (s *Service) invitation(u User, now time.Time) (onetime.Token, message.Outgoing) {
	plain, hash := opaque.New(opaque.PasswordReset)
	tok := onetime.Token{
		Kind: onetime.PasswordReset, Hash: hash, UserID: u.ID, Data: linkData(u.Canonical, ""),
		CreatedAt: now, ExpiresAt: now.Add(s.Lives.Invite),
	}
	return tok, withLink(message.ToMail(message.Invitation, u.ID, u.Email), s.Links.Reset, plain, tok.ExpiresAt)
}
