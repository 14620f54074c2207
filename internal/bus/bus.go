package bus

import (
	"context"
	"errors"
)

// MaxBody is the largest body a message may have, in bytes.
const MaxBody = 128 << 10

// ErrTooLarge is returned by Publish for a body of more than MaxBody bytes.
var ErrTooLarge = errors.New("bus: body larger than a message may be")

// Message is one message of a topic, or a gap between messages.
type Message struct {
	// Offset is the place of the message in its topic: Subscribe(…, Offset, …)
	// goes on right behind it. It is opaque text below 200 bytes, never empty.
	Offset string
	// Topic is the topic it was published to.
	Topic string
	// Body is what was published; nil in a gap. It belongs to the receiver.
	Body []byte
	// Gap says that this is no message: from here on everything is delivered,
	// but messages before this point may never have been. The receiver reads
	// again, now, what the messages would have told.
	Gap bool
}

// Bus is the way between nodes. It is safe for concurrent use.
//
// Topics are few and named by the program: each one keeps a history of bounded
// length and is never removed.
type Bus interface {
	// Publish hands body to the subscribers of topic on all nodes, this one
	// included. It does not wait for them, and for the bus itself only for a
	// bounded time. An error means that the message may or may not arrive. The
	// body is copied.
	Publish(ctx context.Context, topic string, body []byte) error

	// Subscribe calls handle, from this goroutine and one at a time, for every
	// message of topic behind the offset after, in order and at least once. It
	// returns ctx.Err() when ctx ends and for no other reason: a bus that is
	// away is waited for, and read on from the last offset when it is back.
	//
	// With after == "" it delivers only what is published from now on, and the
	// first call of handle is a gap that marks "now": whoever reads the database
	// then misses nothing. A gap also comes first if after is not an offset of
	// this bus, and at any time when history was trimmed, flushed or lost.
	Subscribe(ctx context.Context, topic, after string, handle func(Message)) error

	// Health says how the bus is doing. It answers at once, from memory.
	Health() Health
}

// Health is the state of a node's bus, for readiness and metrics.
type Health struct {
	// Up reports whether the last exchange with the bus succeeded. A bus that was
	// never talked to is not up.
	Up bool
	// Cause is why the bus is not up; nil if it is, or was never talked to.
	Cause error
	// Since the start of this node: messages published, messages and gaps
	// delivered to subscribers, failed exchanges.
	Published, Delivered, Gaps, Failures uint64
}
