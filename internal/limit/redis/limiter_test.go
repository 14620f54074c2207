package redis_test

import (
	"context"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/redis/rueidis"

	"github.com/sallyport/sallyport/internal/limit"
	"github.com/sallyport/sallyport/internal/limit/limittest"
	"github.com/sallyport/sallyport/internal/limit/redis"
	"github.com/sallyport/sallyport/internal/testbed"
)

// open returns a client of its own, as another node would have.
func open(t testing.TB, url string) rueidis.Client {
	t.Helper()
	opt, err := rueidis.ParseURL(url)
	if err != nil {
		t.Fatalf("ParseURL: %v", err)
	}
	opt.DisableCache, opt.ForceSingleClient, opt.DisableRetry = true, true, true
	client, err := rueidis.NewClient(opt)
	if err != nil {
		t.Fatalf("NewClient: %v", err)
	}
	t.Cleanup(client.Close)
	return client
}

// age makes everything a limiter keeps under prefix that much older, which is
// what waiting would do.
const age = `
local t = redis.call('TIME')
local now = tonumber(t[1]) * 1000000 + tonumber(t[2])
for _, key in ipairs(redis.call('KEYS', ARGV[1] .. '*')) do
  local paid = tonumber(redis.call('GET', key)) - tonumber(ARGV[2])
  if paid <= now then
    redis.call('DEL', key)
  else
    redis.call('SET', key, string.format('%.0f', paid), 'PX', math.ceil((paid - now) / 1000))
  end
end`

func subject(t *testing.T, client rueidis.Client, l limit.Limiter, prefix string) limittest.Subject {
	script := rueidis.NewLuaScript(age)
	return limittest.Subject{Limiter: l, Pass: func(d time.Duration) {
		t.Helper()
		args := []string{prefix, strconv.FormatInt(d.Microseconds(), 10)}
		err := script.Exec(context.Background(), client, nil, args).Error()
		if err != nil && !rueidis.IsRedisNil(err) {
			t.Fatalf("pass %v: %v", d, err)
		}
	}}
}

func TestConformance(t *testing.T) {
	client := open(t, testbed.Redis(t))
	limittest.Run(t, func(t *testing.T) limittest.Subject {
		prefix := t.Name() + ":"
		return subject(t, client, redis.New(client, prefix), prefix)
	})
}

func TestConformanceAnsweringStrings(t *testing.T) {
	client := open(t, testbed.Redis(t))
	limittest.Run(t, func(t *testing.T) limittest.Subject {
		prefix := t.Name() + ":"
		return subject(t, client, redis.NewAnsweringStrings(client, prefix), prefix)
	})
}

func take(t *testing.T, l limit.Limiter, rule limit.Rule, key string) limit.Decision {
	t.Helper()
	d, err := l.Take(context.Background(), rule, key)
	if err != nil {
		t.Fatalf("Take(%+v, %q): %v", rule, key, err)
	}
	return d
}

func TestNodesCountTogether(t *testing.T) {
	url := testbed.Redis(t)
	rule := limit.Rule{Name: "r", N: 20, Per: 20 * time.Hour}

	t.Run("RL-11 two nodes share one limit, in parallel", func(t *testing.T) {
		nodes := []limit.Limiter{redis.New(open(t, url), ""), redis.New(open(t, url), "")}
		var allowed atomic.Int64
		var wg sync.WaitGroup
		for _, node := range nodes {
			for range 4 {
				wg.Go(func() {
					for range 25 {
						if d, err := node.Take(context.Background(), rule, "k"); err != nil {
							t.Errorf("Take: %v", err)
						} else if d.Allowed {
							allowed.Add(1)
						}
					}
				})
			}
		}
		wg.Wait()
		if allowed.Load() != 20 {
			t.Errorf("two nodes allowed %d, want 20", allowed.Load())
		}
	})

	t.Run("RL-11 a restarted node finds the counts", func(t *testing.T) {
		if d := take(t, redis.New(open(t, url), ""), rule, "k"); d.Allowed {
			t.Errorf("a new node says %+v, want refused", d)
		}
	})

	t.Run("installations on one Redis are apart", func(t *testing.T) {
		if d := take(t, redis.New(open(t, url), "other:"), rule, "k"); !d.Allowed || d.Remaining != 19 {
			t.Errorf("another prefix says %+v, want allowed with 19 remaining", d)
		}
	})
}

