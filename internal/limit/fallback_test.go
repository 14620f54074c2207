package limit_test

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/sallyport/sallyport/internal/clock"
	"github.com/sallyport/sallyport/internal/limit"
	"github.com/sallyport/sallyport/internal/limit/memory"
)

var errAway = errors.New("away")

// primary is a shared limiter whose troubles the test decides.
type primary struct {
	limit.Limiter
	mu    sync.Mutex
	err   error         // answered instead of a verdict
	hang  time.Duration // how long an answer takes, whatever the context says
	calls int
}

func (p *primary) set(err error, hang time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.err, p.hang = err, hang
}

func (p *primary) trouble() error {
	p.mu.Lock()
	p.calls++
	err, hang := p.err, p.hang
	p.mu.Unlock()
	if hang > 0 {
		<-time.After(hang)
	}
	return err
}

func (p *primary) called() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.calls
}

func (p *primary) Take(ctx context.Context, rule limit.Rule, key string) (limit.Decision, error) {
	if err := p.trouble(); err != nil {
		return limit.Decision{}, err
	}
	return p.Limiter.Take(ctx, rule, key)
}

func (p *primary) Clear(ctx context.Context, rule limit.Rule, key string) error {
	if err := p.trouble(); err != nil {
		return err
	}
	return p.Limiter.Clear(ctx, rule, key)
}

// house is a Fallback in a synctest bubble, with what it told.
type house struct {
	*limit.Fallback
	t        *testing.T
	primary  *primary
	switches []bool
}

func newHouse(t *testing.T, nodes int) *house {
	h := &house{t: t, primary: &primary{Limiter: memory.New(clock.System, 0)}}
	h.Fallback = limit.NewFallback(h.primary, memory.New(clock.System, 0), clock.System,
		func() int { return nodes }, func(down bool) { h.switches = append(h.switches, down) })
	t.Cleanup(func() { <-time.After(2 * time.Minute) }) // calls given up on end inside the bubble
	return h
}

// allowed is how many of tries Takes of one key are allowed now.
func (h *house) allowed(tries int, rule limit.Rule, key string) (n int) {
	h.t.Helper()
	for range tries {
		d, err := h.Take(context.Background(), rule, key)
		if err != nil {
			h.t.Fatalf("Take: %v", err)
		}
		if d.Allowed {
			n++
		}
	}
	return n
}

func (h *house) wantSwitches(want ...bool) {
	h.t.Helper()
	if !slices.Equal(h.switches, want) {
		h.t.Errorf("onSwitch was told %v, want %v", h.switches, want)
	}
	if down := len(want) > 0 && want[len(want)-1]; h.Down() != down {
		h.t.Errorf("Down = %v, want %v", h.Down(), down)
	}
}

var ten = limit.Rule{Name: "ten", N: 10, Per: time.Hour}

func TestFallbackShares(t *testing.T) {
	for _, c := range []struct {
		name  string
		nodes int
		rule  limit.Rule
		want  int
	}{
		{"RL-11 one node keeps the whole limit", 1, ten, 10},
		{"RL-11 four nodes take a quarter, rounded down", 4, ten, 2},
		{"RL-11 more nodes than uses: at least one", 20, ten, 1},
		{"RL-11 number of nodes not known: as one", 0, ten, 10},
		{"RL-11 one use is never none", 3, limit.Rule{Name: "one", N: 1, Per: time.Hour}, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h := newHouse(t, c.nodes)
				h.primary.set(errAway, 0)
				if n := h.allowed(50, c.rule, "k"); n != c.want {
					t.Errorf("%d allowed without the primary, want %d", n, c.want)
				}
				h.wantSwitches(true)
			})
		})
	}
}

func TestFallbackUsesPrimary(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t, 5)
		if n := h.allowed(50, ten, "k"); n != 10 {
			t.Errorf("%d allowed with the primary, want 10", n)
		}
		h.primary.set(errAway, 0)
		h.allowed(limit.FailuresToOpen-1, ten, "other")
		h.primary.set(nil, 0)
		h.allowed(1, ten, "other")
		h.primary.set(errAway, 0)
		h.allowed(limit.FailuresToOpen-1, ten, "other")
		h.wantSwitches() // failures between successes do not add up
	})
}

