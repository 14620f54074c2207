package messagetest

import (
	"testing"

	"github.com/sallyport/sallyport/internal/message"
)

// DeliveryOutbox is an Outbox that also keeps the reports of carriers.
type DeliveryOutbox interface {
	Outbox
	message.DeliveryBook
}

// RunDeliveries proves that an outbox table keeps the reports of carriers.
func RunDeliveries(t *testing.T, newStore func(t *testing.T) DeliveryOutbox) {
	report := func(t *testing.T, s DeliveryOutbox, id string, status message.DeliveryStatus, code string) message.Entry {
		t.Helper()
		e, err := s.RecordDelivery(t.Context(), message.Delivery{MessageID: id, CarrierID: "SM1", Status: status, Code: code})
		if err != nil {
			t.Fatal(err)
		}
		return e
	}
	t.Run("reports are kept, a final one for good", func(t *testing.T) {
		s := newStore(t)
		b := &bench{T: t, Outbox: s, ctx: t.Context(), now: Start()}
		id := b.queue(1)[0].ID
		q := b.claimOne()
		for i, step := range []struct{ status, want message.DeliveryStatus }{
			{message.Underway, message.Underway}, // before the message is marked sent
			{message.Undelivered, message.Undelivered},
			{message.Underway, message.Undelivered},
			{message.Delivered, message.Undelivered},
		} {
			if i == 1 {
				b.must(b.MarkSent(b.ctx, id, q.Attempts, "SM1", b.now))
			}
			e := report(t, s, id, step.status, "code_"+string(step.status))
			if e.Delivery != step.want || e.DeliveryCode != "code_"+string(step.want) || e.ID != id || e.Kind != message.ResetPassword {
				t.Errorf("report %d, %s: got %+v, want %s", i, step.status, e, step.want)
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
