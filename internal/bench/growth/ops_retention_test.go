package growth_test

import (
	"context"
	"time"

	"github.com/sallyport/sallyport/internal/store/queries"
)

// batch is what one transaction of retention removes at the most; few is for tables
// that have less in the smallest house.
const (
	batch = 500
	few   = 50
)

// retentionOperations are one batch of each job, on rows that are taken away for
// good: their number is small, so that the smallest house has enough.
func retentionOperations() []operation {
	const rounds = 5
	later := func(h *house) int64 { return h.Now.AddDate(1, 0, 0).UnixMicro() }
	remove := func(name string, do func(ctx context.Context, q *queries.Queries, h *house) (int64, error)) operation {
		return operation{"retention, " + name, rounds, func(h *house) (timed, before func()) {
			return func() {
				h.in(func(ctx context.Context, q *queries.Queries) error {
					n, err := do(ctx, q, h)
					if n == 0 && err == nil {
						h.t.Errorf("%s: removed nothing", name)
					}
					return err
				})
			}, nil
		}}
	}
	return []operation{
		remove("500 single-use rows", func(ctx context.Context, q *queries.Queries, h *house) (int64, error) {
			return q.DeleteOneTimeBefore(ctx, queries.DeleteOneTimeBeforeParams{Before: later(h), Batch: batch})
		}),
		remove("500 refresh tokens", func(ctx context.Context, q *queries.Queries, h *house) (int64, error) {
			return q.DeleteRefreshBefore(ctx, queries.DeleteRefreshBeforeParams{Before: later(h), Batch: batch})
		}),
		remove("500 sessions", func(ctx context.Context, q *queries.Queries, h *house) (int64, error) {
			return q.DeleteSessionsBefore(ctx, queries.DeleteSessionsBeforeParams{Before: later(h), Batch: batch})
		}),
		remove("50 revocations", func(ctx context.Context, q *queries.Queries, h *house) (int64, error) {
			return q.DeleteRevocationsBefore(ctx, queries.DeleteRevocationsBeforeParams{Before: later(h), Batch: few})
		}),
		remove("500 messages", func(ctx context.Context, q *queries.Queries, h *house) (int64, error) {
			return q.DeleteMessagesBefore(ctx, queries.DeleteMessagesBeforeParams{Before: later(h), Batch: batch})
		}),
		remove("50 counters of strangers", func(ctx context.Context, q *queries.Queries, h *house) (int64, error) {
			return q.DeleteAttemptsOfNobody(ctx, queries.DeleteAttemptsOfNobodyParams{Before: later(h), Now: later(h), Batch: few})
		}),
		remove("500 samples", func(ctx context.Context, q *queries.Queries, h *house) (int64, error) {
			return q.DeleteSamplesBefore(ctx, queries.DeleteSamplesBeforeParams{Before: later(h), Batch: batch})
		}),
		{"retention, 500 audit rows", rounds, trimming},
	}
}

// trimming lets the log's oldest rows grow too old, a batch at a time.
func trimming(h *house) (timed, before func()) {
	rows := 5 * h.Users
	span := 365*24*time.Hour - time.Minute
	oldest := h.Now.Add(-365 * 24 * time.Hour)
	step, turn := span/time.Duration(rows), 0
	return func() {
			want := min(batch, rows)
			if n := h.trim(oldest.Add(time.Duration(batch*turn+1)*step + time.Microsecond)); n != want && n != want+1 {
				h.t.Errorf("trimmed %d rows, want %d", n, want)
			}
		}, func() {
			turn++
		}
}
