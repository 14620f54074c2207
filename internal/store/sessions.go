package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/sallyport/sallyport/internal/audit"
	"github.com/sallyport/sallyport/internal/clock"
	"github.com/sallyport/sallyport/internal/ident"
	"github.com/sallyport/sallyport/internal/onetime"
	"github.com/sallyport/sallyport/internal/proof"
	"github.com/sallyport/sallyport/internal/session"
	"github.com/sallyport/sallyport/internal/store/queries"
)

func sessionOf(r queries.Session) (session.Session, error) {
	s := session.Session{
		ID: r.ID, UserID: r.UserID, Level: proof.Level(r.Aal), Delivery: session.Delivery(r.Client), IP: r.Ip,
		UserAgent: r.UserAgent, CreatedAt: clock.FromMicros(r.CreatedAt), LastSeenAt: clock.FromMicros(r.LastSeenAt),
		ExpiresAt: clock.FromMicros(r.ExpiresAt), EndedAt: clock.FromMicros(r.EndedAt), EndReason: r.EndReason,
	}
	if err := json.Unmarshal([]byte(r.Proofs), &s.Proofs); err != nil {
		return s, fmt.Errorf("store: the proofs of session %s: %w", r.ID, err)
	}
	return s, nil
}

// OpenSession adds a session with its first refresh token. The sign-in that led
// here is spent in the same transaction, so one sign-in opens at most one
// session. touched is false, and nothing is written, when that sign-in is spent,
// killed or expired, the password was set anew meanwhile, or the user is locked
// or gone.
func (s *Store) OpenSession(ctx context.Context, n session.Session, r session.Refresh, b session.Basis, t audit.Trail) (touched bool, err error) {
	proofs, err := json.Marshal(n.Proofs)
	if err != nil {
		return false, err
	}
	err = s.write(ctx, func(q *queries.Queries) error {
		// This also holds the user's row: what ends all sessions ends this one too,
		// or locks its user out before it is opened.
		active, err := q.TouchLogin(ctx, queries.TouchLoginParams{
			Now: clock.Micros(n.CreatedAt), ID: n.UserID, PasswordSetAt: clock.Micros(b.PasswordSetAt),
		})
		if touched = active == 1; err != nil || !touched {
			return unchanged(err)
		}
		if b.Attempt != nil {
			if touched, err = claim(ctx, q, onetime.Attempt, b.Attempt, n.CreatedAt); err != nil || !touched {
				return unchanged(err)
			}
		}
		if err := q.InsertSession(ctx, queries.InsertSessionParams{
			ID: n.ID, UserID: n.UserID, Aal: int64(n.Level), Proofs: string(proofs), Client: string(n.Delivery),
			Ip: n.IP, UserAgent: n.UserAgent, CreatedAt: clock.Micros(n.CreatedAt), ExpiresAt: clock.Micros(n.ExpiresAt),
		}); err != nil {
			return err
		}
		if err := insertRefresh(ctx, q, r); err != nil {
			return err
		}
		if provesPassword(n) {
			if err := q.TrustPassword(ctx, n.UserID); err != nil {
				return err
			}
		}
		return s.leave(ctx, q, t)
	})
	return touched, err
}

// provesPassword reports whether whoever opens this session knows the password and
// holds another factor too. One that was opened without the password says nothing
// of whoever set it.
func provesPassword(n session.Session) bool {
	return n.Level >= proof.AAL2 && slices.ContainsFunc(n.Proofs, func(p proof.Proof) bool { return p.Method == proof.Password })
}

func insertRefresh(ctx context.Context, q *queries.Queries, r session.Refresh) error {
	return q.InsertRefresh(ctx, queries.InsertRefreshParams{
		Hash: r.Hash, SessionID: r.SessionID, Binding: r.Binding,
		CreatedAt: clock.Micros(r.CreatedAt), ExpiresAt: clock.Micros(r.ExpiresAt),
	})
}

