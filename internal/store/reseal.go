package store

import (
	"context"

	"github.com/sallyport/sallyport/internal/audit"
	"github.com/sallyport/sallyport/internal/store/queries"
)

// Resealed counts sealed values by what became of them.
type Resealed struct {
	Done   int // sealed anew under the first key
	Fresh  int // were under it already
	Broken int // do not open: damaged, or under a key that is not on the list
}

// resealBatch bounds one transaction, so that nobody waits long for it.
const resealBatch = 200

// sealedValue is one value of a sealed column, and how it is replaced: only where
// it is still what was read, so a change that comes in between wins.
type sealedValue struct {
	sealed             []byte
	table, row, column string
	put                func(ctx context.Context, q *queries.Queries, fresh []byte) (int64, error)
}

// Reseal seals every value anew that is not under the first key, while others
// work (OP-03). Each batch is a transaction of its own: what is cut short is done
// as far as it came, and can be begun again. The trail is left at the end.
func (s *Store) Reseal(ctx context.Context, t audit.Trail) (r Resealed, err error) {
	for _, column := range []func(ctx context.Context, each func([]sealedValue) error) error{
		s.sealedSecrets, s.sealedKeys, s.sealedMessages, s.sealedTokens, s.sealedSuccessors,
	} {
		if err := column(ctx, func(page []sealedValue) error { return s.resealPage(ctx, page, &r) }); err != nil {
			return r, err
		}
	}
	return r, s.Record(ctx, t)
}

func (s *Store) resealPage(ctx context.Context, page []sealedValue, r *Resealed) error {
	var stale []sealedValue
	for _, v := range page {
		if s.seal.Stale(v.sealed) {
			stale = append(stale, v)
		} else {
			r.Fresh++
		}
	}
	if len(stale) == 0 {
		return nil
	}
	done, broken := 0, 0
	err := s.write(ctx, func(q *queries.Queries) error {
		done, broken = 0, 0
		for _, v := range stale {
			plain, err := s.seal.Open(v.sealed, v.table, v.row, v.column)
			if err != nil {
				broken++
				continue
			}
			n, err := v.put(ctx, q, s.seal.Seal(plain, v.table, v.row, v.column))
			if err != nil {
				return err
			}
			done += int(n)
		}
		return nil
	})
	if err == nil {
		r.Done, r.Broken = r.Done+done, r.Broken+broken
	}
	return err
}

// inPages reads a column page by page: read returns the values behind a place, the
// place where they end, and how many rows there were.
func inPages[P any](read func(after P) (page []sealedValue, last P, rows int, err error), each func([]sealedValue) error) error {
	var after P
	for {
		page, last, rows, err := read(after)
		if err != nil || rows == 0 {
			return err
		}
		if err := each(page); err != nil {
			return err
		}
		after = last
	}
}

func (s *Store) sealedSecrets(ctx context.Context, each func([]sealedValue) error) error {
	return inPages(func(after string) (page []sealedValue, last string, n int, err error) {
		rows, err := s.read().SealedSecrets(ctx, queries.SealedSecretsParams{After: after, Page: resealBatch})
		for _, r := range rows {
			last = r.ID
			page = append(page, sealedValue{r.Secret, "user_mfa", r.ID + "/" + r.UserID, "secret", func(ctx context.Context, q *queries.Queries, fresh []byte) (int64, error) {
				return q.ResealSecret(ctx, queries.ResealSecretParams{Sealed: fresh, ID: r.ID, Old: r.Secret})
			}})
		}
		return page, last, len(rows), err
	}, each)
}

func (s *Store) sealedKeys(ctx context.Context, each func([]sealedValue) error) error {
	return inPages(func(after string) (page []sealedValue, last string, n int, err error) {
		rows, err := s.read().SealedKeys(ctx, queries.SealedKeysParams{After: after, Page: resealBatch})
		for _, r := range rows {
			last = r.ID
			page = append(page, sealedValue{r.PrivateKey, "signing_keys", r.ID, "private_key", func(ctx context.Context, q *queries.Queries, fresh []byte) (int64, error) {
				return q.ResealKey(ctx, queries.ResealKeyParams{Sealed: fresh, ID: r.ID, Old: r.PrivateKey})
			}})
		}
		return page, last, len(rows), err
	}, each)
}

func (s *Store) sealedMessages(ctx context.Context, each func([]sealedValue) error) error {
	return inPages(func(after string) (page []sealedValue, last string, n int, err error) {
		rows, err := s.read().SealedMessages(ctx, queries.SealedMessagesParams{After: after, Page: resealBatch})
		for _, r := range rows {
			last = r.ID
			page = append(page, sealedValue{r.Content, "outbox", r.ID, "content", func(ctx context.Context, q *queries.Queries, fresh []byte) (int64, error) {
				return q.ResealMessage(ctx, queries.ResealMessageParams{Sealed: fresh, ID: r.ID, Old: r.Content})
			}})
		}
		return page, last, len(rows), err
	}, each)
}

func (s *Store) sealedTokens(ctx context.Context, each func([]sealedValue) error) error {
	return inPages(func(after string) (page []sealedValue, last string, n int, err error) {
		rows, err := s.read().SealedTokens(ctx, queries.SealedTokensParams{After: after, Page: resealBatch})
		for _, r := range rows {
			last = r.ID
			place := oauthPlace(r.ID, r.UserID)
			if len(r.AccessToken) > 0 {
				page = append(page, sealedValue{r.AccessToken, "oauth_accounts", place, "access_token", func(ctx context.Context, q *queries.Queries, fresh []byte) (int64, error) {
					return q.ResealAccessToken(ctx, queries.ResealAccessTokenParams{Sealed: fresh, ID: r.ID, Old: r.AccessToken})
				}})
			}
			if len(r.RefreshToken) > 0 {
				page = append(page, sealedValue{r.RefreshToken, "oauth_accounts", place, "refresh_token", func(ctx context.Context, q *queries.Queries, fresh []byte) (int64, error) {
					return q.ResealRefreshToken(ctx, queries.ResealRefreshTokenParams{Sealed: fresh, ID: r.ID, Old: r.RefreshToken})
				}})
			}
		}
		return page, last, len(rows), err
	}, each)
}

func (s *Store) sealedSuccessors(ctx context.Context, each func([]sealedValue) error) error {
	return inPages(func(after []byte) (page []sealedValue, last []byte, n int, err error) {
		if after == nil {
			after = []byte{}
		}
		rows, err := s.read().SealedSuccessors(ctx, queries.SealedSuccessorsParams{After: after, Page: resealBatch})
		for _, r := range rows {
			last = r.Hash
			page = append(page, sealedValue{r.Successor, "refresh_tokens", row(r.Hash), "successor", func(ctx context.Context, q *queries.Queries, fresh []byte) (int64, error) {
				return q.ResealSuccessor(ctx, queries.ResealSuccessorParams{Sealed: fresh, Hash: r.Hash, Old: r.Successor})
			}})
		}
		return page, last, len(rows), err
	}, each)
}
