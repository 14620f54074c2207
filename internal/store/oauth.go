package store

import (
	"context"
	"database/sql"
	"errors"
	"slices"
	"time"

	"github.com/sallyport/sallyport/internal/account"
	"github.com/sallyport/sallyport/internal/audit"
	"github.com/sallyport/sallyport/internal/clock"
	"github.com/sallyport/sallyport/internal/fault"
	"github.com/sallyport/sallyport/internal/onetime"
	"github.com/sallyport/sallyport/internal/provider"
	"github.com/sallyport/sallyport/internal/session"
	"github.com/sallyport/sallyport/internal/store/queries"
)

// oauthPlace names the row of a provider's token for the seal: user and identity
// are part of it, so a token copied to another row does not open.
func oauthPlace(id, userID string) string { return id + "/" + userID }

func (s *Store) sealToken(token, id, userID, column string) []byte {
	if token == "" {
		return nil
	}
	return s.seal.Seal([]byte(token), "oauth_accounts", oauthPlace(id, userID), column)
}

func (s *Store) openToken(sealed []byte, r queries.OauthAccount, column string) (string, error) {
	if len(sealed) == 0 {
		return "", nil
	}
	plain, err := s.seal.Open(sealed, "oauth_accounts", oauthPlace(r.ID, r.UserID), column)
	return string(plain), err
}

func (s *Store) oauthAccountOf(r queries.OauthAccount) (provider.Account, error) {
	a := provider.Account{
		ID: r.ID, UserID: r.UserID, Provider: r.Provider, Issuer: r.Issuer, Subject: r.ProviderUserID, Email: r.Email,
		EmailVerified: r.EmailVerified, LastUsedAt: clock.FromMicros(r.LastUsedAt),
		CreatedAt: clock.FromMicros(r.CreatedAt), UpdatedAt: clock.FromMicros(r.UpdatedAt),
	}
	var err error
	if a.Tokens.Access, err = s.openToken(r.AccessToken, r, "access_token"); err != nil {
		return a, err
	}
	a.Tokens.ExpiresAt = clock.FromMicros(r.TokenExpiresAt)
	a.Tokens.Refresh, err = s.openToken(r.RefreshToken, r, "refresh_token")
	return a, err
}

// OAuthAccount returns the account of an identity, or CodeNotFound.
func (s *Store) OAuthAccount(ctx context.Context, name, issuer, subject string) (provider.Account, error) {
	r, err := s.read().OAuthAccountByIdentity(ctx, queries.OAuthAccountByIdentityParams{Provider: name, Issuer: issuer, ProviderUserID: subject})
	if err != nil {
		return provider.Account{}, absent(err)
	}
	return s.oauthAccountOf(r)
}

// OAuthAccounts returns the user's linked accounts, oldest first.
func (s *Store) OAuthAccounts(ctx context.Context, userID string) ([]provider.Account, error) {
	rows, err := s.read().OAuthAccountsOfUser(ctx, userID)
	if err != nil {
		return nil, err
	}
	out := make([]provider.Account, 0, len(rows))
	for _, r := range rows {
		a, err := s.oauthAccountOf(r)
		if err != nil {
			return nil, err
		}
		out = append(out, a)
	}
	return out, nil
}

func (s *Store) insertOAuthAccount(ctx context.Context, q *queries.Queries, a provider.Account) error {
	return q.InsertOAuthAccount(ctx, queries.InsertOAuthAccountParams{
		ID: a.ID, UserID: a.UserID, Provider: a.Provider, Issuer: a.Issuer, ProviderUserID: a.Subject, Email: a.Email,
		EmailVerified: a.EmailVerified, AccessToken: s.sealToken(a.Tokens.Access, a.ID, a.UserID, "access_token"),
		RefreshToken: s.sealToken(a.Tokens.Refresh, a.ID, a.UserID, "refresh_token"), TokenExpiresAt: clock.Micros(a.Tokens.ExpiresAt),
		LastUsedAt: clock.Micros(a.LastUsedAt), CreatedAt: clock.Micros(a.CreatedAt), UpdatedAt: clock.Micros(a.UpdatedAt),
	})
}