// FindRefresh returns the refresh token of that hash with its session and
// holder, spent or not, or CodeNotFound.
func (s *Store) FindRefresh(ctx context.Context, hash []byte) (session.Found, error) {
	r, err := s.read().RefreshByHash(ctx, hash)
	if err != nil {
		return session.Found{}, absent(err)
	}
	t := r.RefreshToken
	f := session.Found{
		Refresh: session.Refresh{
			Hash: t.Hash, SessionID: t.SessionID, Binding: t.Binding, CreatedAt: clock.FromMicros(t.CreatedAt),
			ExpiresAt: clock.FromMicros(t.ExpiresAt), UsedAt: clock.FromMicros(t.UsedAt), GraceAt: clock.FromMicros(t.GraceUsedAt),
		},
		Holder: session.Holder{
			ID: r.User.ID, Email: r.User.Email, EmailVerified: r.User.EmailVerifiedAt > 0,
			Role: r.User.Role, Disabled: r.User.DisabledAt > 0,
		},
	}
	if len(t.Successor) > 0 {
		plain, err := s.seal.Open(t.Successor, "refresh_tokens", row(t.Hash), "successor")
		if err != nil {
			return session.Found{}, err
		}
		f.Refresh.Successor = string(plain)
	}
	f.Session, err = sessionOf(r.Session)
	return f, err
}

// RotateRefresh spends a refresh token and adds its successor. touched is false,
// and nothing is written, when the token was spent meanwhile or the session has
// ended: of any number of callers exactly one rotates (TK-08).
func (s *Store) RotateRefresh(ctx context.Context, spent []byte, next session.Refresh, successor string, t audit.Trail) (touched bool, err error) {
	now := clock.Micros(next.CreatedAt)
	var sealed []byte
	if successor != "" {
		sealed = s.seal.Seal([]byte(successor), "refresh_tokens", row(spent), "successor")
	}
	err = s.write(ctx, func(q *queries.Queries) error {
		// The session's row first, as every change that ends sessions takes it: an
		// end that commits while this waits for the row wins. Both are asked at once.
		session, err := q.TouchSession(ctx, queries.TouchSessionParams{Now: now, ID: next.SessionID})
		if err != nil {
			return err
		}
		token, err := q.SpendRefresh(ctx, queries.SpendRefreshParams{Now: now, Successor: sealed, Hash: spent})
		if err != nil {
			return err
		}
		if touched, err = both(session, token); err != nil || !touched {
			return unchanged(err)
		}
		if err := insertRefresh(ctx, q, next); err != nil {
			return err
		}
		return s.leave(ctx, q, t)
	})
	return touched, err
}

// both reports whether each of two statements touched exactly one row.
func both(a, b sql.Result) (bool, error) {
	n, err := a.RowsAffected()
	if err != nil || n != 1 {
		return false, err
	}
	n, err = b.RowsAffected()
	return n == 1, err
}

// SpendGrace takes the one grace answer of a token that was spent after
// usedAfter. touched is false when it was given already, the window is over or
// the session has ended.
func (s *Store) SpendGrace(ctx context.Context, hash []byte, usedAfter, now time.Time) (touched bool, err error) {
	err = s.write(ctx, func(q *queries.Queries) error {
		n, err := q.SpendGrace(ctx, queries.SpendGraceParams{Now: clock.Micros(now), Hash: hash, UsedAfter: clock.Micros(usedAfter)})
		touched = n == 1
		return err
	})
	return touched, err
}

// SessionByID returns a session, ended or not, or CodeNotFound.
func (s *Store) SessionByID(ctx context.Context, id string) (session.Session, error) {
	r, err := s.read().SessionByID(ctx, id)
	if err != nil {
		return session.Session{}, absent(err)
	}
	return sessionOf(r)
}

// SessionsOfUser returns the user's open sessions, oldest first.
func (s *Store) SessionsOfUser(ctx context.Context, userID string, now time.Time) ([]session.Session, error) {
	rows, err := s.read().SessionsOfUser(ctx, queries.SessionsOfUserParams{UserID: userID, Now: clock.Micros(now)})
	if err != nil {
		return nil, err
	}
	out := make([]session.Session, 0, len(rows))
	for _, r := range rows {
		one, err := sessionOf(r)
		if err != nil {
			return nil, err
		}
		out = append(out, one)
	}
	return out, nil
}

// RaiseSession replaces what was proved in a session, if it still holds the
// proofs the caller read. touched is false when another step-up was faster or
// the session has ended.
func (s *Store) RaiseSession(ctx context.Context, old session.Session, level proof.Level, proofs []proof.Proof, now time.Time, t audit.Trail) (touched bool, err error) {
	before, err := json.Marshal(old.Proofs)
	if err != nil {
		return false, err
	}
	after, err := json.Marshal(proofs)
	if err != nil {
		return false, err
	}
	err = s.write(ctx, func(q *queries.Queries) error {
		n, err := q.RaiseSession(ctx, queries.RaiseSessionParams{
			Aal: int64(level), Proofs: string(after), Now: clock.Micros(now), ID: old.ID, UserID: old.UserID, OldProofs: string(before),
		})
		if touched = n == 1; err != nil || !touched {
			return unchanged(err)
		}
		return s.leave(ctx, q, t)
	})
	return touched, err
}

