package messagetest

import (
	"slices"
	"sync"
	"time"

	"github.com/sallyport/sallyport/internal/message"
)

func wholeMessage(b *bench) {
	full := message.ToPhone(message.Code, "", "+447700900123")
	full.Locale, full.Code, full.Token, full.Link = "pt-BR", "012345", "spv_token", "https://auth.example/x?a=1&b=2#c"
	full.Data = map[string]string{"purpose": "sign_in", "name": "Žofie \"A\"\r\n🚪 O'Brien"}
	full.ExpiresAt = b.now.Add(5 * time.Minute)
	b.must(b.QueueMessages(b.ctx, b.now, full))
	got, err := b.ClaimMessages(b.ctx, message.SMS, b.now, leaseTime, 1)
	b.must(err)
	if len(got) != 1 || !same(got[0].Outgoing, full) {
		b.Fatalf("claimed message differs from the queued one: got %d", len(got))
	}
	if got[0].Attempts != 1 || !got[0].QueuedAt.Equal(b.now) {
		b.Errorf("got attempts %d, queued %v; want 1, %v", got[0].Attempts, got[0].QueuedAt, b.now)
	}
	bare := message.ToMail(message.EmailChanged, "", "ada@example.org")
	b.must(b.QueueMessages(b.ctx, b.now, bare))
	if q := b.claimOne(); !same(q.Outgoing, bare) {
		b.Errorf("claimed message without extras differs from the queued one")
	}
}

func leaseHolds(b *bench) {
	b.queue(1)
	b.claimOne()
	b.now = b.now.Add(leaseTime - time.Microsecond)
	b.claimNone("under the lease")
	b.now = b.now.Add(time.Microsecond)
	if q := b.claimOne(); q.Attempts != 2 {
		b.Errorf("attempts after a lost lease: got %d, want 2", q.Attempts)
	}
}

func orderAndLimit(b *bench) {
	mails := b.queue(5)
	b.must(b.QueueMessages(b.ctx, b.now, message.ToPhone(message.PasswordChanged, "", "+447700900123")))
	got := append(b.claim(2), b.claim(10)...)
	if len(got) != 5 {
		b.Fatalf("claimed %d e-mails, want 5", len(got))
	}
	for i, q := range got {
		if q.ID != mails[i].ID {
			b.Errorf("claim %d: got %s, want %s", i, q.ID, mails[i].ID)
		}
	}
}

func sentOnce(b *bench) {
	id := b.queue(1)[0].ID
	q := b.claimOne()
	b.wantContent(id, true)
	b.must(b.MarkSent(b.ctx, id, q.Attempts, "carrier-1", b.now))
	b.wantContent(id, false)
	e := b.wantState(message.StateSent, id)[0]
	if e.CarrierID != "carrier-1" || !e.FinishedAt.Equal(b.now) || e.Kind != message.ResetPassword {
		b.Errorf("entry: got %+v", e)
	}
	b.wantErr("marking twice", b.MarkSent(b.ctx, id, q.Attempts, "carrier-2", b.now), message.ErrNotHeld)
	b.wantErr("failing after", b.MarkFailed(b.ctx, id, q.Attempts, "late", b.now, b.now), message.ErrNotHeld)
	b.now = b.now.Add(24 * time.Hour)
	b.claimNone("after it was sent")
}

func failedWaits(b *bench) {
	id := b.queue(1)[0].ID
	q := b.claimOne()
	next := b.now.Add(8 * time.Second)
	b.must(b.MarkFailed(b.ctx, id, q.Attempts, "smtp_451: busy", next, b.now))
	e := b.wantState(message.StateQueued, id)[0]
	if e.Reason != "smtp_451: busy" || !e.NextAt.Equal(next) || e.Attempts != 1 {
		b.Errorf("entry: got %+v", e)
	}
	b.now = next.Add(-time.Microsecond)
	b.claimNone("before its time")
	b.now = next
	if q := b.claimOne(); q.Attempts != 2 {
		b.Errorf("attempts: got %d, want 2", q.Attempts)
	}
}

