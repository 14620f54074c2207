package session

import (
	"bytes"
	"context"
	"errors"
	"time"

	"github.com/sallyport/sallyport/internal/audit"
	"github.com/sallyport/sallyport/internal/fault"
	"github.com/sallyport/sallyport/internal/opaque"
)

// errRefused gives the reasons of a refused refresh to the log; the client
// always hears fault.CodeInvalidToken.
func errRefused(reason string) error {
	return fault.Because(fault.CodeInvalidToken, errors.New("session: refresh refused: "+reason))
}

// Refresh spends a refresh token and returns the next pair (TK-07).
//
// A token that was spent within the grace window is answered once more with the
// same successor, to the same client: the first answer was lost on the way
// (TK-08). A further try of that client inside the window is told so with
// fault.CodeConflict. Any other use of a spent token means that two parties hold
// it: the session ends, and its holder is warned.
func (s *Service) Refresh(ctx context.Context, plain string) (Tokens, error) {
	hash, err := opaque.Hash(opaque.Refresh, plain)
	if err != nil {
		return Tokens{}, errRefused("shape")
	}
	f, err := s.Store.FindRefresh(ctx, hash)
	if fault.Of(err) == fault.CodeNotFound {
		return Tokens{}, errRefused("unknown")
	}
	if err != nil {
		return Tokens{}, err
	}
	if s.Allow != nil {
		if err := s.Allow(ctx, f.Session.ID); err != nil {
			return Tokens{}, err
		}
	}
	if !f.Refresh.UsedAt.IsZero() {
		return s.again(ctx, f)
	}
	now := s.Clock()
	if err := s.stillGood(ctx, f, now); err != nil {
		return Tokens{}, err
	}
	next, r := s.newRefresh(ctx, f.Session, now)
	e := audit.New(ctx, now, audit.SessionRenewed, audit.Success, f.Holder.ID)
	e.SessionID = f.Session.ID
	keep := next
	if s.Settings.Grace == 0 {
		keep = ""
	}
	touched, err := s.Store.RotateRefresh(ctx, hash, r, keep, audit.Of(e))
	if err != nil {
		return Tokens{}, err
	}
	if !touched { // somebody was faster: the token is spent now, or the session ended
		if f, err = s.Store.FindRefresh(ctx, hash); err != nil {
			return Tokens{}, err
		}
		return s.again(ctx, f)
	}
	return s.tokens(f.Session, f.Holder, next, now)
}

// stillGood refuses, and ends, a session whose time or whose user's state no
// longer allows it (TK-09, TK-10).
func (s *Service) stillGood(ctx context.Context, f Found, now time.Time) error {
	var reason string
	switch {
	case !f.Session.EndedAt.IsZero():
		return errRefused("session ended")
	case !now.Before(f.Session.ExpiresAt):
		reason = "expired"
	case !now.Before(f.Refresh.ExpiresAt):
		reason = "idle"
	case f.Holder.Disabled:
		reason = "disabled"
	default:
		if s.StillGood == nil {
			return nil
		}
		err := s.StillGood(f.Holder, f.Session)
		if err == nil {
			return nil
		}
		reason = "policy"
	}
	if err := s.End(ctx, f.Holder.ID, f.Session.ID, reason); err != nil {
		return err
	}
	return errRefused(reason)
}

// again answers a spent token.
func (s *Service) again(ctx context.Context, f Found) (Tokens, error) {
	now := s.Clock()
	if !f.Session.Live(now) || f.Refresh.UsedAt.IsZero() {
		return Tokens{}, errRefused("session ended")
	}
	opened := now.Add(-s.Settings.Grace)
	if !f.Refresh.UsedAt.After(opened) || !bytes.Equal(f.Refresh.Binding, binding(ctx)) {
		return Tokens{}, s.reused(ctx, f, now)
	}
	if err := s.stillGood(ctx, f, now); err != nil {
		return Tokens{}, err
	}
	if f.Refresh.Successor != "" {
		touched, err := s.Store.SpendGrace(ctx, f.Refresh.Hash, opened, now)
		if err != nil {
			return Tokens{}, err
		}
		if touched {
			return s.tokens(f.Session, f.Holder, f.Refresh.Successor, now)
		}
	}
	return Tokens{}, fault.New(fault.CodeConflict).WithDetail("This refresh token was exchanged a moment ago; use the newer one.")
}

// reused ends the family of a refresh token that two parties hold.
func (s *Service) reused(ctx context.Context, f Found, now time.Time) error {
	e := audit.New(ctx, now, audit.TokenReuse, audit.Failure, f.Holder.ID)
	e.SessionID, e.Reason, e.ActorID, e.ActorKind = f.Session.ID, "refresh_token_reuse", "", "anonymous"
	warn := s.Notifier.TokenReused(f.Holder)
	if err := s.end(ctx, s.ending(f.Holder.ID, f.Session.ID, "token_reuse"), audit.Trail{Events: []audit.Event{e}, Messages: warn.Messages}); err != nil {
		return err
	}
	return errRefused("reuse")
}
