package messagetest

import (
	"fmt"
	"testing"
	"time"

	"github.com/sallyport/sallyport/internal/message"
)

// DeliveryOutbox is an Outbox that also keeps the reports of carriers.
type DeliveryOutbox interface {
	Outbox
	message.DeliveryBook
}

// RunDeliveries proves that an outbox table keeps the reports of carriers.
func RunDeliveries(t *testing.T, newStore func(t *testing.T) DeliveryOutbox) {
	t.Run("reports are kept, a final one for good", func(t *testing.T) {
		s := newStore(t)
		b := &bench{T: t, Outbox: s, ctx: t.Context(), now: Start()}
		id := b.queue(1)[0].ID
		q := b.claimOne()
		for i, step := range []struct {
			status message.DeliveryStatus
			stands int // the report that stands afterwards
		}{
			{message.Underway, 0}, // before the message is marked sent
			{message.Underway, 0},
			{message.Undelivered, 2},
			{message.Undelivered, 2},
			{message.Underway, 2},
			{message.Delivered, 2},
		} {
			if i == 1 {
				b.must(b.MarkSent(b.ctx, id, q.Attempts, "SM1", b.now))
			}
			at := func(i int) time.Time { return Start().Add(time.Duration(i) * time.Minute) }
			e, err := s.RecordDelivery(b.ctx, message.Delivery{
				MessageID: id, CarrierID: "SM1", Status: step.status, Code: fmt.Sprintf("code_%d", i), At: at(i),
			})
			b.must(err)
			want := []message.DeliveryStatus{message.Underway, "", message.Undelivered}[step.stands]
			if e.Delivery != want || e.DeliveryCode != fmt.Sprintf("code_%d", step.stands) || !e.DeliveryAt.Equal(at(step.stands)) {
				t.Errorf("report %d, %s: got %s %s at %v, want report %d, %s", i, step.status, e.Delivery, e.DeliveryCode, e.DeliveryAt, step.stands, want)
			}
			if e.ID != id || e.Kind != message.ResetPassword {
				t.Errorf("report %d: got the entry of %s %s, want that of %s", i, e.Kind, e.ID, id)
			}
		}
		if e := b.wantState(message.StateSent, id)[0]; e.Delivery != message.Undelivered {
			t.Errorf("listed: got %q, want %q", e.Delivery, message.Undelivered)
		}
	})
	t.Run("a report on an unknown message is refused", func(t *testing.T) {
		s := newStore(t)
		_, err := s.RecordDelivery(t.Context(), message.Delivery{MessageID: "01890a5d-ac96-774b-bcce-b302099a8057", Status: message.Delivered})
		(&bench{T: t}).wantErr("unknown message", err, message.ErrNoMessage)
	})
}
