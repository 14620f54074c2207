package account

import (
	"context"
	"errors"
	"time"

	"github.com/sallyport/sallyport/internal/audit"
	"github.com/sallyport/sallyport/internal/fault"
	"github.com/sallyport/sallyport/internal/message"
	"github.com/sallyport/sallyport/internal/onetime"
	"github.com/sallyport/sallyport/internal/opaque"
)

// AskEmailChange mails a confirmation link to the new address and a notice with
// a link that stops it to the present one. Nothing changes until the new mailbox
// confirms (RC-07, OT-09). The answer is the same whether or not the new address
// has an account.
func (s *Service) AskEmailChange(ctx context.Context, u User, address string) error {
	to, err := ParseAddress(address)
	if err != nil {
		return err
	}
	if to.Canonical == u.Canonical {
		return fault.InvalidField("email", "This is your address already.", "same_email")
	}
	defer s.Nudge()
	now := s.Clock()
	e := audit.New(ctx, now, audit.UserUpdated, audit.Success, u.ID)
	e.Reason = "email_change_asked"
	undo, notice := s.undoLink(u, to, message.EmailChanging, now, s.Lives.Change)
	_, err = s.Store.UserByEmail(ctx, to.Canonical)
	switch {
	case err == nil: // taken: the present mailbox hears of it, the other one gets nothing to confirm
		return s.Store.IssueOneTime(ctx, undo, audit.Of(e).Telling(notice))
	case fault.Of(err) != fault.CodeNotFound:
		return err
	}
	plain, hash := opaque.New(opaque.EmailChange)
	tok := onetime.Token{
		Kind: onetime.EmailChange, Hash: hash, UserID: u.ID, Data: linkData(to.Canonical, to.Display),
		CreatedAt: now, ExpiresAt: now.Add(s.Lives.Change),
	}
	confirm := withLink(message.ToMail(message.ConfirmEmail, u.ID, to.Display), s.Links.ConfirmEmail, plain, tok.ExpiresAt)
	return s.Store.ReplaceOneTime(ctx, tok, audit.Of(e).Telling(confirm, notice), undo)
}

// undoLink makes the link that takes a change of address back, and its mail to
// the present address.
func (s *Service) undoLink(u User, to Address, kind message.Kind, now time.Time, life time.Duration) (onetime.Token, message.Outgoing) {
	plain, hash := opaque.New(opaque.EmailUndo)
	tok := onetime.Token{
		Kind: onetime.EmailUndo, Hash: hash, UserID: u.ID, Data: linkData(u.Canonical, u.Email),
		CreatedAt: now, ExpiresAt: now.Add(life),
	}
	m := message.ToMail(kind, u.ID, u.Email)
	m.Data = map[string]string{"new_email": to.Display}
	return tok, withLink(m, s.Links.UndoEmail, plain, tok.ExpiresAt)
}

// ConfirmEmailChange spends the link sent to the new address and moves the
// account to it. The old address gets a link that takes it back for a week.
func (s *Service) ConfirmEmailChange(ctx context.Context, plain string) error {
	tok, d, err := s.openLink(ctx, onetime.EmailChange, opaque.EmailChange, plain)
	if err != nil {
		return err
	}
	u, err := s.Store.UserByID(ctx, tok.UserID)
	if err != nil {
		return gone(err)
	}
	now := s.Clock()
	to := Address{Display: d.Display, Canonical: d.Canonical}
	undo, notice := s.undoLink(u, to, message.EmailChanged, now, s.Lives.Undo)
	defer s.Nudge()
	touched, err := s.Store.ChangeEmail(ctx, tok.Hash, u, to, undo,
		audit.Of(audit.New(ctx, now, audit.EmailChanged, audit.Success, u.ID)).Telling(notice))
	if err != nil {
		return gone(err)
	}
	if !touched {
		return fault.Because(fault.CodeLinkExpired, errors.New("account: the link was spent meanwhile"))
	}
	return nil
}

// UndoEmailChange spends the link sent to the old address: before the change was
// confirmed it only stops it, after that it moves the account back and ends
// every session.
func (s *Service) UndoEmailChange(ctx context.Context, plain string) error {
	tok, d, err := s.openLink(ctx, onetime.EmailUndo, opaque.EmailUndo, plain)
	if err != nil {
		return err
	}
	u, err := s.Store.UserByID(ctx, tok.UserID)
	if err != nil {
		return gone(err)
	}
	if u.Canonical == d.Canonical {
		now := s.Clock()
		e := audit.New(ctx, now, audit.UserUpdated, audit.Success, u.ID)
		e.Reason = "email_change_stopped"
		touched, err := s.Store.CancelEmailChange(ctx, tok.Hash, u.ID, now, audit.Of(e))
		return s.announce(ctx, nil, touched, gone(err))
	}
	ending := s.Sessions.Ending(u.ID, "", "email_change_undone")
	e := audit.New(ctx, ending.At, audit.EmailChanged, audit.Success, u.ID)
	e.Reason = "undone"
	defer s.Nudge()
	revs, touched, err := s.Store.UndoEmailChange(ctx, tok.Hash, u, Address{Display: d.Display, Canonical: d.Canonical}, ending,
		audit.Of(e).Telling(s.notice(message.EmailChanged, u)))
	return s.announce(ctx, revs, touched, gone(err))
}

// gone makes a link of a deleted account or to a taken address look like any
// dead link.
func gone(err error) error {
	if c := fault.Of(err); c == fault.CodeNotFound || c == fault.CodeConflict {
		return fault.Because(fault.CodeLinkExpired, err)
	}
	return err
}
