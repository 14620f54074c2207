package limit

import (
	"context"
	"sync"
	"time"

	"github.com/sallyport/sallyport/internal/clock"
)

// How a Fallback treats its primary.
const (
	// PrimaryTimeout is the longest one request waits for the primary.
	PrimaryTimeout = 100 * time.Millisecond
	// FailuresToOpen is how many failures in a row take the primary out of use.
	FailuresToOpen = 3
	// RetryEvery is how often one request asks a primary that is out of use.
	RetryEvery = time.Second
)

// Fallback is a limiter shared by all nodes with one of this node's own behind
// it. While the shared one does not answer, the node counts alone and allows its
// share of every rule: N divided by the number of nodes, at least one. It is
// never without a limit, and a store that hangs costs a request at most
// PrimaryTimeout, and after FailuresToOpen of them nothing but one request per
// RetryEvery (RL-11).
type Fallback struct {
	primary  Limiter
	local    Limiter
	now      clock.Clock
	nodes    func() int
	onSwitch func(down bool)

	mu       sync.Mutex
	failures int  // in a row, while up
	down     bool // the primary is out of use
	askAgain time.Time
}

// NewFallback returns a limiter that asks primary and, where that fails, local.
// nodes tells how many nodes share the limits now; less than one counts as one.
// onSwitch is told each time the primary goes out of use and comes back, in that
// order; it must not block nor call the limiter. It may be nil.
func NewFallback(primary, local Limiter, now clock.Clock, nodes func() int, onSwitch func(down bool)) *Fallback {
	if onSwitch == nil {
		onSwitch = func(bool) {}
	}
	return &Fallback{primary: primary, local: local, now: now, nodes: nodes, onSwitch: onSwitch}
}

// Down reports whether the primary is out of use, for readiness and metrics.
func (f *Fallback) Down() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.down
}

// Take asks the primary, else the local limiter for this node's share. Its use
// is counted even if ctx ends meanwhile: hanging up does not give a try back.
func (f *Fallback) Take(ctx context.Context, rule Rule, key string) (Decision, error) {
	if err := rule.Check(); err != nil {
		return Decision{}, err
	}
	if f.mayAsk() {
		d, err := bounded(ctx, func(ctx context.Context) (Decision, error) { return f.primary.Take(ctx, rule, key) })
		f.note(err)
		if err == nil {
			return d, nil
		}
	}
	return f.local.Take(ctx, f.share(rule), key)
}

// Clear clears the key on this node and in the primary. It fails if the primary
// is in use and fails: the counter then stays until its time is up.
func (f *Fallback) Clear(ctx context.Context, rule Rule, key string) error {
	if err := f.local.Clear(ctx, f.share(rule), key); err != nil {
		return err
	}
	if !f.mayAsk() {
		return nil
	}
	_, err := bounded(ctx, func(ctx context.Context) (Decision, error) {
		return Decision{}, f.primary.Clear(ctx, rule, key)
	})
	f.note(err)
	return err
}

// share is the part of the rule that one node may spend alone.
func (f *Fallback) share(rule Rule) Rule {
	rule.N = max(rule.N/max(f.nodes(), 1), 1)
	return rule
}

// mayAsk says whether this request is to ask the primary: always while it is in
// use, else one request per RetryEvery. A clock set back does not stretch that.
func (f *Fallback) mayAsk() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	if !f.down {
		return true
	}
	now := f.now()
	if wait := f.askAgain.Sub(now); wait > 0 && wait <= RetryEvery {
		return false
	}
	f.askAgain = now.Add(RetryEvery)
	return true
}

// note records how the primary did and switches when that says so.
func (f *Fallback) note(err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if err == nil {
		f.failures = 0
		if f.down {
			f.down = false
			f.onSwitch(false)
		}
		return
	}
	f.failures++
	if !f.down && f.failures >= FailuresToOpen {
		f.down = true
		f.askAgain = f.now().Add(RetryEvery)
		f.onSwitch(true)
	}
}

// bounded runs call and gives up on it after PrimaryTimeout, whether or not it
// obeys its context.
func bounded(ctx context.Context, call func(context.Context) (Decision, error)) (Decision, error) {
	type answer struct {
		d   Decision
		err error
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), PrimaryTimeout)
	answers := make(chan answer, 1)
	go func() {
		defer cancel()
		d, err := call(ctx)
		answers <- answer{d, err}
	}()
	select {
	case a := <-answers:
		return a.d, a.err
	case <-ctx.Done():
	}
	select {
	case a := <-answers: // it was done before it cancelled
		return a.d, a.err
	default:
		return Decision{}, ctx.Err()
	}
}