// SignUpWithProvider spends a hand-over code and adds a user with their first
// linked account, and a mail link where the address is still to be proved.
// touched is false when the code is spent; a taken address or identity is
// CodeConflict, and the code stays good.
func (s *Store) SignUpWithProvider(ctx context.Context, handover []byte, u account.User, a provider.Account, link *onetime.Token, t audit.Trail) (touched bool, err error) {
	err = s.write(ctx, func(q *queries.Queries) error {
		touched, err = claimHandover(ctx, q, handover, a.UpdatedAt)
		if err != nil || !touched {
			return unchanged(err)
		}
		if err := insertUser(ctx, q, u); err != nil {
			return err
		}
		if err := s.insertOAuthAccount(ctx, q, a); err != nil {
			return err
		}
		if link != nil {
			if err := insertOneTime(ctx, q, *link); err != nil {
				return err
			}
		}
		return s.leave(ctx, q, t)
	})
	if isDuplicate(err) {
		return false, fault.Because(fault.CodeConflict, err)
	}
	return touched, err
}

// TakenAtProvider spends a hand-over code for an address that the user has, and
// does as much as SignUpWithProvider: it touches the user's row, and stores both
// links. touched is false when the code is spent.
func (s *Store) TakenAtProvider(ctx context.Context, handover []byte, userID string, links [2]onetime.Token, t audit.Trail) (touched bool, err error) {
	err = s.writeFor(ctx, userID, func(q *queries.Queries) error {
		touched, err = claimHandover(ctx, q, handover, links[0].CreatedAt)
		if err != nil || !touched {
			return unchanged(err)
		}
		for _, l := range links {
			if err := insertOneTime(ctx, q, l); err != nil {
				return err
			}
		}
		return s.leave(ctx, q, t)
	})
	return touched, err
}

// claimHandover spends a hand-over code and forgets what it stood for: identities
// and tokens do not wait in spent rows until those are swept.
func claimHandover(ctx context.Context, q *queries.Queries, hash []byte, now time.Time) (bool, error) {
	ok, err := claim(ctx, q, onetime.Handover, hash, now)
	if err != nil || !ok {
		return ok, err
	}
	_, err = q.ForgetOneTime(ctx, queries.ForgetOneTimeParams{Data: []byte{}, Kind: string(onetime.Handover), Hash: hash})
	return true, err
}

// LinkAccount spends a hand-over code and adds a linked account to a user, if
// the user is still as l says; else it is CodeConflict, as is a taken identity,
// and the code stays good.
func (s *Store) LinkAccount(ctx context.Context, handover []byte, l provider.Linking, t audit.Trail) (revs []session.Revocation, touched bool, err error) {
	err = s.writeFor(ctx, l.User.ID, func(q *queries.Queries) error {
		touched, err = claimHandover(ctx, q, handover, l.Account.UpdatedAt)
		if err != nil || !touched {
			return unchanged(err)
		}
		if revs, err = admitLink(ctx, q, l); err != nil {
			return err
		}
		if err := s.insertOAuthAccount(ctx, q, l.Account); err != nil {
			return err
		}
		return s.leave(ctx, q, t)
	})
	if isDuplicate(err) {
		return nil, false, fault.Because(fault.CodeConflict, err)
	}
	return revs, touched, err
}

// stillOpen refuses a link whose session has ended since it was asked for. The
// caller holds the user's row, which every end of a session takes too.
func stillOpen(ctx context.Context, q *queries.Queries, l provider.Linking) error {
	if l.SessionID == "" {
		return nil
	}
	s, err := q.SessionByID(ctx, l.SessionID)
	now := clock.Micros(l.Account.UpdatedAt)
	if err == nil && s.UserID == l.User.ID && s.EndedAt == 0 && s.ExpiresAt > now {
		return nil
	}
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return err
	}
	return fault.New(fault.CodeForbidden).WithDetail("The session that asked for this link has ended.")
}

