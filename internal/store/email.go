package store

import (
	"context"
	"time"

	"github.com/sallyport/sallyport/internal/account"
	"github.com/sallyport/sallyport/internal/audit"
	"github.com/sallyport/sallyport/internal/clock"
	"github.com/sallyport/sallyport/internal/fault"
	"github.com/sallyport/sallyport/internal/onetime"
	"github.com/sallyport/sallyport/internal/session"
	"github.com/sallyport/sallyport/internal/store/queries"
)

// ChangeEmail spends the link sent to the new address and moves the account to
// it. Links and reset tokens sent to the old address die, except those that take
// a change back: the one of this change is stored here, and older ones live on,
// so that a second change does not rob the first mailbox of its say (RC-07).
// touched is false when the link is spent or the address moved meanwhile; a taken
// address is CodeConflict.
func (s *Store) ChangeEmail(ctx context.Context, link []byte, u account.User, to account.Address, undo onetime.Token, t audit.Trail) (touched bool, err error) {
	now := undo.CreatedAt
	err = s.writeFor(ctx, u.ID, func(q *queries.Queries) error {
		touched, err = claim(ctx, q, onetime.EmailChange, link, now)
		if err != nil || !touched {
			return unchanged(err)
		}
		if touched, err = moveEmail(ctx, q, u, to, now); err != nil || !touched {
			return unchanged(err)
		}
		if err := insertOneTime(ctx, q, undo); err != nil {
			return err
		}
		return s.leave(ctx, q, t)
	})
	if isDuplicate(err) {
		return false, fault.Because(fault.CodeConflict, err)
	}
	return touched, err
}

// UndoEmailChange spends the link sent to the old address, moves the account
// back and ends every session: whoever holds the old mailbox takes the account
// back from whoever moved it (RC-07).
func (s *Store) UndoEmailChange(ctx context.Context, link []byte, u account.User, to account.Address, e session.Ending, t audit.Trail) (revs []session.Revocation, touched bool, err error) {
	err = s.writeFor(ctx, u.ID, func(q *queries.Queries) error {
		touched, err = claim(ctx, q, onetime.EmailUndo, link, e.At)
		if err != nil || !touched {
			return unchanged(err)
		}
		if touched, err = moveEmail(ctx, q, u, to, e.At); err != nil || !touched {
			return unchanged(err)
		}
		if err := killOneTime(ctx, q, u.ID, e.At, onetime.EmailUndo); err != nil {
			return err
		}
		if revs, err = endSessions(ctx, q, e); err != nil {
			return err
		}
		return s.leave(ctx, q, t)
	})
	if isDuplicate(err) {
		return nil, false, fault.Because(fault.CodeConflict, err)
	}
	return revs, touched, err
}

// CancelEmailChange spends the undo link before the change was confirmed: the
// link to the new address dies and nothing else happens.
func (s *Store) CancelEmailChange(ctx context.Context, link []byte, userID string, now time.Time, t audit.Trail) (touched bool, err error) {
	err = s.writeFor(ctx, userID, func(q *queries.Queries) error {
		touched, err = claim(ctx, q, onetime.EmailUndo, link, now)
		if err != nil || !touched {
			return unchanged(err)
		}
		if err := killOneTime(ctx, q, userID, now, onetime.EmailChange); err != nil {
			return err
		}
		return s.leave(ctx, q, t)
	})
	return touched, err
}

func moveEmail(ctx context.Context, q *queries.Queries, u account.User, to account.Address, now time.Time) (bool, error) {
	n, err := q.SetEmail(ctx, queries.SetEmailParams{
		Email: to.Display, EmailCanonical: to.Canonical, Now: clock.Micros(now), ID: u.ID, OldCanonical: u.Canonical,
	})
	if err != nil || n != 1 {
		return false, err
	}
	// E-mail codes follow the account's address: the new mailbox was just shown.
	if err := q.MoveMFAEmail(ctx, queries.MoveMFAEmailParams{Email: to.Display, Now: clock.Micros(now), UserID: u.ID}); err != nil {
		return false, err
	}
	return true, killOneTime(ctx, q, u.ID, now,
		onetime.PasswordReset, onetime.EmailVerify, onetime.EmailChange, onetime.EmailChallenge, onetime.Device)
}

// DisableUser locks the account and ends all its sessions. touched is false when
// it was locked already.
func (s *Store) DisableUser(ctx context.Context, e session.Ending, t audit.Trail) (revs []session.Revocation, touched bool, err error) {
	err = s.writeFor(ctx, e.UserID, func(q *queries.Queries) error {
		n, err := q.DisableUser(ctx, queries.DisableUserParams{Now: clock.Micros(e.At), ID: e.UserID})
		if touched = n == 1; err != nil || !touched {
			return unchanged(err)
		}
		if revs, err = endUser(ctx, q, e); err != nil {
			return err
		}
		return s.leave(ctx, q, t)
	})
	return revs, touched, err
}

// EnableUser unlocks the account and forgets the failed tries of every factor.
// touched is false when there is no such user.
func (s *Store) EnableUser(ctx context.Context, userID string, now time.Time, t audit.Trail) (touched bool, err error) {
	err = s.write(ctx, func(q *queries.Queries) error {
		n, err := q.EnableUser(ctx, queries.EnableUserParams{Now: clock.Micros(now), ID: userID})
		if touched = n == 1; err != nil || !touched {
			return unchanged(err)
		}
		if _, err := q.ClearAttemptsOfSubject(ctx, userID); err != nil {
			return err
		}
		return s.leave(ctx, q, t)
	})
	return touched, err
}

// DeleteUser removes the account with everything that belongs to it; the audit
// log keeps what happened, by the user's id. touched is false when there is no
// such user.
func (s *Store) DeleteUser(ctx context.Context, e session.Ending, t audit.Trail) (revs []session.Revocation, touched bool, err error) {
	err = s.writeFor(ctx, e.UserID, func(q *queries.Queries) error {
		revs, err = deleteUser(ctx, q, e)
		if touched = fault.Of(err) != fault.CodeNotFound; !touched {
			return unchanged(nil)
		}
		if err != nil {
			return err
		}
		return s.leave(ctx, q, t)
	})
	return revs, touched && err == nil, err
}

// deleteUser removes a user with everything that belongs to them, or returns
// CodeNotFound.
func deleteUser(ctx context.Context, q *queries.Queries, e session.Ending) ([]session.Revocation, error) {
	revs, err := endUser(ctx, q, e)
	if err != nil {
		return nil, err
	}
	if err := q.DeleteOneTimeOfUser(ctx, e.UserID); err != nil {
		return nil, err
	}
	if _, err := q.ClearAttemptsOfSubject(ctx, e.UserID); err != nil {
		return nil, err
	}
	n, err := q.DeleteUser(ctx, e.UserID)
	if err == nil && n != 1 {
		err = fault.New(fault.CodeNotFound)
	}
	return revs, err
}

// endUser ends every session of the user and adds a revocation of the user as a
// whole, which also covers a session that is being opened at this instant.
func endUser(ctx context.Context, q *queries.Queries, e session.Ending) ([]session.Revocation, error) {
	e.SessionID, e.ExceptID = "", ""
	revs, err := endSessions(ctx, q, e)
	if err != nil {
		return nil, err
	}
	if err := killOneTime(ctx, q, e.UserID, e.At, onetime.Attempt, onetime.PasswordReset, onetime.EmailChange, onetime.Ticket, onetime.Device); err != nil {
		return nil, err
	}
	r := revocation(session.RevokedUser, e.UserID, e)
	r.NotBefore = e.At
	return append(revs, r), insertRevocation(ctx, q, r)
}
