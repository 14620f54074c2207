package message

import (
	"context"
	"time"
)

// DeliveryStatus is how far a message got after the carrier took it.
type DeliveryStatus string

// The statuses. The last two are final.
const (
	Underway    DeliveryStatus = "underway"
	Delivered   DeliveryStatus = "delivered"
	Undelivered DeliveryStatus = "undelivered"
)

// Delivery is a carrier's report on a message it took.
type Delivery struct {
	MessageID string // the outbox's id
	CarrierID string
	Status    DeliveryStatus
	Code      string    // the carrier's reason, "twilio_30003"; empty where it gives none
	At        time.Time // when the report came in
}

// DeliveryBook keeps the reports of carriers.
type DeliveryBook interface {
	// RecordDelivery keeps the report with its message and returns the message's
	// entry. Reports arrive late, twice and out of order: the first report of a
	// status stands, a final status is never replaced, and a report may come before
	// the message is marked sent.
	// ErrNoMessage when there is no message of that id.
	RecordDelivery(ctx context.Context, d Delivery) (Entry, error)
}