// admitLink holds the user's row, so that nothing the decision rests on changes
// before the commit.
func admitLink(ctx context.Context, q *queries.Queries, l provider.Linking) ([]session.Revocation, error) {
	now, u := clock.Micros(l.Account.UpdatedAt), l.User
	var n int64
	var err error
	switch {
	case l.CleanUp != nil:
		n, err = q.TakeOverUser(ctx, queries.TakeOverUserParams{Now: now, ID: u.ID, EmailCanonical: u.Canonical})
	case l.Asked:
		n, err = q.HoldUser(ctx, queries.HoldUserParams{Now: now, ID: u.ID})
	default:
		n, err = q.HoldVerifiedUser(ctx, queries.HoldVerifiedUserParams{Now: now, ID: u.ID, EmailCanonical: u.Canonical})
	}
	if err != nil {
		return nil, err
	}
	if n != 1 {
		return nil, fault.New(fault.CodeConflict)
	}
	switch {
	case l.CleanUp != nil:
		return empty(ctx, q, *l.CleanUp)
	case l.Asked:
		return nil, stillOpen(ctx, q, l)
	}
	all, err := q.OAuthAccountsOfUser(ctx, u.ID)
	if err == nil && slices.ContainsFunc(all, func(r queries.OauthAccount) bool { return r.Provider == l.Account.Provider }) {
		err = fault.New(fault.CodeConflict)
	}
	return nil, err
}

// empty takes away everything but the password, which is gone already, that
// opens a user's account (OA-09).
func empty(ctx context.Context, q *queries.Queries, e session.Ending) ([]session.Revocation, error) {
	for _, remove := range []func(context.Context, string) (int64, error){
		q.DeleteMFAOfUser, q.DeletePasskeysOfUser, q.DeleteBackupCodes, q.DeleteOAuthAccountsOfUser, q.ClearAttemptsOfSubject,
	} {
		if _, err := remove(ctx, e.UserID); err != nil {
			return nil, err
		}
	}
	if err := killOneTime(ctx, q, e.UserID, e.At, onetime.Attempt, onetime.EmailVerify, onetime.PasswordReset, onetime.EmailChange,
		onetime.EmailUndo, onetime.Ticket, onetime.Device, onetime.LinkTicket, onetime.OAuthState, onetime.Handover,
		onetime.PasskeyChallenge); err != nil {
		return nil, err
	}
	return endSessions(ctx, q, e)
}

// UseAccount spends a hand-over code and notes a sign-in with the account: what
// the provider says now, and its tokens where it brought any. touched is false
// when the code is spent; an account that is gone is CodeConflict.
func (s *Store) UseAccount(ctx context.Context, handover []byte, a provider.Account, t audit.Trail) (touched bool, err error) {
	err = s.write(ctx, func(q *queries.Queries) error {
		touched, err = claimHandover(ctx, q, handover, a.UpdatedAt)
		if err != nil || !touched {
			return unchanged(err)
		}
		n, err := q.UseOAuthAccount(ctx, queries.UseOAuthAccountParams{
			Email: a.Email, EmailVerified: a.EmailVerified, Now: clock.Micros(a.UpdatedAt), ID: a.ID, UserID: a.UserID,
		})
		if err != nil {
			return err
		}
		if n != 1 {
			return fault.New(fault.CodeConflict)
		}
		if err := s.setTokens(ctx, q, a); err != nil {
			return err
		}
		return s.leave(ctx, q, t)
	})
	return touched, err
}

// setTokens replaces the account's tokens; tokens that are not kept any more go.
func (s *Store) setTokens(ctx context.Context, q *queries.Queries, a provider.Account) error {
	_, err := q.SetOAuthTokens(ctx, queries.SetOAuthTokensParams{
		AccessToken:  s.sealToken(a.Tokens.Access, a.ID, a.UserID, "access_token"),
		RefreshToken: s.sealToken(a.Tokens.Refresh, a.ID, a.UserID, "refresh_token"), TokenExpiresAt: clock.Micros(a.Tokens.ExpiresAt),
		Now: clock.Micros(a.UpdatedAt), ID: a.ID,
	})
	return err
}

