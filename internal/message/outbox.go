package message

import (
	"context"
	"errors"
	"time"
)

// Queued is a message as the worker holds it.
type Queued struct {
	Outgoing
	// Attempts counts the claims of this message, the present one included. It is
	// also the fence: marking a message takes the number under which it was
	// claimed, so a worker whose lease ran out cannot overwrite the next one's
	// result.
	Attempts int
	QueuedAt time.Time
}

// ErrNotHeld is returned for marking a message that this claim no longer holds:
// the lease ran out and another worker took it, or it is finished.
var ErrNotHeld = errors.New("message: not held by this claim")

// ErrNoMessage is returned where there is no message of that id in the state the
// call is about.
var ErrNoMessage = errors.New("message: no such message")

// Store is the worker's side of the outbox table. Each method is one
// transaction, but for the two that clear the table in batches. A message that has expired has its sealed content cleared by
// whichever method notices, and is never claimed again.
type Store interface {
	// ClaimMessages takes up to limit messages of that channel that are due at
	// now, not expired and not under a live lease, the longest due first. Each
	// claimed message is leased until now+lease and its attempts go up by one, in
	// one conditional UPDATE, so that two nodes never hold the same one.
	ClaimMessages(ctx context.Context, by Channel, now time.Time, lease time.Duration, limit int) ([]Queued, error)
	// MarkSent records that the carrier took the message under carrierID (may be
	// empty) and clears its sealed content. ErrNotHeld unless the message is under
	// the claim numbered attempts.
	MarkSent(ctx context.Context, id string, attempts int, carrierID string, now time.Time) error
	// MarkFailed records why an attempt failed and frees the message: due again at
	// next, or dead where next is zero. A dead message keeps its content until it
	// expires, for a retry by hand; one that has expired at now becomes expired
	// instead, its content cleared. ErrNotHeld as with MarkSent.
	MarkFailed(ctx context.Context, id string, attempts int, reason string, next, now time.Time) error
	// ExpireMessages turns every queued or dead message whose time is over into an
	// expired one and clears its content, a batch at a time. Messages under a live
	// lease are left to their worker. It returns how many it changed.
	ExpireMessages(ctx context.Context, now time.Time) (int, error)
	// ForgetMessages deletes what was sent or expired before then, and what died
	// before then. It returns how many it deleted.
	ForgetMessages(ctx context.Context, before time.Time) (int, error)
}

// State is where a message stands in the outbox.
type State string

// The states.
const (
	StateQueued  State = "queued"  // waits for its time, or is being sent
	StateSent    State = "sent"    // a carrier took it
	StateDead    State = "dead"    // given up; waits for an operator
	StateExpired State = "expired" // its time was over before a carrier took it
)

// Entry is a message as operators see it: without recipient, words or secrets.
type Entry struct {
	ID         string    `json:"id"`
	Channel    Channel   `json:"channel"`
	Kind       Kind      `json:"kind"`
	UserID     string    `json:"user_id,omitempty"`
	State      State     `json:"state"`
	Attempts   int       `json:"attempts"`
	Reason     string    `json:"reason,omitempty"` // why the last attempt failed
	CarrierID  string    `json:"carrier_id,omitempty"`
	QueuedAt   time.Time `json:"queued_at"`
	NextAt     time.Time `json:"next_at,omitzero"` // when it is due; zero unless queued
	ExpiresAt  time.Time `json:"expires_at,omitzero"`
	FinishedAt time.Time `json:"finished_at,omitzero"` // when it was sent, died or expired
	// Delivery is what the carrier reported afterwards; empty: nothing yet.
	Delivery     DeliveryStatus `json:"delivery,omitempty"`
	DeliveryCode string         `json:"delivery_code,omitempty"` // the carrier's reason
	DeliveryAt   time.Time      `json:"delivery_at,omitzero"`    // when it reported that
}

// MostCounted is where counting the messages of a state ends: who counts all of
// them reads as much as there is.
const MostCounted = 10_000

// Counts says how many messages stand where, for metrics; MostCounted is that many
// or more.
type Counts struct {
	Queued, Sent, Dead, Expired int
	// OldestDue is the time the longest waiting queued message became due; zero
	// when none waits.
	OldestDue time.Time
}

// Desk is the operator's side of the outbox table, for `sallyport outbox
// list|retry|drop` and for metrics.
type Desk interface {
	// ListMessages returns up to limit messages in that state that are older than the
	// one of that id (empty: the newest), newest first.
	ListMessages(ctx context.Context, in State, before string, limit int) ([]Entry, error)
	// RetryMessage makes a dead message due at now with its attempts back at zero.
	// ErrNoMessage unless a dead, unexpired message has that id.
	RetryMessage(ctx context.Context, id string, now time.Time) error
	// DropMessage deletes a dead or queued message. ErrNoMessage when there is
	// none, or when a worker holds it at now.
	DropMessage(ctx context.Context, id string, now time.Time) error
	// OutboxCounts counts the messages by state, each up to MostCounted.
	OutboxCounts(ctx context.Context, now time.Time) (Counts, error)
}
