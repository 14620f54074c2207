package message

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"
)

// lane sends the messages of one channel.
type lane struct {
	*Worker
	by     Channel
	sender Sender        // nil: the channel has no carrier
	wake   chan struct{} // holds one token: look at the table again
	slots  chan struct{} // one token per message in hand
	hungry atomic.Bool   // the last round may have left due messages behind
}

func newLane(w *Worker, by Channel, s Sender) *lane {
	return &lane{Worker: w, by: by, sender: s, wake: make(chan struct{}, 1), slots: make(chan struct{}, w.Parallel)}
}

func (l *lane) nudge() {
	select {
	case l.wake <- struct{}{}:
	default:
	}
}

// run claims and sends until ctx ends, then waits for what is in hand.
func (l *lane) run(ctx context.Context) {
	var inHand sync.WaitGroup
	defer inHand.Wait()
	poll := time.NewTicker(l.Poll)
	defer poll.Stop()
	healthy := true
	for ctx.Err() == nil {
		err := l.round(ctx, &inHand)
		if failed := err != nil && ctx.Err() == nil; failed == healthy { // said once per change
			healthy = !failed
			l.tellHealth(ctx, err)
		}
		select {
		case <-l.wake:
		case <-poll.C:
		case <-ctx.Done():
		}
	}
}

func (l *lane) tellHealth(ctx context.Context, err error) {
	if err != nil {
		l.Log.ErrorContext(ctx, "outbox: cannot be read; will keep trying", "channel", string(l.by), "error", err)
		return
	}
	l.Log.InfoContext(ctx, "outbox: readable again", "channel", string(l.by))
}

// round claims as many messages as there are free slots, so that none waits in
// memory while its lease runs, and starts sending them.
func (l *lane) round(ctx context.Context, inHand *sync.WaitGroup) error {
	l.hungry.Store(true) // before counting: a slot freed from here on wakes the lane
	free := cap(l.slots) - len(l.slots)
	if free == 0 {
		return nil
	}
	batch, err := l.Store.ClaimMessages(ctx, l.by, l.Clock(), lease, free)
	if err != nil {
		return err
	}
	l.hungry.Store(len(batch) == free)
	for _, q := range batch {
		l.slots <- struct{}{} // only this goroutine takes slots: never blocks
		inHand.Go(func() {
			defer l.release()
			l.deliver(context.WithoutCancel(ctx), q)
		})
	}
	return nil
}

// release frees the slot of a finished message and wakes the lane when more
// messages may be waiting for it.
func (l *lane) release() {
	<-l.slots
	if l.hungry.Load() {
		l.nudge()
	}
}

// deliver makes one try and writes down how it ended.
func (l *lane) deliver(ctx context.Context, q Queued) {
	start := l.Clock()
	carrierID, failure := l.try(ctx, q, start)
	now := l.Clock()
	out := Outcome{
		Channel: q.Channel, Kind: q.Kind, Attempt: q.Attempts,
		Took: now.Sub(start), Waited: now.Sub(q.QueuedAt),
	}
	var err error
	if failure == nil {
		out.Result = "sent"
		err = l.mark(ctx, func(ctx context.Context) error {
			return l.Store.MarkSent(ctx, q.ID, q.Attempts, OneLine(carrierID, maxReason), l.Clock())
		})
	} else {
		var next time.Time
		out.Code = failure.Code
		out.Result, next = l.verdict(q, *failure, now)
		err = l.mark(ctx, func(ctx context.Context) error {
			return l.Store.MarkFailed(ctx, q.ID, q.Attempts, scrub(failure.Error(), q.Outgoing), next, l.Clock())
		})
	}
	if err != nil {
		out.Result = "lost"
	}
	l.tell(ctx, q, out, failure, err)
	l.Observe(out)
}

// verdict decides what becomes of a message that was not taken.
func (l *lane) verdict(q Queued, f Failure, now time.Time) (result string, next time.Time) {
	switch {
	case expired(q.Outgoing, now):
		return "expired", time.Time{}
	case f.Final || q.Attempts >= maxAttempts:
		return "dead", time.Time{}
	default:
		return "retry", now.Add(max(backoff(q.Attempts), f.After))
	}
}

func expired(o Outgoing, now time.Time) bool {
	return !o.ExpiresAt.IsZero() && !now.Before(o.ExpiresAt)
}

// try renders and sends. The time to live is looked at once more, and bounds the
// try itself: what expires while the carrier dawdles is not sent.
func (l *lane) try(ctx context.Context, q Queued, now time.Time) (carrierID string, failure *Failure) {
	defer func() {
		if p := recover(); p != nil {
			failure = &Failure{Code: "panic", Err: fmt.Errorf("%v", p)}
		}
	}()
	budget := sendBudget
	switch {
	case expired(q.Outgoing, now):
		return "", Refused("expired", nil)
	case q.Attempts > maxAttempts:
		return "", Refused("too_many_attempts", nil)
	case q.Kind == Nothing:
		_, _ = l.Renderer.Render(q.asAny()) // for its cost
		return "", nil
	case l.sender == nil:
		return "", Refused("no_sender", errors.New("no carrier is set up for this channel"))
	case !q.ExpiresAt.IsZero():
		budget = min(budget, q.ExpiresAt.Sub(now))
	}
	words, err := l.Renderer.Render(q.Outgoing)
	if err != nil {
		return "", Refused("template", err)
	}
	ctx, cancel := context.WithTimeout(ctx, budget)
	defer cancel()
	carrierID, err = l.sender.Send(ctx, q, words)
	if err != nil {
		f := failureOf(err)
		return "", &f
	}
	return carrierID, nil
}

// mark writes down how a try ended. It insists for a few seconds, because a
// message that was sent and not marked is sent again.
func (l *lane) mark(ctx context.Context, write func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, markBudget)
	defer cancel()
	for wait := 50 * time.Millisecond; ; wait *= 2 {
		err := write(ctx)
		if err == nil || errors.Is(err, ErrNotHeld) {
			return err
		}
		select {
		case <-time.After(wait):
		case <-ctx.Done():
			return err
		}
	}
}

// tell logs how a try ended, without recipient, words or secrets.
func (l *lane) tell(ctx context.Context, q Queued, out Outcome, f *Failure, markErr error) {
	log := l.Log.With("message", q.Outgoing, "attempt", q.Attempts)
	if f != nil {
		log = log.With("code", f.Code, "reason", scrub(f.Error(), q.Outgoing))
	}
	switch {
	case markErr != nil:
		log.ErrorContext(ctx, "outbox: result not written; the message may be sent again", "error", markErr)
	case out.Result == "dead":
		log.ErrorContext(ctx, "outbox: message given up")
	case out.Result == "sent":
		log.InfoContext(ctx, "outbox: message sent", "waited", out.Waited)
	default:
		log.WarnContext(ctx, "outbox: message not sent", "result", out.Result)
	}
}