// EndSessions ends the sessions that e names and returns the revocations that
// take their tokens back; none when there was nothing to end.
func (s *Store) EndSessions(ctx context.Context, e session.Ending, t audit.Trail) (revs []session.Revocation, err error) {
	err = s.writeFor(ctx, e.UserID, func(q *queries.Queries) error {
		if revs, err = endSessions(ctx, q, e); err != nil || len(revs) == 0 {
			return err
		}
		return s.leave(ctx, q, t)
	})
	return revs, err
}

// endSessions marks sessions as ended and writes one revocation each, inside the
// caller's transaction.
func endSessions(ctx context.Context, q *queries.Queries, e session.Ending) ([]session.Revocation, error) {
	var ids []string
	if e.SessionID != "" {
		n, err := q.EndSession(ctx, queries.EndSessionParams{Now: clock.Micros(e.At), Reason: e.Reason, ID: e.SessionID, UserID: e.UserID})
		if err != nil || n == 0 {
			return nil, err
		}
		ids = []string{e.SessionID}
	} else {
		var err error
		ids, err = q.EndSessionsOfUser(ctx, queries.EndSessionsOfUserParams{Now: clock.Micros(e.At), Reason: e.Reason, UserID: e.UserID, ExceptID: e.ExceptID})
		if err != nil {
			return nil, err
		}
	}
	revs := make([]session.Revocation, 0, len(ids))
	for _, id := range ids {
		r := revocation(session.RevokedSession, id, e)
		if err := insertRevocation(ctx, q, r); err != nil {
			return nil, err
		}
		revs = append(revs, r)
	}
	return revs, nil
}

func revocation(kind session.RevocationKind, value string, e session.Ending) session.Revocation {
	return session.Revocation{ID: ident.New(), Kind: kind, Value: value, Reason: e.Reason, At: e.At, ExpiresAt: e.TokensDieAt}
}

func insertRevocation(ctx context.Context, q *queries.Queries, r session.Revocation) error {
	return q.InsertRevocation(ctx, queries.InsertRevocationParams{
		ID: r.ID, Kind: string(r.Kind), Value: r.Value, NotBefore: clock.Micros(r.NotBefore), Reason: r.Reason,
		CreatedAt: clock.Micros(r.At), ExpiresAt: clock.Micros(r.ExpiresAt),
	})
}

// RevokeToken takes one access token back by its jti.
func (s *Store) RevokeToken(ctx context.Context, r session.Revocation, t audit.Trail) error {
	return s.write(ctx, func(q *queries.Queries) error {
		if err := insertRevocation(ctx, q, r); err != nil {
			return err
		}
		return s.leave(ctx, q, t)
	})
}

// RevocationsSince returns the live revocations written at or after since.
func (s *Store) RevocationsSince(ctx context.Context, since, now time.Time) ([]session.Revocation, error) {
	rows, err := s.read().RevocationsSince(ctx, queries.RevocationsSinceParams{Since: clock.Micros(since), Now: clock.Micros(now)})
	if err != nil {
		return nil, err
	}
	out := make([]session.Revocation, 0, len(rows))
	for _, r := range rows {
		out = append(out, session.Revocation{
			ID: r.ID, Kind: session.RevocationKind(r.Kind), Value: r.Value, NotBefore: clock.FromMicros(r.NotBefore),
			Reason: r.Reason, At: clock.FromMicros(r.CreatedAt), ExpiresAt: clock.FromMicros(r.ExpiresAt),
		})
	}
	return out, nil
}

// OpenSessions returns up to limit open sessions of all users before that id
// (empty: the newest), newest first.
func (s *Store) OpenSessions(ctx context.Context, before string, now time.Time, limit int) ([]session.Held, error) {
	if before == "" {
		before = newestID
	}
	rows, err := s.read().OpenSessions(ctx, queries.OpenSessionsParams{Before: before, Now: clock.Micros(now), Page: int64(limit)})
	if err != nil {
		return nil, err
	}
	out := make([]session.Held, 0, len(rows))
	for _, r := range rows {
		n, err := sessionOf(r.Session)
		if err != nil {
			return nil, err
		}
		out = append(out, session.Held{Session: n, Email: r.Email})
	}
	return out, nil
}
