package store_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/sallyport/sallyport/internal/audit"
	"github.com/sallyport/sallyport/internal/message"
	"github.com/sallyport/sallyport/internal/message/messagetest"
)

// outbox is the rig as the outbox suite wants it.
type outbox struct{ *rig }

// QueueMessages queues by the way every message takes: with the event that
// caused it.
func (o outbox) QueueMessages(ctx context.Context, now time.Time, messages ...message.Outgoing) error {
	return o.Record(ctx, audit.Of(audit.New(ctx, now, audit.UserUpdated, audit.Success, "")).Telling(messages...))
}

// HasContent looks whether the sealed content is still there.
func (o outbox) HasContent(_ context.Context, id string) (bool, error) {
	return o.count("SELECT COUNT(*) FROM outbox WHERE id = ? AND content IS NOT NULL", id) == 1, nil
}

func TestOutbox(t *testing.T) {
	for name, run := range map[string]func(*testing.T, func(*testing.T) outbox){
		"table": func(t *testing.T, fresh func(*testing.T) outbox) {
			messagetest.RunOutbox(t, func(t *testing.T) messagetest.Outbox { return fresh(t) })
		},
		"reports": func(t *testing.T, fresh func(*testing.T) outbox) {
			messagetest.RunDeliveries(t, func(t *testing.T) messagetest.DeliveryOutbox { return fresh(t) })
		},
	} {
		t.Run(name, func(t *testing.T) {
			onBoth(t, func(t *testing.T, r *rig) {
				run(t, func(t *testing.T) outbox {
					r.exec("DELETE FROM outbox")
					return outbox{r.in(t)}
				})
			})
		})
	}
}

func TestUnsealableMessage(t *testing.T) {
	onBoth(t, func(t *testing.T, r *rig) {
		box := outbox{r}
		var ids []string
		for range 3 {
			m := message.ToMail(message.ResetPassword, "", "ada@example.org")
			r.must(box.QueueMessages(r.ctx(), noon, m))
			ids = append(ids, m.ID)
		}
		whole := r.bytes("SELECT content FROM outbox WHERE id = ?", ids[1])
		r.exec("UPDATE outbox SET content = ? WHERE id = ?", whole[:len(whole)-1], ids[1])

		got, err := r.ClaimMessages(r.ctx(), message.Email, noon, time.Minute, 10)
		r.must(err)
		var claimed []string
		for _, q := range got {
			claimed = append(claimed, q.ID)
		}
		if want := []string{ids[0], ids[2]}; !slices.Equal(claimed, want) {
			t.Errorf("claimed beside a damaged message: got %v, want %v", claimed, want)
		}
		dead, err := r.ListMessages(r.ctx(), message.StateDead, "", 10)
		r.must(err)
		if len(dead) != 1 || dead[0].ID != ids[1] || dead[0].Reason != "unsealable" || !dead[0].FinishedAt.Equal(noon) {
			t.Errorf("the damaged message: got %+v, want it dead as unsealable", dead)
		}
		// Once the content opens again it goes out by hand.
		r.exec("UPDATE outbox SET content = ? WHERE id = ?", whole, ids[1])
		r.must(r.RetryMessage(r.ctx(), ids[1], noon))
		if got, err = r.ClaimMessages(r.ctx(), message.Email, noon, time.Minute, 10); err != nil || len(got) != 1 || got[0].ID != ids[1] {
			t.Errorf("after a retry: got %d messages, error %v; want the mended one", len(got), err)
		}
	})
}

func TestExpireInBatches(t *testing.T) {
	onBoth(t, func(t *testing.T, r *rig) {
		const rows = 1203 // two batches and a part
		var all []message.Outgoing
		for range rows {
			m := message.ToMail(message.Code, "", "ada@example.org")
			m.ExpiresAt = noon.Add(time.Minute)
			all = append(all, m)
		}
		r.must(outbox{r}.QueueMessages(r.ctx(), noon, all...))
		if n, err := r.ExpireMessages(r.ctx(), noon.Add(time.Minute)); err != nil || n != rows {
			t.Errorf("expired: got %d, error %v; want %d", n, err, rows)
		}
		if n := r.count("SELECT COUNT(*) FROM outbox WHERE content IS NOT NULL"); n != 0 {
			t.Errorf("messages that keep their content: got %d, want none", n)
		}
	})
}

func TestCountingEnds(t *testing.T) {
	onBoth(t, func(t *testing.T, r *rig) {
		r.exec(`WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?)
			INSERT INTO outbox (id, channel, kind, state, queued_at, due_at, ended_at)
			SELECT 'm' || CAST(i AS TEXT), 'email', 'code', CASE WHEN i < 4 THEN 'dead' ELSE 'sent' END, i, i, i FROM n`, message.MostCounted+100)
		c, err := r.OutboxCounts(r.ctx(), noon)
		if want := (message.Counts{Sent: message.MostCounted, Dead: 3}); err != nil || c != want {
			t.Errorf("got %+v, error %v; want %+v", c, err, want)
		}
	})
}
