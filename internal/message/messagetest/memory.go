package messagetest

import (
	"cmp"
	"context"
	"slices"
	"sync"
	"time"

	"github.com/sallyport/sallyport/internal/message"
)

// Outbox is what RunOutbox exercises: both sides of the table, and the way in,
// which in the store is part of the transaction that made the message true.
type Outbox interface {
	message.Store
	message.Desk
	// QueueMessages puts messages into the outbox, due at now.
	QueueMessages(ctx context.Context, now time.Time, messages ...message.Outgoing) error
	// HasContent reports whether the message still holds its sealed content
	// (recipient, data, link, token, code). It serves this suite only.
	HasContent(ctx context.Context, id string) (bool, error)
}

// Memory is an Outbox that lives in memory. It is safe for concurrent use.
type Memory struct {
	mu   sync.Mutex
	rows []*row
	fail error
}

type row struct {
	message.Outgoing
	state      message.State
	attempts   int
	reason     string
	carrierID  string
	queuedAt   time.Time
	nextAt     time.Time
	leasedTo   time.Time
	finishedAt time.Time
	delivery   message.Delivery
}

// NewMemory returns an empty outbox.
func NewMemory() *Memory { return &Memory{} }

// Break makes every call of the worker's side fail with err; nil mends it.
func (m *Memory) Break(err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.fail = err
}

// HasContent implements Outbox.
func (m *Memory) HasContent(_ context.Context, id string) (bool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if r := m.find(id); r != nil {
		return r.To != "" || r.Data != nil || r.Link != "" || r.Token != "" || r.Code != "", nil
	}
	return false, message.ErrNoMessage
}

func (m *Memory) find(id string) *row {
	for _, r := range m.rows {
		if r.ID == id {
			return r
		}
	}
	return nil
}

func (r *row) over(now time.Time) bool { return !r.ExpiresAt.IsZero() && !now.Before(r.ExpiresAt) }

func (r *row) leased(now time.Time) bool { return now.Before(r.leasedTo) }

func (r *row) finish(state message.State, now time.Time) {
	r.state, r.finishedAt, r.leasedTo = state, now, time.Time{}
	if state != message.StateDead {
		r.To, r.Data, r.Link, r.Token, r.Code = "", nil, "", "", ""
	}
}

// QueueMessages implements Outbox.
func (m *Memory) QueueMessages(_ context.Context, now time.Time, messages ...message.Outgoing) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, o := range messages {
		m.rows = append(m.rows, &row{Outgoing: o, state: message.StateQueued, queuedAt: now, nextAt: now})
	}
	return nil
}

// ClaimMessages implements message.Store.
func (m *Memory) ClaimMessages(_ context.Context, by message.Channel, now time.Time, lease time.Duration, limit int) ([]message.Queued, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.fail != nil {
		return nil, m.fail
	}
	due := slices.DeleteFunc(slices.Clone(m.rows), func(r *row) bool {
		return r.state != message.StateQueued || r.Channel != by || now.Before(r.nextAt) || r.leased(now) || r.over(now)
	})
	slices.SortStableFunc(due, func(a, b *row) int { return a.nextAt.Compare(b.nextAt) })
	var out []message.Queued
	for _, r := range due[:min(limit, len(due))] {
		r.attempts++
		r.leasedTo = now.Add(lease)
		out = append(out, message.Queued{Outgoing: r.Outgoing, Attempts: r.attempts, QueuedAt: r.queuedAt})
	}
	return out, nil
}

// held returns the row if it is under that claim.
func (m *Memory) held(id string, attempts int) (*row, error) {
	if m.fail != nil {
		return nil, m.fail
	}
	r := m.find(id)
	if r == nil || r.state != message.StateQueued || r.attempts != attempts || r.leasedTo.IsZero() {
		return nil, message.ErrNotHeld
	}
	return r, nil
}

// MarkSent implements message.Store.
func (m *Memory) MarkSent(_ context.Context, id string, attempts int, carrierID string, now time.Time) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	r, err := m.held(id, attempts)
	if err != nil {
		return err
	}
	r.carrierID, r.reason = carrierID, ""
	r.finish(message.StateSent, now)
	return nil
}

