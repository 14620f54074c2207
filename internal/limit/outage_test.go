package limit_test

import (
	"context"
	"testing"
	"time"

	"github.com/redis/rueidis"

	"github.com/sallyport/sallyport/internal/clock"
	"github.com/sallyport/sallyport/internal/limit"
	"github.com/sallyport/sallyport/internal/limit/memory"
	"github.com/sallyport/sallyport/internal/limit/redis"
	"github.com/sallyport/sallyport/internal/testbed"
)

// TestRealOutage takes a real Redis away in every way it can go and brings it
// back.
func TestRealOutage(t *testing.T) {
	for _, c := range []struct {
		name      string
		away      func(*testbed.RedisServer)
		back      func(*testbed.RedisServer)
		remembers bool // whether Redis still has its counts afterwards
	}{
		{"RL-11 stopped and started again", (*testbed.RedisServer).Stop, (*testbed.RedisServer).Start, false},
		{"RL-11 hanging and awake again", (*testbed.RedisServer).Freeze, (*testbed.RedisServer).Thaw, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			server := testbed.OwnRedis(t)
			switched := make(chan bool, 100)
			l := limit.NewFallback(redis.New(client(t, server.URL()), ""), memory.New(clock.System, 0),
				clock.System, func() int { return 2 }, func(down bool) { switched <- down })
			if n := uses(t, l, 20, "k"); n != 10 {
				t.Fatalf("%d allowed with redis, want 10", n)
			}
			c.away(server)
			began := clock.System()
			if n := uses(t, l, 200, "k"); n != 5 {
				t.Errorf("%d allowed without redis, want the node's share of 5", n)
			}
			if took := clock.System().Sub(began); took > 3*time.Second {
				t.Errorf("200 takes without redis took %v", took)
			}
			if down := <-switched; !down || !l.Down() {
				t.Errorf("switched to down=%v, Down=%v, want true and true", down, l.Down())
			}
			c.back(server)
			awaitUp(t, l, switched)
			if n := uses(t, l, 20, "k"); c.remembers && n != 0 || !c.remembers && n != 10 {
				t.Errorf("%d allowed by redis after its return, remembering is %v", n, c.remembers)
			}
		})
	}
}

func client(t *testing.T, url string) rueidis.Client {
	t.Helper()
	opt, err := rueidis.ParseURL(url)
	if err != nil {
		t.Fatalf("ParseURL: %v", err)
	}
	opt.DisableCache, opt.ForceSingleClient, opt.DisableRetry = true, true, true
	opt.ConnWriteTimeout, opt.Dialer.Timeout = time.Second, time.Second
	c, err := rueidis.NewClient(opt)
	if err != nil {
		t.Fatalf("NewClient: %v", err)
	}
	t.Cleanup(c.Close)
	return c
}

// uses is how many of tries Takes of key are allowed.
func uses(t *testing.T, l limit.Limiter, tries int, key string) (n int) {
	t.Helper()
	for range tries {
		d, err := l.Take(context.Background(), ten, key)
		if err != nil {
			t.Fatalf("Take: %v", err)
		}
		if d.Allowed {
			n++
		}
	}
	return n
}

// awaitUp makes requests, as a busy node does, until the primary is in use
// again.
func awaitUp(t *testing.T, l *limit.Fallback, switched <-chan bool) {
	t.Helper()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	deadline := time.After(15 * time.Second)
	for {
		select {
		case down := <-switched:
			if !down {
				return
			}
		case <-tick.C:
			uses(t, l, 1, "somebody else")
		case <-deadline:
			t.Fatal("redis is back and still not in use after 15 s")
		}
	}
}
