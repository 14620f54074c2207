package messagetest

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/sallyport/sallyport/internal/message"
)

// Start is the instant at which the suite's clock stands.
func Start() time.Time { return time.Date(2026, 3, 1, 12, 0, 0, 123_456_000, time.UTC) }

const leaseTime = 30 * time.Second

// RunOutbox proves an outbox table. newStore returns an empty one for each
// subtest and cleans up by itself.
func RunOutbox(t *testing.T, newStore func(t *testing.T) Outbox) {
	tests := []struct {
		name string
		run  func(*bench)
	}{
		{"a claimed message comes back whole", wholeMessage},
		{"a lease keeps others away until it runs out", leaseHolds},
		{"a claim keeps to its channel, order and limit", orderAndLimit},
		{"OT-10 sent once: never claimed again, content cleared", sentOnce},
		{"a failed message waits for its time", failedWaits},
		{"a result under a stale claim is refused", staleClaim},
		{"a late result counts while nobody else claimed", lateResult},
		{"a dead message is listed, retried or dropped by hand", deadByHand},
		{"what a worker holds cannot be dropped", heldNotDropped},
		{"OT-01 an expired message is never claimed and loses its content", expiredNeverClaimed},
		{"an expired message is left to the worker that holds it", expiredWhileHeld},
		{"a dead message that expires loses its content", deadExpires},
		{"finished messages are forgotten after their time", forgotten},
		{"a long list is read page by page", paged},
		{"counts", counted},
		{"parallel claims never share a message", parallelClaims},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			tt.run(&bench{T: t, Outbox: newStore(t), ctx: t.Context(), now: Start()})
		})
	}
}

// bench is one subtest at work: a table and a clock.
type bench struct {
	*testing.T
	Outbox
	ctx context.Context
	now time.Time
}

func (b *bench) must(err error) {
	b.Helper()
	if err != nil {
		b.Fatal(err)
	}
}

func (b *bench) wantErr(what string, got, want error) {
	b.Helper()
	if !errors.Is(got, want) {
		b.Errorf("%s: got error %v, want %v", what, got, want)
	}
}

// queue puts n e-mails into the outbox, one millisecond apart.
func (b *bench) queue(n int) []message.Outgoing {
	b.Helper()
	var out []message.Outgoing
	for i := range n {
		o := message.ToMail(message.ResetPassword, "", fmt.Sprintf("user%d@example.org", i))
		o.Link = "https://auth.example/reset#token=t"
		out = append(out, o)
		b.must(b.QueueMessages(b.ctx, b.now.Add(time.Duration(i)*time.Millisecond), o))
	}
	b.now = b.now.Add(time.Second)
	return out
}

// queueUntil queues one e-mail that expires after life.
func (b *bench) queueUntil(life time.Duration) string {
	b.Helper()
	o := message.ToMail(message.Code, "", "ada@example.org")
	o.Code, o.ExpiresAt = "123456", b.now.Add(life)
	b.must(b.QueueMessages(b.ctx, b.now, o))
	return o.ID
}

func (b *bench) claim(limit int) []message.Queued {
	b.Helper()
	got, err := b.ClaimMessages(b.ctx, message.Email, b.now, leaseTime, limit)
	b.must(err)
	return got
}

// claimOne claims and expects exactly one message.
func (b *bench) claimOne() message.Queued {
	b.Helper()
	got := b.claim(10)
	if len(got) != 1 {
		b.Fatalf("claimed %d messages, want 1", len(got))
	}
	return got[0]
}

func (b *bench) claimNone(when string) {
	b.Helper()
	if got := b.claim(10); len(got) != 0 {
		b.Errorf("%s: claimed %v, want none", when, got)
	}
}

func (b *bench) wantContent(id string, want bool) {
	b.Helper()
	got, err := b.HasContent(b.ctx, id)
	b.must(err)
	if got != want {
		b.Errorf("content still there: got %t, want %t", got, want)
	}
}

// wantState lists the state and expects exactly these ids, newest first.
func (b *bench) wantState(in message.State, want ...string) []message.Entry {
	b.Helper()
	list, err := b.ListMessages(b.ctx, in, "", 100)
	b.must(err)
	var got []string
	for _, e := range list {
		got = append(got, e.ID)
		if e.State != in {
			b.Errorf("entry in list %s: got state %s", in, e.State)
		}
	}
	if !slices.Equal(got, want) {
		b.Errorf("%s: got %v, want %v", in, got, want)
	}
	return list
}

// same compares messages; no data and empty data are the same.
func same(a, b message.Outgoing) bool {
	return a.ID == b.ID && a.Channel == b.Channel && a.Kind == b.Kind && a.UserID == b.UserID && a.To == b.To &&
		a.Locale == b.Locale && a.Link == b.Link && a.Token == b.Token && a.Code == b.Code &&
		a.ExpiresAt.Equal(b.ExpiresAt) && maps.Equal(a.Data, b.Data)
}
