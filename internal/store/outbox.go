package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/sallyport/sallyport/internal/clock"
	"github.com/sallyport/sallyport/internal/message"
	"github.com/sallyport/sallyport/internal/store/queries"
)

// reasonUnsealable is why a message whose content does not open is dead: damaged,
// or sealed under a key that SECRET_KEY no longer lists. It keeps its content, so
// that it can be retried once the key is back.
const reasonUnsealable = "unsealable"

// ClaimMessages takes due messages of a channel, as message.Store describes. A
// message whose content does not open dies with reasonUnsealable and holds up
// nobody else.
func (s *Store) ClaimMessages(ctx context.Context, by message.Channel, now time.Time, lease time.Duration, limit int) (out []message.Queued, err error) {
	due, err := s.read().DueMessages(ctx, queries.DueMessagesParams{Channel: string(by), Now: clock.Micros(now), Page: int64(limit)})
	if err != nil || len(due) == 0 {
		return nil, err
	}
	err = s.write(ctx, func(q *queries.Queries) error {
		out = nil
		for _, d := range due {
			r, err := q.ClaimMessage(ctx, queries.ClaimMessageParams{
				LeaseUntil: clock.Micros(now.Add(lease)), ID: d.ID, Attempts: d.Attempts, Now: clock.Micros(now),
			})
			if errors.Is(err, sql.ErrNoRows) {
				continue // another node was faster
			}
			if err != nil {
				return err
			}
			m, err := s.queuedOf(r)
			if err != nil {
				if err := bury(ctx, q, r, now); err != nil {
					return err
				}
				continue
			}
			out = append(out, m)
		}
		return nil
	})
	return out, err
}

// bury ends a claimed message that nobody can read.
func bury(ctx context.Context, q *queries.Queries, r queries.Outbox, now time.Time) error {
	return held(q.MarkMessageDead(ctx, queries.MarkMessageDeadParams{
		Now: clock.Micros(now), Reason: reasonUnsealable, ID: r.ID, Attempts: r.Attempts,
	}))
}

func (s *Store) queuedOf(r queries.Outbox) (message.Queued, error) {
	plain, err := s.seal.Open(r.Content, "outbox", r.ID, "content")
	if err != nil {
		return message.Queued{}, fmt.Errorf("store: the content of message %s: %w", r.ID, err)
	}
	var l letter
	if err := json.Unmarshal(plain, &l); err != nil {
		return message.Queued{}, fmt.Errorf("store: the content of message %s: %w", r.ID, err)
	}
	return message.Queued{
		Outgoing: message.Outgoing{
			ID: r.ID, Channel: message.Channel(r.Channel), Kind: message.Kind(r.Kind), UserID: r.UserID, To: l.To,
			Locale: l.Locale, Data: l.Data, Link: l.Link, Token: l.Token, Code: l.Code, ExpiresAt: clock.FromMicros(r.ExpiresAt),
		},
		Attempts: int(r.Attempts), QueuedAt: clock.FromMicros(r.QueuedAt),
	}, nil
}

// MarkSent records that a carrier took the message.
func (s *Store) MarkSent(ctx context.Context, id string, attempts int, carrierID string, now time.Time) error {
	return s.write(ctx, func(q *queries.Queries) error {
		return held(q.MarkMessageSent(ctx, queries.MarkMessageSentParams{
			Now: clock.Micros(now), CarrierID: carrierID, ID: id, Attempts: int64(attempts),
		}))
	})
}

// MarkFailed records why an attempt failed; a zero next means dead.
func (s *Store) MarkFailed(ctx context.Context, id string, attempts int, reason string, next, now time.Time) error {
	return s.write(ctx, func(q *queries.Queries) error {
		var err error
		if next.IsZero() {
			err = held(q.MarkMessageDead(ctx, queries.MarkMessageDeadParams{
				Now: clock.Micros(now), Reason: reason, ID: id, Attempts: int64(attempts),
			}))
		} else {
			err = held(q.MarkMessageRetry(ctx, queries.MarkMessageRetryParams{
				DueAt: clock.Micros(next), Reason: reason, ID: id, Attempts: int64(attempts),
			}))
		}
		if err != nil {
			return err
		}
		_, err = q.ExpireMessage(ctx, queries.ExpireMessageParams{Now: clock.Micros(now), ID: id})
		return err
	})
}

func held(n int64, err error) error {
	if err == nil && n != 1 {
		return message.ErrNotHeld
	}
	return err
}