// RenewTokens replaces the account's tokens, if nobody has changed the account
// since the caller read it, when its UpdatedAt was read; else touched is false.
func (s *Store) RenewTokens(ctx context.Context, a provider.Account, read time.Time, t audit.Trail) (touched bool, err error) {
	err = s.write(ctx, func(q *queries.Queries) error {
		n, err := q.RenewOAuthTokens(ctx, queries.RenewOAuthTokensParams{
			AccessToken:  s.sealToken(a.Tokens.Access, a.ID, a.UserID, "access_token"),
			RefreshToken: s.sealToken(a.Tokens.Refresh, a.ID, a.UserID, "refresh_token"), TokenExpiresAt: clock.Micros(a.Tokens.ExpiresAt),
			Now: clock.Micros(a.UpdatedAt), ID: a.ID, ReadAt: clock.Micros(read),
		})
		if touched = n == 1; err != nil || !touched {
			return unchanged(err)
		}
		return s.leave(ctx, q, t)
	})
	return touched, err
}

// SpendHandover spends a hand-over code and changes nothing else. touched is
// false when it was spent before.
func (s *Store) SpendHandover(ctx context.Context, handover []byte, now time.Time, t audit.Trail) (touched bool, err error) {
	err = s.write(ctx, func(q *queries.Queries) error {
		touched, err = claimHandover(ctx, q, handover, now)
		if err != nil || !touched {
			return unchanged(err)
		}
		return s.leave(ctx, q, t)
	})
	return touched, err
}

// UnlinkAccount removes a linked account of the user and ends the sessions that
// e names, while another way to sign in remains: a password, a passkey, or an
// account of a provider in usable. Otherwise it is CodeLastSignInMethod; an account that is
// not there is CodeNotFound. The user's row is held meanwhile, so of two unlinks
// at the same instant one sees the other (OA-10).
func (s *Store) UnlinkAccount(ctx context.Context, id string, usable []string, e session.Ending, t audit.Trail) (revs []session.Revocation, err error) {
	err = s.writeFor(ctx, e.UserID, func(q *queries.Queries) error {
		n, err := q.HoldUser(ctx, queries.HoldUserParams{Now: clock.Micros(e.At), ID: e.UserID})
		if err != nil {
			return err
		}
		if n != 1 {
			return fault.New(fault.CodeNotFound)
		}
		n, err = q.DeleteOAuthAccount(ctx, queries.DeleteOAuthAccountParams{ID: id, UserID: e.UserID})
		if err != nil {
			return err
		}
		if n != 1 {
			return fault.New(fault.CodeNotFound)
		}
		left, err := canSignIn(ctx, q, e.UserID, usable)
		if err != nil {
			return err
		}
		if !left {
			return fault.New(fault.CodeLastSignInMethod)
		}
		if revs, err = endSessions(ctx, q, e); err != nil {
			return err
		}
		return s.leave(ctx, q, t)
	})
	return revs, err
}

// canSignIn reports whether the user has a way to begin a sign-in: a password, a
// passkey that checks its user, or an account of a provider in usable.
func canSignIn(ctx context.Context, q *queries.Queries, userID string, usable []string) (bool, error) {
	u, err := q.UserByID(ctx, userID)
	if err != nil || u.PasswordHash != "" {
		return err == nil, err
	}
	keys, err := q.PasskeysOfUser(ctx, userID)
	if err != nil || slices.ContainsFunc(keys, func(r queries.WebauthnCredential) bool { return r.UvInitialized }) {
		return err == nil, err
	}
	all, err := q.OAuthAccountsOfUser(ctx, userID)
	return slices.ContainsFunc(all, func(r queries.OauthAccount) bool { return slices.Contains(usable, r.Provider) }), err
}
