package store

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"github.com/sallyport/sallyport/internal/account"
	"github.com/sallyport/sallyport/internal/audit"
	"github.com/sallyport/sallyport/internal/clock"
	"github.com/sallyport/sallyport/internal/fault"
	"github.com/sallyport/sallyport/internal/onetime"
	"github.com/sallyport/sallyport/internal/session"
	"github.com/sallyport/sallyport/internal/store/queries"
)

// absent turns "no rows" into the code the rooms above ask for.
func absent(err error) error {
	if isAbsent(err) {
		return fault.New(fault.CodeNotFound)
	}
	return err
}

func isAbsent(err error) bool { return errors.Is(err, sql.ErrNoRows) }

func userOf(r queries.User) account.User {
	return account.User{
		ID: r.ID, Email: r.Email, Canonical: r.EmailCanonical, EmailVerifiedAt: clock.FromMicros(r.EmailVerifiedAt),
		Name: r.Name, Role: account.Role(r.Role), PasswordHash: r.PasswordHash,
		PasswordChangedAt: clock.FromMicros(r.PasswordChangedAt), PasswordMailed: r.PasswordMailed, Handle: r.WebauthnHandle,
		DisabledAt: clock.FromMicros(r.DisabledAt), CreatedAt: clock.FromMicros(r.CreatedAt),
		UpdatedAt: clock.FromMicros(r.UpdatedAt), LastLoginAt: clock.FromMicros(r.LastLoginAt),
	}
}

// UserByID returns the user, or CodeNotFound.
func (s *Store) UserByID(ctx context.Context, id string) (account.User, error) {
	r, err := s.read().UserByID(ctx, id)
	return userOf(r), absent(err)
}

// UsersChangedSince returns the ids of users whose row was changed at or after
// since, up to limit of them. Signing in changes nobody.
func (s *Store) UsersChangedSince(ctx context.Context, since time.Time, limit int) ([]string, error) {
	return s.read().UsersChangedSince(ctx, queries.UsersChangedSinceParams{Since: clock.Micros(since), Page: int64(limit)})
}

// UserByEmail returns the user with that canonical address, or CodeNotFound.
func (s *Store) UserByEmail(ctx context.Context, canonical string) (account.User, error) {
	r, err := s.read().UserByEmail(ctx, canonical)
	return userOf(r), absent(err)
}

// ListUsers returns up to limit users with an id after that one, oldest first.
func (s *Store) ListUsers(ctx context.Context, after string, limit int) ([]account.User, error) {
	rows, err := s.read().ListUsers(ctx, queries.ListUsersParams{After: after, Page: int64(limit)})
	return usersOf(rows), err
}

// SearchUsers returns up to limit users whose canonical address begins with
// prefix and sorts after that address, in the order of addresses.
func (s *Store) SearchUsers(ctx context.Context, prefix, after string, limit int) ([]account.User, error) {
	rows, err := s.read().SearchUsers(ctx, queries.SearchUsersParams{
		Low: prefix, High: prefix + "\U0010FFFF", After: after, Page: int64(limit),
	})
	return usersOf(rows), err
}

func usersOf(rows []queries.User) []account.User {
	out := make([]account.User, 0, len(rows))
	for _, r := range rows {
		out = append(out, userOf(r))
	}
	return out
}

// CountAdmins returns how many administrators can sign in.
func (s *Store) CountAdmins(ctx context.Context) (int, error) {
	n, err := s.read().CountAdmins(ctx)
	return int(n), err
}

// CreateUser adds a user with what goes with it: a mail link where the address
// is still to be proved. A taken address is CodeConflict and nothing is written.
func (s *Store) CreateUser(ctx context.Context, u account.User, link *onetime.Token, t audit.Trail) error {
	err := s.write(ctx, func(q *queries.Queries) error {
		if err := insertUser(ctx, q, u); err != nil {
			return err
		}
		if link != nil {
			if err := onlyLink(ctx, q, u.ID, *link); err != nil {
				return err
			}
		}
		return s.leave(ctx, q, t)
	})
	if isDuplicate(err) {
		return fault.Because(fault.CodeConflict, err)
	}
	return err
}

