package store

import (
	"context"
	"time"

	"github.com/sallyport/sallyport/internal/clock"
	"github.com/sallyport/sallyport/internal/store/queries"
)

// Swept counts what one Sweep removed.
type Swept struct {
	OneTime, Refresh, Sessions, Revocations, Enrolments, Keys, Sends int
}

// keepSends is how long sends of SMS codes are kept: twice the longest window of
// a budget.
const keepSends = 48 * time.Hour

// Sweep removes what nothing can need any more at now: expired single-use rows
// and refresh tokens, sessions past their end (kept a while for the list of
// events), revocations of dead tokens, lapsed enrolments, retired keys and old
// sends of SMS codes.
// Successors outside the grace window are forgotten first.
func (s *Store) Sweep(ctx context.Context, now time.Time, grace, keep time.Duration) (w Swept, err error) {
	at, old := clock.Micros(now), clock.Micros(now.Add(-keep))
	err = s.write(ctx, func(q *queries.Queries) error {
		if _, err := q.ForgetSuccessors(ctx, clock.Micros(now.Add(-grace))); err != nil {
			return err
		}
		for _, step := range []struct {
			count  *int
			delete func(context.Context, int64) (int64, error)
			before int64
		}{
			{&w.OneTime, q.DeleteOneTimeBefore, old},
			{&w.Refresh, q.DeleteRefreshBefore, old},
			{&w.Sessions, q.DeleteSessionsBefore, old},
			{&w.Revocations, q.DeleteRevocationsBefore, at},
			{&w.Enrolments, q.DeletePendingMFABefore, at},
			{&w.Keys, q.DeleteSigningKeysBefore, old},
			{&w.Sends, q.DeleteSendsBefore, clock.Micros(now.Add(-keepSends))},
		} {
			n, err := step.delete(ctx, step.before)
			if err != nil {
				return err
			}
			*step.count = int(n)
		}
		return nil
	})
	return w, err
}
