package store

import (
	"context"

	"github.com/sallyport/sallyport/internal/audit"
	"github.com/sallyport/sallyport/internal/clock"
	"github.com/sallyport/sallyport/internal/fault"
	"github.com/sallyport/sallyport/internal/session"
	"github.com/sallyport/sallyport/internal/store/queries"
)

// MergeUsers moves the linked accounts of one user to another and deletes the
// one, whom e names, with everything else that belongs to them. Both rows are
// held meanwhile, the smaller id first, so merges in a circle take turns. It is
// CodeNotFound when either is gone or locked.
func (s *Store) MergeUsers(ctx context.Context, into string, e session.Ending, t audit.Trail) (revs []session.Revocation, err error) {
	err = s.writeFor(ctx, min(into, e.UserID), func(q *queries.Queries) error {
		for _, id := range []string{min(into, e.UserID), max(into, e.UserID)} {
			n, err := q.HoldUser(ctx, queries.HoldUserParams{Now: clock.Micros(e.At), ID: id})
			if err != nil {
				return err
			}
			if n != 1 {
				return fault.New(fault.CodeNotFound)
			}
		}
		if err := s.moveAccounts(ctx, q, into, e); err != nil {
			return err
		}
		if revs, err = deleteUser(ctx, q, e); err != nil {
			return err
		}
		return s.leave(ctx, q, t)
	})
	return revs, err
}

// moveAccounts gives every linked account to another user. Tokens are sealed
// anew: the seal names the user.
func (s *Store) moveAccounts(ctx context.Context, q *queries.Queries, into string, e session.Ending) error {
	rows, err := q.OAuthAccountsOfUser(ctx, e.UserID)
	if err != nil {
		return err
	}
	for _, r := range rows {
		a, err := s.oauthAccountOf(r)
		if err != nil {
			return err
		}
		n, err := q.MoveOAuthAccount(ctx, queries.MoveOAuthAccountParams{
			ToUser: into, AccessToken: s.sealToken(a.Tokens.Access, a.ID, into, "access_token"),
			RefreshToken: s.sealToken(a.Tokens.Refresh, a.ID, into, "refresh_token"), Now: clock.Micros(e.At), ID: a.ID, UserID: e.UserID,
		})
		if err != nil {
			return err
		}
		if n != 1 {
			return fault.New(fault.CodeConflict)
		}
	}
	return nil
}
