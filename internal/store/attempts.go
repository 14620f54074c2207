package store

import (
	"context"
	"database/sql"
	"encoding/base64"
	"errors"
	"time"

	"github.com/sallyport/sallyport/internal/clock"
	"github.com/sallyport/sallyport/internal/proof"
	"github.com/sallyport/sallyport/internal/signin"
	"github.com/sallyport/sallyport/internal/store/queries"
)

// countingLimit bounds counting and writing down a try whose request has gone
// away.
const countingLimit = 5 * time.Second

// row names a row whose key is a hash, for the sealer's binding.
func row(hash []byte) string { return base64.RawURLEncoding.EncodeToString(hash) }

// CountAttempt counts one try of a factor before it is compared (RL-04) and
// tells whether it may be compared at all. The count stands even when the
// request is cancelled or panics afterwards (RL-03). curve gives the delay that
// follows the nth failure in a row.
func (s *Store) CountAttempt(ctx context.Context, subject string, m proof.Method, now time.Time, curve signin.Curve) (c signin.Count, err error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), countingLimit)
	defer cancel()
	err = s.write(ctx, func(q *queries.Queries) error {
		if err := q.StartCounter(ctx, queries.StartCounterParams{Subject: subject, Factor: string(m), Now: clock.Micros(now)}); err != nil {
			return err
		}
		n, err := q.CountAttempt(ctx, queries.CountAttemptParams{
			Now: clock.Micros(now), Subject: subject, Factor: string(m), HardLimit: int64(curve.Hard),
		})
		if errors.Is(err, sql.ErrNoRows) {
			return s.refused(ctx, q, subject, m, curve, &c)
		}
		if err != nil {
			return err
		}
		c = signin.Count{Evaluate: true, Failures: int(n)}
		if d := curve.Delay(int(n)); d > 0 {
			c.LockedUntil = now.Add(d)
			return q.LockAttempts(ctx, queries.LockAttemptsParams{LockedUntil: clock.Micros(c.LockedUntil), Subject: subject, Factor: string(m)})
		}
		return nil
	})
	return c, err
}

func (s *Store) refused(ctx context.Context, q *queries.Queries, subject string, m proof.Method, curve signin.Curve, c *signin.Count) error {
	r, err := q.AttemptCounter(ctx, queries.AttemptCounterParams{Subject: subject, Factor: string(m)})
	if err != nil {
		return err
	}
	*c = signin.Count{Failures: int(r.Failures), LockedUntil: clock.FromMicros(r.LockedUntil), Hard: r.Failures >= int64(curve.Hard)}
	return nil
}

// Counters returns the factors of a subject that have failed since they last
// passed, by name.
func (s *Store) Counters(ctx context.Context, subject string, now time.Time, curve signin.Curve) ([]signin.Counter, error) {
	rows, err := s.read().AttemptCountersOfSubject(ctx, subject)
	if err != nil {
		return nil, err
	}
	out := make([]signin.Counter, 0, len(rows))
	for _, r := range rows {
		c := signin.Counter{Factor: proof.Method(r.Factor), Failures: int(r.Failures), Hard: r.Failures >= int64(curve.Hard)}
		if until := clock.FromMicros(r.LockedUntil); until.After(now) {
			c.LockedUntil = until
		}
		out = append(out, c)
	}
	return out, nil
}

// ClearAttempts forgets the failures of one factor after its success, and no
// other's (RL-05). It returns how many there were.
func (s *Store) ClearAttempts(ctx context.Context, subject string, m proof.Method) error {
	return s.write(ctx, func(q *queries.Queries) error {
		_, err := q.ClearAttempts(ctx, queries.ClearAttemptsParams{Subject: subject, Factor: string(m)})
		return err
	})
}
