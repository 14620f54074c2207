package store

import (
	"context"

	"github.com/sallyport/sallyport/internal/audit"
	"github.com/sallyport/sallyport/internal/clock"
	"github.com/sallyport/sallyport/internal/store/queries"
	"github.com/sallyport/sallyport/internal/token"
)

// SigningKeys returns every signing key that is kept, oldest first, with the
// private parts opened.
func (s *Store) SigningKeys(ctx context.Context) ([]token.Key, error) {
	rows, err := s.read().SigningKeys(ctx)
	if err != nil {
		return nil, err
	}
	out := make([]token.Key, 0, len(rows))
	for _, r := range rows {
		der, err := s.seal.Open(r.PrivateKey, "signing_keys", r.ID, "private_key")
		if err != nil {
			return nil, err
		}
		k, err := token.ParsePrivate(r.ID, r.Alg, der)
		if err != nil {
			return nil, err
		}
		k.CreatedAt, k.ActiveFrom, k.RetiresAt = clock.FromMicros(r.CreatedAt), clock.FromMicros(r.ActiveFrom), clock.FromMicros(r.RetiresAt)
		out = append(out, k)
	}
	return out, nil
}

// ApplyRotation adds the new key of a rotation and sets when older ones retire.
// Retired keys are removed by Sweep, when no token of theirs can be alive.
func (s *Store) ApplyRotation(ctx context.Context, r token.Rotation, t audit.Trail) error {
	return s.write(ctx, func(q *queries.Queries) error {
		if r.New != nil {
			if err := s.insertKey(ctx, q, *r.New); err != nil {
				return err
			}
		}
		for id, at := range r.Retire {
			if _, err := q.RetireSigningKey(ctx, queries.RetireSigningKeyParams{RetiresAt: clock.Micros(at), ID: id}); err != nil {
				return err
			}
		}
		return s.leave(ctx, q, t)
	})
}

func (s *Store) insertKey(ctx context.Context, q *queries.Queries, k token.Key) error {
	der, err := token.MarshalPrivate(k)
	if err != nil {
		return err
	}
	return q.InsertSigningKey(ctx, queries.InsertSigningKeyParams{
		ID: k.ID, Alg: k.Alg, PrivateKey: s.seal.Seal(der, "signing_keys", k.ID, "private_key"),
		CreatedAt: clock.Micros(k.CreatedAt), ActiveFrom: clock.Micros(k.ActiveFrom), RetiresAt: clock.Micros(k.RetiresAt),
	})
}
