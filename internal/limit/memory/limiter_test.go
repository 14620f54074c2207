package memory_test

import (
	"context"
	"fmt"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/sallyport/sallyport/internal/clock"
	"github.com/sallyport/sallyport/internal/limit"
	"github.com/sallyport/sallyport/internal/limit/limittest"
	"github.com/sallyport/sallyport/internal/limit/memory"
)

var start = time.Date(2030, 1, 2, 3, 4, 5, 0, time.UTC)

func TestConformance(t *testing.T) {
	limittest.Run(t, func(*testing.T) limittest.Subject {
		c := clock.NewFake(start)
		return limittest.Subject{Limiter: memory.New(c.Now, 0), Pass: c.Advance}
	})
}

func take(t testing.TB, l limit.Limiter, rule limit.Rule, key string) limit.Decision {
	t.Helper()
	d, err := l.Take(context.Background(), rule, key)
	if err != nil {
		t.Fatalf("Take(%+v, %q): %v", rule, key, err)
	}
	return d
}

func TestBounded(t *testing.T) {
	rule := limit.Rule{Name: "r", N: 2, Per: time.Hour}
	lock := limit.Rule{Name: "lock", N: 1, Per: 2 * time.Hour}

	t.Run("RL-12 memory of a million keys", func(t *testing.T) {
		c := clock.NewFake(start)
		before := heapInUse()
		l := memory.New(c.Now, 1_000_000)
		for i := range 1_200_000 {
			take(t, l, rule, fmt.Sprintf("user-%d@example.org", i))
		}
		grown := int64(heapInUse()) - int64(before)
		t.Logf("%d keys in %d MiB", l.Len(), grown>>20)
		if grown > 256<<20 {
			t.Errorf("heap grew by %d MiB, want at most 256", grown>>20)
		}
		if n := l.Len(); n < 990_000 || n > 1_000_064 {
			t.Errorf("Len = %d, want about 1,000,000", n)
		}
		runtime.KeepAlive(l)
	})

	t.Run("RL-12 the oldest goes first", func(t *testing.T) {
		c := clock.NewFake(start)
		l := memory.New(c.Now, 64*10)
		for i := range 64 * 30 {
			take(t, l, rule, fmt.Sprint(i))
			c.Advance(time.Millisecond)
		}
		if n := l.Len(); n > 64*10 {
			t.Errorf("Len = %d, want at most %d", n, 64*10)
		}
		if d := take(t, l, rule, fmt.Sprint(64*30-1)); d.Remaining != 0 {
			t.Errorf("the newest key has %d remaining, want 0: it was forgotten", d.Remaining)
		}
		if d := take(t, l, rule, "0"); d.Remaining != 1 {
			t.Errorf("the oldest key has %d remaining, want 1: it was kept", d.Remaining)
		}
	})

	t.Run("RL-12 among equals the oldest goes first on a clock that stands", func(t *testing.T) {
		l := memory.New(clock.NewFake(start).Now, 128) // two keys in each shard
		keys := collide(t, rule, 3)
		for _, key := range keys {
			take(t, l, rule, key)
		}
		if d := take(t, l, rule, keys[1]); d.Remaining != 0 {
			t.Errorf("the second key has %d remaining, want 0: it was forgotten", d.Remaining)
		}
		if d := take(t, l, rule, keys[2]); d.Remaining != 0 {
			t.Errorf("the third key has %d remaining, want 0: it was forgotten", d.Remaining)
		}
	})

	t.Run("RL-12 a used key outlives a flood of fresh ones", func(t *testing.T) {
		c := clock.NewFake(start)
		l := memory.New(c.Now, 64*10)
		five := limit.Rule{Name: "five", N: 5, Per: time.Hour}
		for range 4 {
			take(t, l, five, "victim")
		}
		for i := range 64 * 100 {
			take(t, l, five, fmt.Sprint(i))
		}
		if d := take(t, l, five, "victim"); !d.Allowed || d.Remaining != 0 {
			t.Errorf("after the flood = %+v, want the fifth and last", d)
		}
	})

	t.Run("RL-12 locked keys are never forgotten", func(t *testing.T) {
		c := clock.NewFake(start)
		l := memory.New(c.Now, 64*10)
		for i := range 200 {
			take(t, l, lock, fmt.Sprint(i))
		}
		for i := range 64 * 100 {
			take(t, l, rule, fmt.Sprint(i))
		}
		for i := range 200 {
			if d := take(t, l, lock, fmt.Sprint(i)); d.Allowed {
				t.Fatalf("locked key %d = %+v after a flood, want refused", i, d)
			}
		}
	})

	t.Run("RL-12 full of locked keys, a new one waits for the first to be free", func(t *testing.T) {
		c := clock.NewFake(start)
		l := memory.New(c.Now, 64)
		keys := collide(t, lock, 2)
		take(t, l, lock, keys[0])
		c.Advance(30 * time.Minute)
		if d := take(t, l, lock, keys[1]); d.Allowed || d.RetryAfter != 90*time.Minute {
			t.Fatalf("new key = %+v, want refused for 90 min", d)
		}
		if n := l.Len(); n != 1 {
			t.Errorf("Len = %d, want 1", n)
		}
		c.Advance(90 * time.Minute)
		if d := take(t, l, lock, keys[1]); !d.Allowed {
			t.Errorf("new key after that = %+v, want allowed", d)
		}
	})

	t.Run("RL-12 what is over takes no room", func(t *testing.T) {
		c := clock.NewFake(start)
		l := memory.New(c.Now, 0)
		for i := range 5000 {
			take(t, l, rule, fmt.Sprint(i))
		}
		c.Advance(2 * time.Hour)
		for i := range 5000 {
			take(t, l, rule, fmt.Sprint("later", i))
		}
		if n := l.Len(); n > 5100 {
			t.Errorf("Len = %d, want about 5000: the old ones are over", n)
		}
	})
}