func TestFallbackHanging(t *testing.T) {
	t.Run("RL-11 a hanging store costs a bounded time, then none", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			h := newHouse(t, 2)
			h.primary.set(nil, time.Minute)
			began := clock.System()
			if n := h.allowed(100, ten, "k"); n != 5 {
				t.Errorf("%d allowed, want 5", n)
			}
			if took, want := clock.System().Sub(began), limit.FailuresToOpen*limit.PrimaryTimeout; took != want {
				t.Errorf("100 takes took %v, want %v", took, want)
			}
			h.wantSwitches(true)
		})
	})
	t.Run("RL-11 then one request per second asks, the others do not wait", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			h := newHouse(t, 2)
			h.primary.set(nil, time.Minute)
			h.allowed(limit.FailuresToOpen, ten, "k")
			for range 5 {
				<-time.After(limit.RetryEvery)
				before, began := h.primary.called(), clock.System()
				h.allowed(20, ten, "k")
				if asked := h.primary.called() - before; asked != 1 {
					t.Errorf("%d requests asked within a second, want 1", asked)
				}
				if took := clock.System().Sub(began); took != limit.PrimaryTimeout {
					t.Errorf("20 takes took %v, want %v", took, limit.PrimaryTimeout)
				}
			}
			h.wantSwitches(true)
		})
	})
}

func TestFallbackReturns(t *testing.T) {
	t.Run("RL-11 back to the primary and its counts", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			h := newHouse(t, 2)
			h.allowed(7, ten, "k")
			h.primary.set(errAway, 0)
			if n := h.allowed(50, ten, "k"); n != 5 {
				t.Errorf("%d allowed while away, want 5", n)
			}
			h.primary.set(nil, 0)
			if n := h.allowed(5, ten, "k"); n != 0 {
				t.Errorf("%d allowed before the next ask, want 0", n)
			}
			<-time.After(limit.RetryEvery)
			if n := h.allowed(50, ten, "k"); n != 3 {
				t.Errorf("%d allowed after its return, want the 3 left there", n)
			}
			h.wantSwitches(true, false)
		})
	})
	t.Run("a clock set back does not keep it away", func(t *testing.T) {
		c := clock.NewFake(time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC))
		p := &primary{Limiter: memory.New(c.Now, 0)}
		f := limit.NewFallback(p, memory.New(c.Now, 0), c.Now, func() int { return 1 }, nil)
		p.set(errAway, 0)
		for range limit.FailuresToOpen {
			_, _ = f.Take(context.Background(), ten, "k")
		}
		p.set(nil, 0)
		c.Advance(-time.Hour)
		_, _ = f.Take(context.Background(), ten, "k")
		if f.Down() {
			t.Error("Down an hour before the failure, want the primary asked and back")
		}
	})
}

func TestFallbackClear(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t, 2)
		h.allowed(10, ten, "k")
		if err := h.Clear(context.Background(), ten, "k"); err != nil {
			t.Fatalf("RL-05 Clear: %v", err)
		}
		if n := h.allowed(20, ten, "k"); n != 10 {
			t.Errorf("RL-05 %d allowed after Clear, want 10", n)
		}
		h.primary.set(errAway, 0)
		if err := h.Clear(context.Background(), ten, "k"); !errors.Is(err, errAway) {
			t.Errorf("Clear while the primary fails = %v, want %v", err, errAway)
		}
		h.allowed(20, ten, "k")
		h.wantSwitches(true)
		if err := h.Clear(context.Background(), ten, "k"); err != nil {
			t.Errorf("Clear while the primary is out of use = %v, want nil", err)
		}
		if n := h.allowed(20, ten, "k"); n != 5 {
			t.Errorf("RL-05 %d allowed after Clear while away, want 5", n)
		}
	})
}

func TestFallbackDetails(t *testing.T) {
	t.Run("a caller that hung up is counted all the same", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			h := newHouse(t, 1)
			ctx, cancel := context.WithCancel(context.Background())
			cancel()
			for range 10 {
				if _, err := h.Take(ctx, ten, "k"); err != nil {
					t.Fatalf("Take: %v", err)
				}
			}
			if n := h.allowed(1, ten, "k"); n != 0 {
				t.Errorf("%d allowed after ten cancelled ones, want 0", n)
			}
			h.wantSwitches()
		})
	})
	t.Run("OP-09 a rule without sense is refused and no failure of the primary", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			h := newHouse(t, 1)
			for range 10 {
				if _, err := h.Take(context.Background(), limit.Rule{}, "k"); !errors.Is(err, limit.ErrRule) {
					t.Fatalf("Take = %v, want %v", err, limit.ErrRule)
				}
			}
			h.wantSwitches()
		})
	})
	t.Run("RL-11 exactly the share of many parallel takes", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			h := newHouse(t, 2)
			h.primary.set(errAway, time.Millisecond)
			var mu sync.Mutex
			allowed := 0
			var wg sync.WaitGroup
			for range 200 {
				wg.Go(func() {
					if d, err := h.Take(context.Background(), ten, "k"); err == nil && d.Allowed {
						mu.Lock()
						allowed++
						mu.Unlock()
					}
				})
			}
			wg.Wait()
			if allowed != 5 {
				t.Errorf("%d of 200 parallel takes allowed, want 5", allowed)
			}
			h.wantSwitches(true)
		})
	})
}
