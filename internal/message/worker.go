package message

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/sallyport/sallyport/internal/clock"
)

// Times of the worker.
const (
	lease       = 30 * time.Second // how long a claim holds; longer than send and mark together
	sendBudget  = 10 * time.Second // one try with the carrier
	markBudget  = 5 * time.Second  // writing down how a try ended
	expiryEvery = 30 * time.Second
	forgetEvery = time.Hour
)

// Outcome is how one claim of a message ended, for metrics.
type Outcome struct {
	Channel Channel
	Kind    Kind
	// Result is "sent", "retry", "dead", "expired" or "lost" (the claim ran out
	// before the result was written; the message may arrive twice).
	Result string
	// Code is the Failure's; empty when sent.
	Code    string
	Took    time.Duration // the try itself
	Waited  time.Duration // from queueing to the end of the try
	Attempt int
}

// Parts is what a Worker is made of. Zero numbers take the defaults.
type Parts struct {
	Store    Store
	Renderer interface {
		Render(Outgoing) (Rendered, error)
	}
	// Senders are the carriers. Messages of a channel without one die at once,
	// with reason "no_sender", and can be retried once there is one.
	Senders map[Channel]Sender
	Clock   clock.Clock
	Log     *slog.Logger
	// Observe is told each Outcome; nil: nobody. It must not block.
	Observe func(Outcome)
	// Parallel is how many messages of one channel are sent at a time; 0: 4.
	Parallel int
	// Poll is how often the table is looked at without a Nudge, which finds
	// retries and what another node left behind; 0: 2 s.
	Poll time.Duration
	// Keep is how long finished messages stay listed; 0: 7 days.
	Keep time.Duration
}

// Worker sends what is in the outbox. Any number of workers, on any number of
// nodes, share one table.
type Worker struct {
	Parts
	lanes []*lane
}

// NewWorker returns a worker of these parts that has not started yet.
func NewWorker(p Parts) *Worker {
	if p.Parallel <= 0 {
		p.Parallel = 4
	}
	if p.Poll <= 0 {
		p.Poll = 2 * time.Second
	}
	if p.Keep <= 0 {
		p.Keep = 7 * 24 * time.Hour
	}
	if p.Observe == nil {
		p.Observe = func(Outcome) {}
	}
	w := &Worker{Parts: p}
	for _, by := range []Channel{Email, SMS} {
		w.lanes = append(w.lanes, newLane(w, by, p.Senders[by]))
	}
	return w
}

// Nudge makes the worker look at the table now. It is called right after the
// commit that queued a message, never blocks, and costs nothing when the worker
// is awake already.
func (w *Worker) Nudge() {
	for _, l := range w.lanes {
		l.nudge()
	}
}

// Run sends until ctx ends, then finishes the tries under way, which takes at
// most fifteen seconds, and returns nil. A channel has a lane of its own: a slow
// mail server holds up no SMS.
func (w *Worker) Run(ctx context.Context) error {
	var wg sync.WaitGroup
	for _, l := range w.lanes {
		wg.Go(func() { l.run(ctx) })
	}
	wg.Go(func() {
		every(ctx, expiryEvery, func() {
			w.tidy(ctx, "expired", func() (int, error) { return w.Store.ExpireMessages(ctx, w.Clock()) })
		})
	})
	wg.Go(func() {
		every(ctx, forgetEvery, func() {
			w.tidy(ctx, "forgotten", func() (int, error) { return w.Store.ForgetMessages(ctx, w.Clock().Add(-w.Keep)) })
		})
	})
	wg.Wait()
	return nil
}

// every calls f now and then once per period until ctx ends.
func every(ctx context.Context, period time.Duration, f func()) {
	t := time.NewTicker(period)
	defer t.Stop()
	for ctx.Err() == nil {
		f()
		select {
		case <-t.C:
		case <-ctx.Done():
		}
	}
}

// tidy runs one housekeeping step and logs what it did.
func (w *Worker) tidy(ctx context.Context, what string, step func() (int, error)) {
	n, err := step()
	switch {
	case err != nil && ctx.Err() == nil:
		w.Log.WarnContext(ctx, "outbox: housekeeping failed", "step", what, "error", err)
	case n > 0:
		w.Log.InfoContext(ctx, "outbox: housekeeping", what, n)
	}
}
