package growth_test

import (
	"context"
	"time"

	"github.com/sallyport/sallyport/internal/apptest"
	"github.com/sallyport/sallyport/internal/audit"
	"github.com/sallyport/sallyport/internal/bench/crowd"
	"github.com/sallyport/sallyport/internal/message"
	"github.com/sallyport/sallyport/internal/store/queries"
)

// upkeepOperations are what the program does by itself every few seconds or
// minutes, whether there is something to do or not.
func upkeepOperations() []operation {
	return []operation{
		{"audit, seal 500 rows", 20, sealing},
		{"revocations, read every two seconds", 60, func(h *house) (timed, before func()) {
			return func() {
				_, err := h.Store.RevocationsSince(h.Ctx(), h.Clock.Now().Add(-time.Minute), h.Clock.Now())
				must(h.t, err)
			}, nil
		}},
		{"outbox, look for mail while SMS waits", 60, func(h *house) (timed, before func()) {
			h.claim()
			return func() { h.claim() }, nil
		}},
		{"outbox, claim a mail", 60, func(h *house) (timed, before func()) {
			return func() { h.claim() }, h.queueMail
		}},
		{"outbox, put a failed mail back", 60, failing},
		{"outbox, expire nothing", 60, func(h *house) (timed, before func()) {
			return func() {
				_, err := h.Store.ExpireMessages(h.Ctx(), h.Clock.Now())
				must(h.t, err)
			}, nil
		}},
		{"outbox, a code takes the place of an older one", 60, func(h *house) (timed, before func()) {
			return func() {
				id := h.user(h.visitor()).ID
				h.in(func(ctx context.Context, q *queries.Queries) error {
					return q.SupersedeCodes(ctx, queries.SupersedeCodesParams{Now: h.Clock.Now().UnixMicro(), UserID: id, Channel: "sms"})
				})
			}, nil
		}},
		{"sweep, nothing to do", 20, func(h *house) (timed, before func()) {
			sweep := func() {
				_, err := h.Store.Sweep(h.Ctx(), h.Now.Add(-26*time.Hour), 10*time.Second, 24*time.Hour)
				must(h.t, err)
			}
			sweep()
			return sweep, nil
		}},
		{"audit, trim nothing", 10, func(h *house) (timed, before func()) {
			return func() { h.trim(h.Now.AddDate(-2, 0, 0)) }, nil
		}},
	}
}

func sealing(h *house) (timed, before func()) {
	const rows = 500
	fresh := func() {
		must(h.t, h.SealAudit(h.Ctx()))
		events := make([]audit.Event, 0, rows)
		for range rows {
			events = append(events, audit.New(h.Ctx(), h.Clock.Now(), audit.SessionRenewed, audit.Success, h.user(crowd.Noisy).ID))
		}
		must(h.t, h.Store.Record(h.Ctx(), audit.Of(events...)))
	}
	return func() {
		n, err := h.Store.SealAudit(h.Ctx(), rows, h.Chain.Link)
		if err != nil || n != rows {
			h.t.Fatalf("sealed: got %d, %v, want %d", n, err, rows)
		}
	}, fresh
}

// queueMail leaves one mail that is due.
func (h *house) queueMail() {
	u := h.user(h.visitor())
	e := audit.New(h.Ctx(), h.Clock.Now(), audit.UserUpdated, audit.Success, u.ID)
	must(h.t, h.Store.Record(h.Ctx(), audit.Of(e).Telling(message.ToMail(message.PasswordChanged, u.ID, u.Email))))
}

func (h *house) claim() []message.Queued {
	got, err := h.Store.ClaimMessages(h.Ctx(), message.Email, h.Clock.Now(), 30*time.Second, 4)
	must(h.t, err)
	return got
}

func failing(h *house) (timed, before func()) {
	var held message.Queued
	return func() {
			must(h.t, h.Store.MarkFailed(h.Ctx(), held.ID, held.Attempts, "refused", h.Clock.Now().Add(time.Hour), h.Clock.Now()))
		}, func() {
			h.queueMail()
			held = h.claim()[0]
		}
}

func (h *house) trim(before time.Time) int {
	n, err := h.Store.TrimAudit(apptest.From(h.t.Context(), "", ""), before, h.Clock.Now(), h.Chain.Sign)
	must(h.t, err)
	return n
}
