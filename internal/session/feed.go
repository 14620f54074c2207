package session

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/sallyport/sallyport/internal/bus"
	"github.com/sallyport/sallyport/internal/clock"
	"github.com/sallyport/sallyport/internal/fault"
)

// Log is where revocations are kept.
type Log interface {
	// RevocationsSince returns the live revocations written at or after since.
	RevocationsSince(ctx context.Context, since, now time.Time) ([]Revocation, error)
}

// Times of the feed.
const (
	sweepEvery = 2 * time.Second
	// overlap is how far back each sweep reads: longer than the slowest
	// transaction and the largest difference between the nodes' clocks.
	overlap = time.Minute
)

// Feed keeps this node's set of revocations complete: from the bus within
// milliseconds, and from the database every two seconds whatever the bus does
// (TK-11).
type Feed struct {
	Set   *Revocations
	Log   Log
	Bus   bus.Bus
	Clock clock.Clock
	Slog  *slog.Logger

	last atomic.Int64 // when the latest complete read began, microseconds
}

// MaxStale is how old the set may be before it answers for nobody: a node that
// cannot read revocations refuses rather than trusts (OP-09).
const MaxStale = 30 * time.Second

// Current returns nil while the set is complete up to MaxStale ago, else
// fault.CodeUnavailable. A last read that lies as far in the future is no better:
// the clock was set back, and the next read has to come first.
func (f *Feed) Current() error {
	if f.Clock().Sub(clock.FromMicros(f.last.Load())).Abs() <= MaxStale {
		return nil
	}
	return fault.Because(fault.CodeUnavailable, errors.New("session: revocations could not be read for too long")).WithRetryAfter(sweepEvery)
}

// Load reads every live revocation. A node is not ready before it succeeded.
func (f *Feed) Load(ctx context.Context) error { return f.read(ctx, time.Time{}) }

func (f *Feed) read(ctx context.Context, since time.Time) error {
	now := f.Clock()
	revs, err := f.Log.RevocationsSince(ctx, since, now)
	if err != nil {
		return err
	}
	f.Set.Add(revs...)
	f.Set.Forget(now)
	f.last.Store(clock.Micros(now))
	return nil
}

// Run follows the bus and sweeps the database until ctx ends.
func (f *Feed) Run(ctx context.Context) {
	gaps := make(chan struct{}, 1)
	go func() { _ = f.Bus.Subscribe(ctx, Topic, "", func(m bus.Message) { f.take(ctx, m, gaps) }) }()
	tick := time.NewTicker(sweepEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-gaps:
		case <-tick.C:
		}
		if err := f.read(ctx, f.since()); err != nil && ctx.Err() == nil {
			f.Slog.ErrorContext(ctx, "reading revocations failed; it is tried again", "error", err)
		}
	}
}

// since is how far back the next read goes: a little behind the start of the last
// one that succeeded. Where that lies in the future the clock was set back, and
// tokens live again whose revocations may be forgotten: then everything is read.
func (f *Feed) since() time.Time {
	last := clock.FromMicros(f.last.Load())
	if f.Clock().Before(last) {
		return time.Time{}
	}
	return last.Add(-overlap)
}

// take hands a message of the bus to the set; a gap asks for a read at once.
func (f *Feed) take(ctx context.Context, m bus.Message, gaps chan<- struct{}) {
	if m.Gap {
		select {
		case gaps <- struct{}{}:
		default:
		}
		return
	}
	var revs []Revocation
	if err := json.Unmarshal(m.Body, &revs); err != nil {
		f.Slog.ErrorContext(ctx, "a revocation on the bus could not be read; the sweep finds it", "error", err)
		return
	}
	f.Set.Add(revs...)
}