// onlyLink makes a link the only way into an account that nobody has proved to
// own. CreateUser and TakenAddress, which have nothing to remove, ask for it too:
// every registration is as many statements (RC-10).
func onlyLink(ctx context.Context, q *queries.Queries, userID string, link onetime.Token) error {
	if _, err := q.DeleteOAuthAccountsOfUnverified(ctx, userID); err != nil {
		return err
	}
	return replaceOneTime(ctx, q, link)
}

func insertUser(ctx context.Context, q *queries.Queries, u account.User) error {
	return q.InsertUser(ctx, queries.InsertUserParams{
		ID: u.ID, Email: u.Email, EmailCanonical: u.Canonical, EmailVerifiedAt: clock.Micros(u.EmailVerifiedAt),
		Name: u.Name, Role: string(u.Role), PasswordHash: u.PasswordHash,
		PasswordChangedAt: clock.Micros(u.PasswordChangedAt), WebauthnHandle: u.Handle,
		CreatedAt: clock.Micros(u.CreatedAt), UpdatedAt: clock.Micros(u.CreatedAt),
	})
}

// TakenAddress leaves the trail of a registration for that user's address. It
// does as much as CreateUser: it touches the user's row, and stores the link.
func (s *Store) TakenAddress(ctx context.Context, userID string, link onetime.Token, t audit.Trail) error {
	return s.writeFor(ctx, userID, func(q *queries.Queries) error {
		if err := onlyLink(ctx, q, link.UserID, link); err != nil {
			return err
		}
		return s.leave(ctx, q, t)
	})
}

// CreateFirstAdmin spends the one-time setup token and adds its administrator
// (PW-13); setup tokens that other nodes made at the same time die. touched is
// false, and nothing is written, when the token is spent, expired or unknown.
func (s *Store) CreateFirstAdmin(ctx context.Context, setupHash []byte, u account.User, t audit.Trail) (touched bool, err error) {
	err = s.write(ctx, func(q *queries.Queries) error {
		touched, err = claim(ctx, q, onetime.Setup, setupHash, u.CreatedAt)
		if err != nil || !touched {
			return unchanged(err)
		}
		if _, err := q.KillOneTimeOfKind(ctx, queries.KillOneTimeOfKindParams{Now: clock.Micros(u.CreatedAt), Kind: string(onetime.Setup)}); err != nil {
			return err
		}
		if err := insertUser(ctx, q, u); err != nil {
			return err
		}
		return s.leave(ctx, q, t)
	})
	if isDuplicate(err) {
		return false, fault.Because(fault.CodeConflict, err)
	}
	return touched, err
}

// ReplaceUnverified gives a not yet verified account the password and name of a
// newer registration, and a new mail link in place of the older ones; accounts of
// providers linked to it go, since whoever linked them has shown no mailbox
// (OA-09). touched is false when the account was verified meanwhile. The first
// statement holds the user's row, as writeFor would.
func (s *Store) ReplaceUnverified(ctx context.Context, u account.User, link onetime.Token, t audit.Trail) (touched bool, err error) {
	err = s.write(ctx, func(q *queries.Queries) error {
		n, err := q.ReplaceUnverified(ctx, queries.ReplaceUnverifiedParams{
			PasswordHash: u.PasswordHash, Now: clock.Micros(link.CreatedAt), Name: u.Name, ID: u.ID,
		})
		if touched = n == 1; err != nil || !touched {
			return unchanged(err)
		}
		if err := onlyLink(ctx, q, u.ID, link); err != nil {
			return err
		}
		return s.leave(ctx, q, t)
	})
	return touched, err
}

// VerifyEmail spends a mail link and marks the address it was sent to as
// verified. touched is false when the link is spent or the address has changed.
func (s *Store) VerifyEmail(ctx context.Context, hash []byte, userID, canonical string, now time.Time, t audit.Trail) (touched bool, err error) {
	err = s.writeFor(ctx, userID, func(q *queries.Queries) error {
		touched, err = claim(ctx, q, onetime.EmailVerify, hash, now)
		if err != nil || !touched {
			return unchanged(err)
		}
		n, err := q.MarkEmailVerified(ctx, queries.MarkEmailVerifiedParams{Now: clock.Micros(now), ID: userID, EmailCanonical: canonical})
		if touched = n == 1; err != nil || !touched {
			return unchanged(err)
		}
		return s.leave(ctx, q, t)
	})
	return touched, err
}

