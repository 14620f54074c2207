package main

import (
	"context"
	"strings"
	"time"

	"github.com/sallyport/sallyport/internal/app"
	"github.com/sallyport/sallyport/internal/clock"
	"github.com/sallyport/sallyport/internal/message"
)

type outboxCmd struct {
	List  outboxListCmd  `cmd:"" help:"List messages, without their recipients and words."`
	Retry outboxRetryCmd `cmd:"" help:"Try a dead message again."`
	Drop  outboxDropCmd  `cmd:"" help:"Delete a dead or waiting message."`
}

type outboxListCmd struct {
	State string `help:"Which ones." enum:"queued,sent,dead,expired" default:"dead"`
	After string `help:"Only those older than the one of this id."`
	Limit int    `help:"How many at the most." default:"100"`
}

func (c outboxListCmd) Run(ctx context.Context, t terminal, s settings) error {
	return withApp(ctx, s, func(a *app.App) error {
		all, err := a.Store.ListMessages(ctx, message.State(c.State), c.After, min(max(c.Limit, 1), 10_000))
		for _, m := range all {
			t.printf("%s  %s %s  tried %d  queued %s  %s\n", m.ID, m.Channel, m.Kind, m.Attempts, m.QueuedAt.Format(time.RFC3339), fate(m))
		}
		return err
	})
}

// fate says what became of a message: why the last try failed, or what the
// carrier reported.
func fate(m message.Entry) string {
	if m.Delivery == "" {
		return m.Reason
	}
	return strings.TrimSpace(string(m.Delivery) + " " + m.DeliveryCode + " " + m.Reason)
}

type outboxRetryCmd struct {
	ID string `arg:"" help:"Id of the message."`
}

func (c outboxRetryCmd) Run(ctx context.Context, t terminal, s settings) error {
	return withApp(ctx, s, func(a *app.App) error {
		err := a.Store.RetryMessage(ctx, c.ID, clock.System())
		if err == nil {
			t.printf("queued again\n")
		}
		return err
	})
}

type outboxDropCmd struct {
	ID string `arg:"" help:"Id of the message."`
}

func (c outboxDropCmd) Run(ctx context.Context, t terminal, s settings) error {
	return withApp(ctx, s, func(a *app.App) error {
		err := a.Store.DropMessage(ctx, c.ID, clock.System())
		if err == nil {
			t.printf("dropped\n")
		}
		return err
	})
}
