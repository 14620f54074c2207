package redis_test

import (
	"context"
	"strings"
	"testing"

	"github.com/redis/rueidis"

	"github.com/sallyport/sallyport/internal/bus"
	"github.com/sallyport/sallyport/internal/bus/bustest"
	"github.com/sallyport/sallyport/internal/bus/redis"
	"github.com/sallyport/sallyport/internal/testbed"
)

// dial returns a client of its own, as another node would have.
func dial(t testing.TB, url string) rueidis.Client {
	t.Helper()
	client, err := redis.Dial(url, "")
	if err != nil {
		t.Fatalf("Dial: %v", err)
	}
	t.Cleanup(client.Close)
	return client
}

func TestConformance(t *testing.T) {
	url := testbed.Redis(t)
	one, two := dial(t, url), dial(t, url)
	bustest.Run(t, func(t *testing.T, history int) (a, b bus.Bus) {
		prefix := t.Name() + ":"
		return redis.New(one, prefix, history), redis.New(two, prefix, history)
	})
}

func TestInstallationsAreApart(t *testing.T) {
	client := dial(t, testbed.Redis(t))
	a, b := redis.New(client, "", 0), redis.New(client, "other:", 0)
	l := bustest.Listen(t, a, "topic", "")
	bustest.Publish(t, b, "topic", "theirs")
	bustest.Publish(t, a, "topic", "ours")
	l.Want("ours")
}

func TestHistoryIsBounded(t *testing.T) {
	client := dial(t, testbed.Redis(t))
	b := redis.New(client, "p:", 200)
	body := strings.Repeat("x", 100)
	for range 2000 {
		bustest.Publish(t, b, "topic", body)
	}
	n, err := client.Do(context.Background(), client.B().Xlen().Key("p:bus:topic").Build()).AsInt64()
	if err != nil || n < 200 || n > 400 {
		t.Errorf("the stream holds %d entries, %v, want 200 and not many more", n, err)
	}
}

func TestDial(t *testing.T) {
	t.Run("a server that is not there is no error", func(t *testing.T) {
		server := testbed.OwnRedis(t)
		server.Stop()
		b := redis.New(dial(t, server.URL()), "", 0)
		if err := b.Publish(context.Background(), "topic", nil); err == nil {
			t.Error("Publish without a server: got no error, want one")
		}
		if h := b.Health(); h.Up || h.Cause == nil || h.Failures != 1 {
			t.Errorf("Health = %+v, want down with its cause and 1 failure", h)
		}
	})
	t.Run("no health before the first exchange", func(t *testing.T) {
		b := redis.New(dial(t, testbed.Redis(t)), "", 0)
		if h := b.Health(); h != (bus.Health{}) {
			t.Errorf("Health = %+v, want zero", h)
		}
	})
	for _, url := range []string{
		"", "localhost:6379", "http://user:hunter2@127.0.0.1", "redis://user:hunter2@127.0.0.1:1/x", "redis://:hunter2@%zz",
		"redis://user:hunter2@127.0.0.1:1?master_set=m", "redis://user:hunter2@127.0.0.1:1?addr=127.0.0.1:2",
	} {
		t.Run("AU-03 refused without repeating "+strings.Map(plain, url), func(t *testing.T) {
			client, err := redis.Dial(url, "")
			if err == nil {
				client.Close()
				t.Fatalf("Dial(%q): got no error, want one", url)
			}
			if strings.Contains(err.Error(), "hunter2") {
				t.Errorf("Dial(%q) = %v: repeats the password", url, err)
			}
		})
	}
}

func plain(r rune) rune {
	if strings.ContainsRune(":/@?=%", r) {
		return '_'
	}
	return r
}

func TestWrongPassword(t *testing.T) {
	server := testbed.OwnRedis(t)
	b := redis.New(dial(t, "redis://:wrong@"+server.Addr()), "", 0)
	err := b.Publish(context.Background(), "topic", nil)
	if err == nil || strings.Contains(err.Error(), "wrong@") {
		t.Errorf("Publish = %v, want an error without the password", err)
	}
}

func BenchmarkPublish(b *testing.B) {
	client := dial(b, testbed.Redis(b))
	one := redis.New(client, "", 0)
	body := make([]byte, 256)
	b.ReportAllocs()
	for b.Loop() {
		if err := one.Publish(context.Background(), "topic", body); err != nil {
			b.Fatal(err)
		}
	}
}