func TestWhatRedisHolds(t *testing.T) {
	client := open(t, testbed.Redis(t))
	ctx := context.Background()
	l := redis.New(client, "")
	rule := limit.Rule{Name: "signin_ip", N: 2, Per: time.Minute}
	for _, key := range []string{"alice@example.org", "203.0.113.9", strings.Repeat("x", 1<<16)} {
		take(t, l, rule, key)
	}
	keys, err := client.Do(ctx, client.B().Keys().Pattern("*").Build()).AsStrSlice()
	if err != nil || len(keys) != 3 {
		t.Fatalf("keys = %q, %v, want 3", keys, err)
	}
	for _, key := range keys {
		if !strings.HasPrefix(key, "sallyport:limit:signin_ip:") || len(key) > 80 {
			t.Errorf("key %q: want a short one with its namespace", key)
		}
		if strings.Contains(key, "alice") || strings.Contains(key, "203.0") || strings.Contains(key, "xxx") {
			t.Errorf("key %q holds what is counted in clear", key)
		}
		left, err := client.Do(ctx, client.B().Pttl().Key(key).Build()).AsInt64()
		if err != nil || left <= 0 || left > 30_000 {
			t.Errorf("key %q expires in %d ms, %v, want within its interval of 30 s", key, left, err)
		}
	}
}

func TestForeignValues(t *testing.T) {
	client := open(t, testbed.Redis(t))
	ctx := context.Background()
	rule := limit.Rule{Name: "r", N: 2, Per: time.Hour}
	l := redis.New(client, "p:")
	take(t, l, rule, "k")
	keys, err := client.Do(ctx, client.B().Keys().Pattern("p:*").Build()).AsStrSlice()
	if err != nil || len(keys) != 1 {
		t.Fatalf("keys = %q, %v, want one", keys, err)
	}
	cases := []struct {
		name, value string
		allowed     bool
	}{
		{"RL-11 far in the future counts as fully used", "9e15", false},
		{"RL-11 in the past counts as unused", "1", true},
		{"RL-11 no number counts as unused", "paid", true},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			set := client.B().Set().Key(keys[0]).Value(c.value).Build()
			if err := client.Do(ctx, set).Error(); err != nil {
				t.Fatalf("SET: %v", err)
			}
			d := take(t, l, rule, "k")
			if d.Allowed != c.allowed || d.RetryAfter > time.Hour {
				t.Errorf("Take = %+v, want allowed %v and no wait above the period", d, c.allowed)
			}
		})
	}
}

func TestScriptLoss(t *testing.T) {
	server := testbed.OwnRedis(t)
	client := open(t, server.URL())
	l := redis.New(client, "")
	rule := limit.Rule{Name: "r", N: 1, Per: time.Hour}
	take(t, l, rule, "k")
	if err := client.Do(context.Background(), client.B().ScriptFlush().Build()).Error(); err != nil {
		t.Fatalf("SCRIPT FLUSH: %v", err)
	}
	if d := take(t, l, rule, "k"); d.Allowed {
		t.Errorf("after the script was lost: %+v, want refused", d)
	}
}

func TestRedisAway(t *testing.T) {
	rule := limit.Rule{Name: "r", N: 1, Per: time.Hour}
	within := func(t *testing.T, l limit.Limiter) {
		t.Helper()
		ctx, cancel := context.WithTimeout(context.Background(), 200*time.Millisecond)
		defer cancel()
		if d, err := l.Take(ctx, rule, "k"); err == nil || d.Allowed {
			t.Errorf("OP-09 Take = %+v, %v, want an error", d, err)
		}
		if err := l.Clear(ctx, rule, "k"); err == nil {
			t.Error("OP-09 Clear: got no error, want one")
		}
	}
	t.Run("OP-09 stopped: an error", func(t *testing.T) {
		server := testbed.OwnRedis(t)
		l := redis.New(open(t, server.URL()), "")
		take(t, l, rule, "other")
		server.Stop()
		within(t, l)
		server.Start()
		var err error
		for range 5 { // each connection that broke may report it once
			var d limit.Decision
			if d, err = l.Take(context.Background(), rule, "k"); err == nil && d.Allowed {
				return
			}
		}
		t.Errorf("after it came back: last error %v, want an allowed take", err)
	})
	t.Run("OP-09 hanging: an error within the deadline", func(t *testing.T) {
		server := testbed.OwnRedis(t)
		l := redis.New(open(t, server.URL()), "")
		take(t, l, rule, "other")
		server.Freeze()
		within(t, l)
		server.Thaw()
	})
}

func BenchmarkTake(b *testing.B) {
	l := redis.New(open(b, testbed.Redis(b)), "")
	rule := limit.Rule{Name: "r", N: 10, Per: time.Minute}
	b.Run("one after the other", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := l.Take(context.Background(), rule, "203.0.113.9"); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("parallel", func(b *testing.B) {
		b.SetParallelism(16)
		b.RunParallel(func(pb *testing.PB) {
			for pb.Next() {
				if _, err := l.Take(context.Background(), rule, "203.0.113.9"); err != nil {
					b.Error(err)
				}
			}
		})
	})
}
