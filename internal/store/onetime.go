package store

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"github.com/sallyport/sallyport/internal/audit"
	"github.com/sallyport/sallyport/internal/clock"
	"github.com/sallyport/sallyport/internal/onetime"
	"github.com/sallyport/sallyport/internal/store/queries"
)

func oneTimeOf(r queries.OneTimeToken) onetime.Token {
	return onetime.Token{
		Kind: onetime.Kind(r.Kind), Hash: r.Hash, UserID: r.UserID, SessionID: r.SessionID, Data: r.Data,
		TriesLeft: int(r.TriesLeft), CreatedAt: clock.FromMicros(r.CreatedAt), ExpiresAt: clock.FromMicros(r.ExpiresAt),
	}
}

// IssueOneTime stores a token.
func (s *Store) IssueOneTime(ctx context.Context, tok onetime.Token, t audit.Trail) error {
	return s.write(ctx, func(q *queries.Queries) error {
		if err := insertOneTime(ctx, q, tok); err != nil {
			return err
		}
		return s.leave(ctx, q, t)
	})
}

// ReplaceOneTime stores a token and kills the user's older ones of its kind. more
// are stored beside the older ones of theirs.
func (s *Store) ReplaceOneTime(ctx context.Context, tok onetime.Token, t audit.Trail, more ...onetime.Token) error {
	return s.writeFor(ctx, tok.UserID, func(q *queries.Queries) error {
		if err := replaceOneTime(ctx, q, tok); err != nil {
			return err
		}
		for _, tok := range more {
			if err := insertOneTime(ctx, q, tok); err != nil {
				return err
			}
		}
		return s.leave(ctx, q, t)
	})
}

// ReplaceSetup stores a setup token and kills every older one.
func (s *Store) ReplaceSetup(ctx context.Context, tok onetime.Token, t audit.Trail) error {
	return s.write(ctx, func(q *queries.Queries) error {
		if _, err := q.KillOneTimeOfKind(ctx, queries.KillOneTimeOfKindParams{Now: clock.Micros(tok.CreatedAt), Kind: string(tok.Kind)}); err != nil {
			return err
		}
		if err := insertOneTime(ctx, q, tok); err != nil {
			return err
		}
		return s.leave(ctx, q, t)
	})
}

// FindOneTime returns a live token without spending it, or CodeNotFound.
func (s *Store) FindOneTime(ctx context.Context, kind onetime.Kind, hash []byte, now time.Time) (onetime.Token, error) {
	r, err := s.read().OneTimeByHash(ctx, queries.OneTimeByHashParams{Kind: string(kind), Hash: hash, Now: clock.Micros(now)})
	return oneTimeOf(r), absent(err)
}

// ClaimOneTime spends a token and returns it; of any number of callers exactly
// one succeeds, the others get CodeNotFound.
func (s *Store) ClaimOneTime(ctx context.Context, kind onetime.Kind, hash []byte, now time.Time) (tok onetime.Token, err error) {
	err = s.write(ctx, func(q *queries.Queries) error {
		r, err := q.ClaimOneTime(ctx, queries.ClaimOneTimeParams{Now: clock.Micros(now), Kind: string(kind), Hash: hash})
		tok = oneTimeOf(r)
		return absent(err)
	})
	return tok, err
}

// RevokeOneTime makes a token useless. touched is false when it was spent,
// expired or never there.
func (s *Store) RevokeOneTime(ctx context.Context, kind onetime.Kind, hash []byte, now time.Time, t audit.Trail) (touched bool, err error) {
	err = s.write(ctx, func(q *queries.Queries) error {
		if touched, err = claim(ctx, q, kind, hash, now); err != nil || !touched {
			return unchanged(err)
		}
		return s.leave(ctx, q, t)
	})
	return touched, err
}

// SpendTry takes one try from a token and returns what is left of it, or
// CodeNotFound when it has none, is spent or has expired. It is counted whatever
// becomes of the request (RL-03).
func (s *Store) SpendTry(ctx context.Context, kind onetime.Kind, hash []byte, now time.Time) (tok onetime.Token, err error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), countingLimit)
	defer cancel()
	err = s.write(ctx, func(q *queries.Queries) error {
		r, err := q.SpendTry(ctx, queries.SpendTryParams{Now: clock.Micros(now), Kind: string(kind), Hash: hash})
		tok = oneTimeOf(r)
		return absent(err)
	})
	return tok, err
}

// UpdateOneTime replaces what a live token holds if it still holds what the
// caller read. touched is false when somebody was faster or it is spent.
func (s *Store) UpdateOneTime(ctx context.Context, tok onetime.Token, data []byte, now time.Time, t audit.Trail) (touched bool, err error) {
	err = s.write(ctx, func(q *queries.Queries) error {
		n, err := q.ReplaceOneTimeData(ctx, queries.ReplaceOneTimeDataParams{
			Data: data, UserID: tok.UserID, Kind: string(tok.Kind), Hash: tok.Hash, Now: clock.Micros(now), OldData: tok.Data,
		})
		if touched = n == 1; err != nil || !touched {
			return unchanged(err)
		}
		return s.leave(ctx, q, t)
	})
	return touched, err
}

func insertOneTime(ctx context.Context, q *queries.Queries, t onetime.Token) error {
	data := t.Data
	if data == nil {
		data = []byte("{}")
	}
	return q.InsertOneTime(ctx, queries.InsertOneTimeParams{
		Kind: string(t.Kind), Hash: t.Hash, UserID: t.UserID, SessionID: t.SessionID, Data: data,
		TriesLeft: int64(t.TriesLeft), CreatedAt: clock.Micros(t.CreatedAt), ExpiresAt: clock.Micros(t.ExpiresAt),
	})
}

func replaceOneTime(ctx context.Context, q *queries.Queries, t onetime.Token) error {
	if err := killOneTime(ctx, q, t.UserID, t.CreatedAt, t.Kind); err != nil {
		return err
	}
	return insertOneTime(ctx, q, t)
}

// claim spends a token inside a larger transaction.
func claim(ctx context.Context, q *queries.Queries, kind onetime.Kind, hash []byte, now time.Time) (bool, error) {
	_, err := q.ClaimOneTime(ctx, queries.ClaimOneTimeParams{Now: clock.Micros(now), Kind: string(kind), Hash: hash})
	if errors.Is(err, sql.ErrNoRows) {
		return false, nil
	}
	return err == nil, err
}

// killOneTime makes the user's live tokens of these kinds useless.
func killOneTime(ctx context.Context, q *queries.Queries, userID string, now time.Time, kinds ...onetime.Kind) error {
	for _, k := range kinds {
		if _, err := q.KillOneTimeOfUser(ctx, queries.KillOneTimeOfUserParams{
			Now: clock.Micros(now), UserID: userID, Kind: string(k),
		}); err != nil {
			return err
		}
	}
	return nil
}
