package password_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/sallyport/sallyport/internal/clock"
	"github.com/sallyport/sallyport/internal/factor/password"
	"github.com/sallyport/sallyport/internal/fault"
)

// holding is a set of peppers that stops every hash job, which looks its pepper
// up, until release is fed or closed.
type holding struct {
	keys
	release chan struct{}
}

func (h holding) ByID(id string) ([]byte, bool) {
	<-h.release
	return h.keys.ByID(id)
}

func newHolding() holding {
	return holding{keys{"k1", map[string][]byte{"k1": k1()}}, make(chan struct{})}
}

// bubble runs a named subtest with a clock of its own.
func bubble(t *testing.T, name string, test func(*testing.T)) {
	t.Helper()
	t.Run(name, func(t *testing.T) { synctest.Test(t, test) })
}

// spend starts Spend and returns where its error will arrive.
func spend(ctx context.Context, h *password.Hasher) <-chan error {
	done := make(chan error, 1)
	go func() { done <- h.Spend(ctx) }()
	return done
}

func wantStats(t *testing.T, h *password.Hasher, want password.GateStats) {
	t.Helper()
	synctest.Wait()
	if got := h.Stats(); got != want {
		t.Errorf("Stats() = %+v, want %+v", got, want)
	}
}

func wantBusy(t *testing.T, err error, retry time.Duration) {
	t.Helper()
	var e *fault.Error
	if !errors.As(err, &e) || e.Code != fault.CodeBusy || e.RetryAfter != retry {
		t.Errorf("got %v (%+v), want %q with RetryAfter %v", err, e, fault.CodeBusy, retry)
	}
}

func wantAll(t *testing.T, want error, results ...<-chan error) {
	t.Helper()
	for i, r := range results {
		if got := <-r; !errors.Is(got, want) {
			t.Errorf("request %d: got %v, want %v", i, got, want)
		}
	}
}

func TestGateBounds(t *testing.T) {
	bubble(t, "PW-08 N run, the queue fills, the next is refused at once", func(t *testing.T) {
		p, ctx := newHolding(), context.Background()
		h := newHasher(t, password.Options{Concurrent: 2, Queue: 3, Pepper: p})
		running := []<-chan error{spend(ctx, h), spend(ctx, h)}
		wantStats(t, h, password.GateStats{Running: 2})
		waiting := []<-chan error{spend(ctx, h), spend(ctx, h), spend(ctx, h)}
		wantStats(t, h, password.GateStats{Running: 2, Waiting: 3})

		start := clock.System()
		wantBusy(t, <-spend(ctx, h), 2*time.Second)
		if waited := clock.System().Sub(start); waited != 0 {
			t.Errorf("the request that found the queue full waited %v, want 0", waited)
		}
		wantStats(t, h, password.GateStats{Running: 2, Waiting: 3, Refused: 1})

		close(p.release)
		wantAll(t, nil, append(running, waiting...)...)
		wantStats(t, h, password.GateStats{Refused: 1})
	})
}

func TestGateWait(t *testing.T) {
	bubble(t, "PW-08 nobody waits longer than Wait", func(t *testing.T) {
		p, ctx := newHolding(), context.Background()
		h := newHasher(t, password.Options{Concurrent: 1, Wait: 3 * time.Second, Pepper: p})
		first := spend(ctx, h)
		synctest.Wait()
		start := clock.System()
		wantBusy(t, <-spend(ctx, h), 3*time.Second)
		if waited := clock.System().Sub(start); waited != 3*time.Second {
			t.Errorf("waited %v, want 3s", waited)
		}
		wantStats(t, h, password.GateStats{Running: 1, Refused: 1})
		close(p.release)
		wantAll(t, nil, first)
	})
}

func TestGatePermitBelongsToJob(t *testing.T) {
	bubble(t, "PW-08 a cancelled request leaves at once, its job keeps the permit until it is done", func(t *testing.T) {
		p, ctx := newHolding(), context.Background()
		h := newHasher(t, password.Options{Concurrent: 1, Pepper: p})
		hungUp, cancel := context.WithCancel(ctx)
		first := spend(hungUp, h)
		wantStats(t, h, password.GateStats{Running: 1})
		cancel()
		wantAll(t, context.Canceled, first)
		wantStats(t, h, password.GateStats{Running: 1})

		second := spend(ctx, h)
		wantStats(t, h, password.GateStats{Running: 1, Waiting: 1})
		p.release <- struct{}{} // the abandoned job ends; the second begins
		wantStats(t, h, password.GateStats{Running: 1})
		p.release <- struct{}{}
		wantAll(t, nil, second)
		wantStats(t, h, password.GateStats{})
	})
}

func TestGateLeavingTheQueue(t *testing.T) {
	bubble(t, "PW-08 a request cancelled while it waits frees its place in the queue", func(t *testing.T) {
		p, ctx := newHolding(), context.Background()
		h := newHasher(t, password.Options{Concurrent: 1, Queue: 1, Pepper: p})
		first := spend(ctx, h)
		synctest.Wait()
		hungUp, cancel := context.WithCancel(ctx)
		waiting := spend(hungUp, h)
		wantStats(t, h, password.GateStats{Running: 1, Waiting: 1})
		cancel()
		wantAll(t, context.Canceled, waiting)
		wantStats(t, h, password.GateStats{Running: 1})
		next := spend(ctx, h)
		wantStats(t, h, password.GateStats{Running: 1, Waiting: 1})
		close(p.release)
		wantAll(t, nil, first, next)
	})
}

// panicking is a set of peppers whose look-up fails badly.
type panicking struct{ keys }

func (panicking) ByID(string) ([]byte, bool) { panic("key store gone") }

func TestGateSurvivesPanic(t *testing.T) {
	bubble(t, "PW-08 a panic costs one request and gives its permit back", func(t *testing.T) {
		h := newHasher(t, password.Options{Concurrent: 1, Pepper: panicking{keys{"k1", map[string][]byte{"k1": k1()}}}})
		for range 3 {
			if got := fault.Of(h.Spend(context.Background())); got != fault.CodeInternal {
				t.Errorf("code = %q, want %q", got, fault.CodeInternal)
			}
			wantStats(t, h, password.GateStats{})
		}
		if encoded := hash(t, h, good); encoded == "" {
			t.Error("Hash after a panic gave nothing")
		}
	})
}

func TestGateServesEveryPath(t *testing.T) {
	bubble(t, "PW-08 Hash, Verify and Spend pass the same gate", func(t *testing.T) {
		p, ctx := newHolding(), context.Background()
		h := newHasher(t, password.Options{Concurrent: 1, Wait: time.Second, Pepper: p})
		first := spend(ctx, h)
		synctest.Wait()
		_, err := h.Hash(ctx, good)
		wantBusy(t, err, time.Second)
		for _, v := range vectors(t)[:6] {
			_, err = h.Verify(ctx, v.Hash, v.Password)
			wantBusy(t, err, time.Second)
		}
		wantBusy(t, h.Spend(ctx), time.Second)
		close(p.release)
		wantAll(t, nil, first)
	})
}
