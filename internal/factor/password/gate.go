package password

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/sallyport/sallyport/internal/fault"
)

// GateStats is a snapshot of the gate for metrics.
type GateStats struct {
	Running int    // hashes under way
	Waiting int    // requests that wait for a place
	Refused uint64 // requests turned away as busy since the start
}

// gate bounds the work of hashing (PW-08): at most cap(permits) jobs run, at
// most queue requests wait, and none waits longer than wait. Waiters are served
// in the order they came.
type gate struct {
	permits chan struct{}
	queue   int64
	wait    time.Duration
	waiting atomic.Int64
	refused atomic.Uint64
	// usualKiB is what an ordinary job fills; a job that needs more (an imported
	// hash) also takes heavy, so that only one of those runs at a time.
	usualKiB uint32
	heavy    sync.Mutex
	memory   reclaimer
}

func newGate(concurrent, queue int, wait time.Duration, usualKiB uint32) *gate {
	return &gate{permits: make(chan struct{}, concurrent), queue: int64(queue), wait: wait, usualKiB: usualKiB, memory: reclaimer{ballast: make([]byte, usualKiB<<10)}}
}

// outcome is what a job leaves behind.
type outcome[T any] struct {
	value T
	err   error
}

// through runs job behind the gate and returns its value. The permit belongs to
// the job: when ctx ends first, through returns ctx.Err() and the job, which
// cannot be stopped, keeps its permit until it is done. Otherwise a client that
// hangs up early could start more hashes than the gate allows.
func through[T any](ctx context.Context, g *gate, kib uint32, job func() T) (T, error) {
	var none T
	if err := g.enter(ctx); err != nil {
		return none, err
	}
	done := make(chan outcome[T], 1)
	go func() {
		defer g.leave(kib)
		done <- guarded(g, kib, job)
	}()
	select {
	case o := <-done:
		return o.value, o.err
	case <-ctx.Done():
		return none, ctx.Err()
	}
}

// guarded runs job and turns a panic into an error: it must cost one request,
// not the process.
func guarded[T any](g *gate, kib uint32, job func() T) (o outcome[T]) {
	defer func() {
		if r := recover(); r != nil {
			o.err = fmt.Errorf("password: hash job panicked: %v", r)
		}
	}()
	if kib > g.usualKiB {
		g.heavy.Lock()
		defer g.heavy.Unlock()
	}
	o.value = job()
	return o
}

// enter takes a permit, waiting for one if it must. It returns fault.CodeBusy
// when the queue is full or the wait is over, ctx.Err() when ctx ends first.
func (g *gate) enter(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	select {
	case g.permits <- struct{}{}:
		return nil
	default:
	}
	defer g.waiting.Add(-1)
	if g.waiting.Add(1) > g.queue {
		return g.busy()
	}
	timer := time.NewTimer(g.wait)
	defer timer.Stop()
	select {
	case g.permits <- struct{}{}:
		return nil
	case <-timer.C:
		return g.busy()
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (g *gate) busy() error {
	g.refused.Add(1)
	return fault.New(fault.CodeBusy).WithRetryAfter(g.wait)
}

// leave gives the permit back once the job's memory is accounted for.
func (g *gate) leave(kib uint32) {
	defer func() { <-g.permits }()
	g.memory.freed(uint64(kib)<<10, uint64(len(g.permits))*uint64(g.usualKiB)<<10)
}

func (g *gate) stats() GateStats {
	return GateStats{
		Running: len(g.permits),
		Waiting: int(max(0, min(g.waiting.Load(), g.queue))),
		Refused: g.refused.Load(),
	}
}
