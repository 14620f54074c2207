package store

import (
	"context"
	"time"

	"github.com/sallyport/sallyport/internal/clock"
	"github.com/sallyport/sallyport/internal/store/queries"
)

// Swept counts what one Sweep removed.
type Swept struct {
	OneTime, Refresh, Sessions, Revocations, Enrolments, Keys, Attempts, Sends, Samples int
}

// sweepBatch bounds one transaction of retention, so that nobody waits long for
// it.
const sweepBatch = 500

// keepSends is how long sends of SMS codes are kept: twice the longest window of
// a budget.
const keepSends = 48 * time.Hour

// keepSamples is how far back the charts of administrators reach.
const keepSamples = 8 * 24 * time.Hour

// Sweep removes what nothing can need any more at now: expired single-use rows
// and refresh tokens, sessions past their end (kept a while for the list of
// events), revocations of dead tokens (kept as long, for a clock that is set back
// makes their tokens live again), lapsed enrolments, retired keys, old sends
// of SMS codes, samples that no chart shows, and the counters of addresses that
// nobody has, once they rest. Successors outside the grace window are forgotten
// first. Each batch is a transaction of its own: a Sweep that is cut short has done
// a part, and the next one does the rest.
//
// The counters of users stay, however old: a factor's failures in a row go back
// to zero by its success alone (RL-01), and there are no more of them than users
// have factors. Those of made-up addresses would grow for ever (RL-12).
func (s *Store) Sweep(ctx context.Context, now time.Time, grace, keep time.Duration) (w Swept, err error) {
	at, old := clock.Micros(now), clock.Micros(now.Add(-keep))
	var successors int
	for _, step := range []struct {
		count *int
		batch func(context.Context, *queries.Queries) (int64, error)
	}{
		{&successors, func(ctx context.Context, q *queries.Queries) (int64, error) {
			return q.ForgetSuccessors(ctx, queries.ForgetSuccessorsParams{Before: clock.Micros(now.Add(-grace)), Batch: sweepBatch})
		}},
		{&w.OneTime, func(ctx context.Context, q *queries.Queries) (int64, error) {
			return q.DeleteOneTimeBefore(ctx, queries.DeleteOneTimeBeforeParams{Before: old, Batch: sweepBatch})
		}},
		{&w.Refresh, func(ctx context.Context, q *queries.Queries) (int64, error) {
			return q.DeleteRefreshBefore(ctx, queries.DeleteRefreshBeforeParams{Before: old, Batch: sweepBatch})
		}},
		{&w.Sessions, func(ctx context.Context, q *queries.Queries) (int64, error) {
			return q.DeleteSessionsBefore(ctx, queries.DeleteSessionsBeforeParams{Before: old, Batch: sweepBatch})
		}},
		{&w.Revocations, func(ctx context.Context, q *queries.Queries) (int64, error) {
			return q.DeleteRevocationsBefore(ctx, queries.DeleteRevocationsBeforeParams{Before: old, Batch: sweepBatch})
		}},
		{&w.Enrolments, func(ctx context.Context, q *queries.Queries) (int64, error) {
			return q.DeletePendingMFABefore(ctx, queries.DeletePendingMFABeforeParams{Before: at, Batch: sweepBatch})
		}},
		{&w.Keys, func(ctx context.Context, q *queries.Queries) (int64, error) {
			return q.DeleteSigningKeysBefore(ctx, old)
		}},
		{&w.Attempts, func(ctx context.Context, q *queries.Queries) (int64, error) {
			return q.DeleteAttemptsOfNobody(ctx, queries.DeleteAttemptsOfNobodyParams{Before: old, Now: at, Batch: sweepBatch})
		}},
		{&w.Sends, func(ctx context.Context, q *queries.Queries) (int64, error) {
			return q.DeleteSendsBefore(ctx, queries.DeleteSendsBeforeParams{Before: clock.Micros(now.Add(-keepSends)), Batch: sweepBatch})
		}},
		{&w.Samples, func(ctx context.Context, q *queries.Queries) (int64, error) {
			return q.DeleteSamplesBefore(ctx, queries.DeleteSamplesBeforeParams{Before: clock.Micros(now.Add(-keepSamples)), Batch: sweepBatch})
		}},
	} {
		if *step.count, err = s.inBatches(ctx, step.batch); err != nil {
			return w, err
		}
	}
	return w, nil
}

// inBatches runs batch, each time in a transaction of its own, until one did
// less than a whole batch, and adds up what they did.
func (s *Store) inBatches(ctx context.Context, batch func(context.Context, *queries.Queries) (int64, error)) (total int, err error) {
	for {
		var n int64
		err := s.write(ctx, func(q *queries.Queries) (err error) {
			n, err = batch(ctx, q)
			return err
		})
		if err != nil {
			return total, err
		}
		if total += int(n); n < sweepBatch {
			return total, nil
		}
	}
}