// ChangePassword sets a new hash, ends the sessions that Ending names and kills
// every reset link (RC-02), in one transaction.
func (s *Store) ChangePassword(ctx context.Context, userID, hash string, e session.Ending, t audit.Trail) (revs []session.Revocation, err error) {
	err = s.writeFor(ctx, userID, func(q *queries.Queries) error {
		revs, err = setPassword(ctx, q, userID, hash, false, e)
		if err != nil {
			return err
		}
		return s.leave(ctx, q, t)
	})
	return revs, err
}

// ResetPassword spends a reset link and does what ChangePassword does. The link
// also proved the mailbox, so an unverified address becomes verified, and the
// factors, passkeys and linked accounts of before go: whoever set them up has not
// shown to be this person (OA-09). touched is false when the link is spent or
// expired.
func (s *Store) ResetPassword(ctx context.Context, link []byte, u account.User, hash string, e session.Ending, t audit.Trail) (revs []session.Revocation, touched bool, err error) {
	err = s.writeFor(ctx, u.ID, func(q *queries.Queries) error {
		touched, err = claim(ctx, q, onetime.PasswordReset, link, e.At)
		if err != nil || !touched {
			return unchanged(err)
		}
		before, err := q.UserByID(ctx, u.ID)
		if err != nil {
			return absent(err)
		}
		if revs, err = setPassword(ctx, q, u.ID, hash, true, e); err != nil {
			return err
		}
		if before.EmailVerifiedAt == 0 {
			if _, err := empty(ctx, q, e); err != nil { // the sessions have ended already
				return err
			}
		}
		if _, err := q.MarkEmailVerified(ctx, queries.MarkEmailVerifiedParams{Now: clock.Micros(e.At), ID: u.ID, EmailCanonical: u.Canonical}); err != nil {
			return err
		}
		return s.leave(ctx, q, t)
	})
	return revs, touched, err
}

// setPassword sets a hash; mailed is whether a mailed link allowed it.
func setPassword(ctx context.Context, q *queries.Queries, userID, hash string, mailed bool, e session.Ending) ([]session.Revocation, error) {
	n, err := q.SetPassword(ctx, queries.SetPasswordParams{PasswordHash: hash, Mailed: mailed, Now: clock.Micros(e.At), ID: userID})
	if err != nil {
		return nil, err
	}
	if n != 1 {
		return nil, fault.New(fault.CodeNotFound)
	}
	if err := killOneTime(ctx, q, userID, e.At, onetime.PasswordReset, onetime.Attempt, onetime.Device); err != nil {
		return nil, err
	}
	return endSessions(ctx, q, e)
}

// UpgradePasswordHash replaces a hash by one of the present parameters, unless
// the password was changed meanwhile.
func (s *Store) UpgradePasswordHash(ctx context.Context, userID, old, new string) error {
	return s.write(ctx, func(q *queries.Queries) error {
		_, err := q.UpgradePasswordHash(ctx, queries.UpgradePasswordHashParams{NewHash: new, ID: userID, OldHash: old})
		return err
	})
}

// RenameUser sets the display name.
func (s *Store) RenameUser(ctx context.Context, userID, name string, now time.Time, t audit.Trail) error {
	return s.write(ctx, func(q *queries.Queries) error {
		n, err := q.SetName(ctx, queries.SetNameParams{Name: name, Now: clock.Micros(now), ID: userID})
		if err != nil {
			return err
		}
		if n != 1 {
			return fault.New(fault.CodeNotFound)
		}
		return s.leave(ctx, q, t)
	})
}

// SetRole gives the user a role and ends their sessions, so that no token says
// the old one (TK-10).
func (s *Store) SetRole(ctx context.Context, userID string, role account.Role, e session.Ending, t audit.Trail) (revs []session.Revocation, err error) {
	err = s.writeFor(ctx, userID, func(q *queries.Queries) error {
		n, err := q.SetRole(ctx, queries.SetRoleParams{Role: string(role), Now: clock.Micros(e.At), ID: userID})
		if err != nil {
			return err
		}
		if n != 1 {
			return fault.New(fault.CodeNotFound)
		}
		if revs, err = endSessions(ctx, q, e); err != nil {
			return err
		}
		return s.leave(ctx, q, t)
	})
	return revs, err
}