func staleClaim(b *bench) {
	id := b.queue(1)[0].ID
	first := b.claimOne()
	b.now = b.now.Add(leaseTime)
	second := b.claimOne()
	b.wantErr("sent under the first claim", b.MarkSent(b.ctx, id, first.Attempts, "x", b.now), message.ErrNotHeld)
	b.wantErr("failed under the first claim", b.MarkFailed(b.ctx, id, first.Attempts, "x", time.Time{}, b.now), message.ErrNotHeld)
	b.must(b.MarkSent(b.ctx, id, second.Attempts, "y", b.now))
	b.wantErr("an unknown message", b.MarkSent(b.ctx, "01890a5d-ac96-774b-bcce-b302099a8057", 1, "x", b.now), message.ErrNotHeld)
}

func lateResult(b *bench) {
	id := b.queue(1)[0].ID
	q := b.claimOne()
	b.now = b.now.Add(2 * leaseTime)
	b.must(b.MarkSent(b.ctx, id, q.Attempts, "late", b.now))
	b.claimNone("after a late result")
}

func deadByHand(b *bench) {
	mails := b.queue(3)
	for _, q := range b.claim(3) {
		b.must(b.MarkFailed(b.ctx, q.ID, q.Attempts, "smtp_550: no", time.Time{}, b.now))
	}
	b.wantState(message.StateDead, mails[2].ID, mails[1].ID, mails[0].ID)
	b.wantContent(mails[0].ID, true)
	b.now = b.now.Add(time.Hour)
	b.claimNone("while dead")
	b.must(b.RetryMessage(b.ctx, mails[0].ID, b.now))
	b.wantErr("retrying a queued message", b.RetryMessage(b.ctx, mails[0].ID, b.now), message.ErrNoMessage)
	if q := b.claimOne(); q.ID != mails[0].ID || q.Attempts != 1 {
		b.Errorf("after a retry: got %v attempt %d, want attempt 1", q, q.Attempts)
	}
	b.must(b.DropMessage(b.ctx, mails[1].ID, b.now))
	b.wantErr("dropping twice", b.DropMessage(b.ctx, mails[1].ID, b.now), message.ErrNoMessage)
	b.wantErr("retrying what is gone", b.RetryMessage(b.ctx, mails[1].ID, b.now), message.ErrNoMessage)
	b.wantState(message.StateDead, mails[2].ID)
	list, err := b.ListMessages(b.ctx, message.StateDead, "", 0)
	b.must(err)
	if len(list) != 0 {
		b.Errorf("limit 0: got %d entries", len(list))
	}
}

func heldNotDropped(b *bench) {
	id := b.queue(1)[0].ID
	q := b.claimOne()
	b.wantErr("dropping a held message", b.DropMessage(b.ctx, id, b.now), message.ErrNoMessage)
	b.must(b.MarkFailed(b.ctx, id, q.Attempts, "x", b.now.Add(time.Hour), b.now))
	b.must(b.DropMessage(b.ctx, id, b.now))
	b.wantState(message.StateQueued)
}

func expiredNeverClaimed(b *bench) {
	id := b.queueUntil(time.Minute)
	b.now = b.now.Add(time.Minute)
	b.claimNone("at its expiry")
	n, err := b.ExpireMessages(b.ctx, b.now)
	b.must(err)
	if n != 1 {
		b.Errorf("expired: got %d, want 1", n)
	}
	b.wantContent(id, false)
	b.wantState(message.StateExpired, id)
	n, err = b.ExpireMessages(b.ctx, b.now)
	b.must(err)
	if n != 0 {
		b.Errorf("expired again: got %d, want 0", n)
	}
}

func expiredWhileHeld(b *bench) {
	id := b.queueUntil(10 * time.Second)
	q := b.claimOne()
	b.now = b.now.Add(10 * time.Second)
	n, err := b.ExpireMessages(b.ctx, b.now)
	b.must(err)
	if n != 0 {
		b.Errorf("expired a held message: got %d, want 0", n)
	}
	b.must(b.MarkFailed(b.ctx, id, q.Attempts, "timeout", b.now.Add(time.Second), b.now))
	b.wantState(message.StateExpired, id)
	b.wantContent(id, false)
}