// MarkFailed implements message.Store.
func (m *Memory) MarkFailed(_ context.Context, id string, attempts int, reason string, next, now time.Time) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	r, err := m.held(id, attempts)
	if err != nil {
		return err
	}
	r.reason, r.nextAt, r.leasedTo = reason, next, time.Time{}
	switch {
	case r.over(now):
		r.finish(message.StateExpired, now)
	case next.IsZero():
		r.finish(message.StateDead, now)
	}
	return nil
}

// ExpireMessages implements message.Store.
func (m *Memory) ExpireMessages(_ context.Context, now time.Time) (int, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	n := 0
	for _, r := range m.rows {
		if (r.state == message.StateQueued || r.state == message.StateDead) && r.over(now) && !r.leased(now) {
			r.finish(message.StateExpired, now)
			n++
		}
	}
	return n, m.fail
}

// ForgetMessages implements message.Store.
func (m *Memory) ForgetMessages(_ context.Context, before time.Time) (int, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	was := len(m.rows)
	m.rows = slices.DeleteFunc(m.rows, func(r *row) bool {
		return r.state != message.StateQueued && r.finishedAt.Before(before)
	})
	return was - len(m.rows), m.fail
}

// ListMessages implements message.Desk.
func (m *Memory) ListMessages(_ context.Context, in message.State, before string, limit int) ([]message.Entry, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	var out []message.Entry
	for _, r := range m.rows {
		if r.state != in || before != "" && r.ID >= before {
			continue
		}
		out = append(out, r.entry())
	}
	slices.SortStableFunc(out, func(a, b message.Entry) int {
		return cmp.Compare(b.ID, a.ID)
	})
	return out[:min(limit, len(out))], nil
}

func (r *row) entry() message.Entry {
	e := message.Entry{
		ID: r.ID, Channel: r.Channel, Kind: r.Kind, UserID: r.UserID, State: r.state, Attempts: r.attempts,
		Reason: r.reason, CarrierID: r.carrierID, QueuedAt: r.queuedAt, ExpiresAt: r.ExpiresAt, FinishedAt: r.finishedAt,
		Delivery: r.delivery.Status, DeliveryCode: r.delivery.Code, DeliveryAt: r.delivery.At,
	}
	if r.state == message.StateQueued {
		e.NextAt = r.nextAt
	}
	return e
}

// RecordDelivery implements message.DeliveryBook.
func (m *Memory) RecordDelivery(_ context.Context, d message.Delivery) (message.Entry, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	r := m.find(d.MessageID)
	if r == nil {
		return message.Entry{}, message.ErrNoMessage
	}
	if s := r.delivery.Status; s == "" || s == message.Underway && d.Status != s {
		r.delivery = d
	}
	return r.entry(), nil
}

// RetryMessage implements message.Desk.
func (m *Memory) RetryMessage(_ context.Context, id string, now time.Time) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	r := m.find(id)
	if r == nil || r.state != message.StateDead || r.over(now) {
		return message.ErrNoMessage
	}
	r.state, r.attempts, r.nextAt, r.finishedAt = message.StateQueued, 0, now, time.Time{}
	return nil
}

// DropMessage implements message.Desk.
func (m *Memory) DropMessage(_ context.Context, id string, now time.Time) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	r := m.find(id)
	if r == nil || r.leased(now) || r.state != message.StateDead && r.state != message.StateQueued {
		return message.ErrNoMessage
	}
	m.rows = slices.DeleteFunc(m.rows, func(x *row) bool { return x == r })
	return nil
}

// OutboxCounts implements message.Desk.
func (m *Memory) OutboxCounts(_ context.Context, now time.Time) (message.Counts, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	var c message.Counts
	for _, r := range m.rows {
		switch r.state {
		case message.StateQueued:
			c.Queued++
			if !now.Before(r.nextAt) && (c.OldestDue.IsZero() || r.nextAt.Before(c.OldestDue)) {
				c.OldestDue = r.nextAt
			}
		case message.StateSent:
			c.Sent++
		case message.StateDead:
			c.Dead++
		case message.StateExpired:
			c.Expired++
		}
	}
	for _, n := range []*int{&c.Queued, &c.Sent, &c.Dead, &c.Expired} {
		*n = min(*n, message.MostCounted)
	}
	return c, nil
}