// ExpireMessages ends the messages whose time is over, in batches.
func (s *Store) ExpireMessages(ctx context.Context, now time.Time) (n int, err error) {
	return s.inBatches(ctx, func(ctx context.Context, q *queries.Queries) (int64, error) {
		return q.ExpireMessages(ctx, queries.ExpireMessagesParams{Now: clock.Micros(now), Batch: sweepBatch})
	})
}

// ForgetMessages deletes what was finished before then, in batches.
func (s *Store) ForgetMessages(ctx context.Context, before time.Time) (n int, err error) {
	return s.inBatches(ctx, func(ctx context.Context, q *queries.Queries) (int64, error) {
		return q.DeleteMessagesBefore(ctx, queries.DeleteMessagesBeforeParams{Before: clock.Micros(before), Batch: sweepBatch})
	})
}

// ListMessages lists messages in a state that are older than that one (empty: the
// newest), newest first, without their content.
func (s *Store) ListMessages(ctx context.Context, in message.State, before string, limit int) ([]message.Entry, error) {
	if before == "" {
		before = newestID
	}
	rows, err := s.read().MessagesInState(ctx, queries.MessagesInStateParams{State: string(in), Before: before, Page: int64(limit)})
	if err != nil {
		return nil, err
	}
	out := make([]message.Entry, 0, len(rows))
	for _, r := range rows {
		out = append(out, entryOf(r))
	}
	return out, nil
}

func entryOf(r queries.Outbox) message.Entry {
	e := message.Entry{
		ID: r.ID, Channel: message.Channel(r.Channel), Kind: message.Kind(r.Kind), UserID: r.UserID,
		State: message.State(r.State), Attempts: int(r.Attempts), Reason: r.Reason, CarrierID: r.CarrierID,
		QueuedAt: clock.FromMicros(r.QueuedAt), ExpiresAt: clock.FromMicros(r.ExpiresAt), FinishedAt: clock.FromMicros(r.EndedAt),
		Delivery: message.DeliveryStatus(r.Delivery), DeliveryCode: r.DeliveryCode, DeliveryAt: clock.FromMicros(r.DeliveryAt),
	}
	if e.State == message.StateQueued {
		e.NextAt = clock.FromMicros(r.DueAt)
	}
	return e
}

// RecordDelivery keeps a carrier's report, as message.DeliveryBook describes.
func (s *Store) RecordDelivery(ctx context.Context, d message.Delivery) (e message.Entry, err error) {
	err = s.write(ctx, func(q *queries.Queries) error {
		r, err := q.RecordDelivery(ctx, queries.RecordDeliveryParams{
			Delivery: string(d.Status), DeliveryCode: d.Code, DeliveryAt: clock.Micros(d.At), ID: d.MessageID,
		})
		if isAbsent(err) { // no such message, or nothing newer than what it knows
			r, err = q.MessageByID(ctx, d.MessageID)
		}
		if isAbsent(err) {
			return message.ErrNoMessage
		}
		e = entryOf(r)
		return err
	})
	return e, err
}

// RetryMessage makes a dead message due again.
func (s *Store) RetryMessage(ctx context.Context, id string, now time.Time) error {
	return s.write(ctx, func(q *queries.Queries) error {
		return found(q.RetryMessage(ctx, queries.RetryMessageParams{Now: clock.Micros(now), ID: id}))
	})
}

// DropMessage deletes a dead or queued message.
func (s *Store) DropMessage(ctx context.Context, id string, now time.Time) error {
	return s.write(ctx, func(q *queries.Queries) error {
		return found(q.DropMessage(ctx, queries.DropMessageParams{ID: id, Now: clock.Micros(now)}))
	})
}

func found(n int64, err error) error {
	if err == nil && n != 1 {
		return message.ErrNoMessage
	}
	return err
}

// OutboxCounts counts the messages by state, each up to message.MostCounted.
func (s *Store) OutboxCounts(ctx context.Context, now time.Time) (c message.Counts, err error) {
	for state, into := range map[message.State]*int{
		message.StateQueued: &c.Queued, message.StateSent: &c.Sent, message.StateDead: &c.Dead, message.StateExpired: &c.Expired,
	} {
		n, err := s.read().CountMessages(ctx, queries.CountMessagesParams{State: string(state), Page: message.MostCounted})
		if err != nil {
			return c, err
		}
		*into = int(n)
	}
	due, err := s.read().OldestDueMessage(ctx, clock.Micros(now))
	if len(due) > 0 {
		c.OldestDue = clock.FromMicros(due[0])
	}
	return c, err
}