// collide returns n keys that fall into the same one of 64 shards.
func collide(t *testing.T, rule limit.Rule, n int) []string {
	t.Helper()
	want := rule.ID("0")[0] % 64
	var keys []string
	for i := 0; len(keys) < n; i++ {
		if key := fmt.Sprint(i); rule.ID(key)[0]%64 == want {
			keys = append(keys, key)
		}
	}
	return keys
}

func TestClockSetBack(t *testing.T) {
	c := clock.NewFake(start)
	l := memory.New(c.Now, 0)
	rule := limit.Rule{Name: "r", N: 1, Per: time.Minute}
	take(t, l, rule, "k")
	c.Advance(-24 * time.Hour)
	if d := take(t, l, rule, "k"); d.Allowed || d.RetryAfter != time.Minute {
		t.Errorf("right after the clock went back a day: %+v, want refused for 1 min", d)
	}
	c.Advance(time.Minute)
	if d := take(t, l, rule, "k"); !d.Allowed {
		t.Errorf("a minute later: %+v, want allowed", d)
	}
}

func TestParallelKeys(t *testing.T) {
	l := memory.New(clock.System, 640)
	rule := limit.Rule{Name: "r", N: 3, Per: time.Hour}
	var wg sync.WaitGroup
	for g := range 8 {
		wg.Go(func() {
			for i := range 2000 {
				key := fmt.Sprint((i + g) % 1000)
				_, _ = l.Take(context.Background(), rule, key)
				if i%7 == 0 {
					_ = l.Clear(context.Background(), rule, key)
				}
			}
		})
	}
	wg.Wait()
	if n := l.Len(); n > 640 {
		t.Errorf("Len = %d after a parallel storm, want at most 640", n)
	}
}

func heapInUse() uint64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

func BenchmarkTake(b *testing.B) {
	rule := limit.Rule{Name: "r", N: 10, Per: time.Minute}
	b.Run("one key", func(b *testing.B) {
		l := memory.New(clock.System, 0)
		b.ReportAllocs()
		for b.Loop() {
			_, _ = l.Take(context.Background(), rule, "203.0.113.9")
		}
	})
	b.Run("many keys, full", func(b *testing.B) {
		l := memory.New(clock.System, 10_000)
		b.ReportAllocs()
		i := 0
		for b.Loop() {
			i++
			_, _ = l.Take(context.Background(), rule, fmt.Sprint(i))
		}
	})
	b.Run("parallel", func(b *testing.B) {
		l := memory.New(clock.System, 0)
		b.RunParallel(func(pb *testing.PB) {
			i := 0
			for pb.Next() {
				i++
				_, _ = l.Take(context.Background(), rule, fmt.Sprint(i%5000))
			}
		})
	})
}