func deadExpires(b *bench) {
	id := b.queueUntil(time.Minute)
	q := b.claimOne()
	b.must(b.MarkFailed(b.ctx, id, q.Attempts, "refused", time.Time{}, b.now))
	b.wantContent(id, true)
	b.now = b.now.Add(time.Minute)
	b.wantErr("retrying after expiry", b.RetryMessage(b.ctx, id, b.now), message.ErrNoMessage)
	if _, err := b.ExpireMessages(b.ctx, b.now); err != nil {
		b.Fatal(err)
	}
	b.wantContent(id, false)
	b.wantState(message.StateExpired, id)
	b.wantState(message.StateDead)
}

func forgotten(b *bench) {
	mails := b.queue(3)
	got := b.claim(2)
	b.must(b.MarkSent(b.ctx, got[0].ID, 1, "", b.now))
	b.must(b.MarkFailed(b.ctx, got[1].ID, 1, "x", time.Time{}, b.now))
	n, err := b.ForgetMessages(b.ctx, b.now)
	b.must(err)
	if n != 0 {
		b.Errorf("forgotten before their time: got %d, want 0", n)
	}
	n, err = b.ForgetMessages(b.ctx, b.now.Add(time.Microsecond))
	b.must(err)
	if n != 2 {
		b.Errorf("forgotten: got %d, want 2", n)
	}
	b.wantState(message.StateQueued, mails[2].ID)
}

func paged(b *bench) {
	mails := b.queue(5)
	b.must(b.MarkSent(b.ctx, b.claim(1)[0].ID, 1, "", b.now)) // in another state, not in the list
	var got []string
	for before := ""; ; {
		page, err := b.ListMessages(b.ctx, message.StateQueued, before, 2)
		b.must(err)
		if len(page) == 0 {
			break
		}
		for _, e := range page {
			got, before = append(got, e.ID), e.ID
		}
	}
	if want := []string{mails[4].ID, mails[3].ID, mails[2].ID, mails[1].ID}; !slices.Equal(got, want) {
		b.Errorf("two by two: got %v, want %v", got, want)
	}
}

func counted(b *bench) {
	c, err := b.OutboxCounts(b.ctx, b.now)
	b.must(err)
	if c != (message.Counts{}) {
		b.Errorf("empty: got %+v", c)
	}
	start := b.now
	b.queue(4)
	got := b.claim(2)
	b.must(b.MarkSent(b.ctx, got[0].ID, 1, "", b.now))
	b.must(b.MarkFailed(b.ctx, got[1].ID, 1, "x", time.Time{}, b.now))
	b.queueUntil(time.Second)
	b.now = b.now.Add(time.Second)
	_, err = b.ExpireMessages(b.ctx, b.now)
	b.must(err)
	c, err = b.OutboxCounts(b.ctx, b.now)
	b.must(err)
	want := message.Counts{Queued: 2, Sent: 1, Dead: 1, Expired: 1, OldestDue: start.Add(2 * time.Millisecond)}
	if !c.OldestDue.Equal(want.OldestDue) {
		b.Errorf("oldest due: got %v, want %v", c.OldestDue, want.OldestDue)
	}
	c.OldestDue, want.OldestDue = time.Time{}, time.Time{}
	if c != want {
		b.Errorf("counts: got %+v, want %+v", c, want)
	}
}

func parallelClaims(b *bench) {
	const messages, workers = 60, 8
	b.queue(messages)
	var mu sync.Mutex
	seen := map[string]int{}
	var wg sync.WaitGroup
	for range workers {
		wg.Go(func() {
			for {
				got, err := b.ClaimMessages(b.ctx, message.Email, b.now, leaseTime, 3)
				if err != nil {
					b.Errorf("claim: %v", err)
					return
				}
				if len(got) == 0 {
					return
				}
				mu.Lock()
				for _, q := range got {
					seen[q.ID]++
				}
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	for id, n := range seen {
		if n != 1 {
			b.Errorf("message %s: claimed %d times, want 1", id, n)
		}
	}
	if len(seen) != messages {
		b.Errorf("claimed %d messages, want %d", len(seen), messages)
	}
}
