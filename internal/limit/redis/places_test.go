package redis_test

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/redis/rueidis"

	"github.com/sallyport/sallyport/internal/clock"
	"github.com/sallyport/sallyport/internal/fault"
	"github.com/sallyport/sallyport/internal/ident"
	"github.com/sallyport/sallyport/internal/limit"
	"github.com/sallyport/sallyport/internal/limit/redis"
	"github.com/sallyport/sallyport/internal/testbed"
)

// node is one node's view of the places.
type node struct {
	*redis.Places
	client rueidis.Client
	name   string
}

func openNode(t *testing.T, url, prefix, name string) node {
	t.Helper()
	client := open(t, url)
	p := redis.NewPlaces(client, prefix, clock.System)
	t.Cleanup(func() { _ = p.Close() })
	return node{p, client, name}
}

// two are two nodes of one installation.
func two(t *testing.T) (a, b node) {
	t.Helper()
	url, prefix := testbed.Redis(t), "places-test:"+ident.New()+":"
	return openNode(t, url, prefix, "a"), openNode(t, url, prefix, "b")
}

func (n node) place(user, session, ip string) limit.Place {
	return limit.Place{Conn: ident.New(), Node: n.name, User: user, Session: session, IP: ip}
}

// claim fails unless the place is taken, and returns who made room.
func (n node) claim(t *testing.T, p limit.Place, caps limit.Caps) []limit.Place {
	t.Helper()
	evicted, err := n.Claim(t.Context(), p, caps)
	if err != nil {
		t.Fatalf("claim: got %v, want a place", err)
	}
	return evicted
}

// full fails unless there is no place.
func (n node) full(t *testing.T, what string, p limit.Place, caps limit.Caps) {
	t.Helper()
	if _, err := n.Claim(t.Context(), p, caps); fault.Of(err) != fault.CodeRateLimited {
		t.Errorf("WS-06 %s: got %v, want %s", what, err, fault.CodeRateLimited)
	}
}

var roomy = limit.Caps{User: 100, Session: 100, IP: 100}

func TestCaps(t *testing.T) {
	for _, tt := range []struct {
		name  string
		caps  limit.Caps
		other func(n node) limit.Place // shares nothing that is full
		next  func(n node) limit.Place
	}{
		{"per user", limit.Caps{User: 2, Session: 9, IP: 9}, func(n node) limit.Place { return n.place("bob", "s9", "1") }, func(n node) limit.Place { return n.place("ada", "s3", "2") }},
		{"per session", limit.Caps{User: 9, Session: 2, IP: 9}, func(n node) limit.Place { return n.place("ada", "s2", "1") }, func(n node) limit.Place { return n.place("ada", "s1", "2") }},
		{"per address", limit.Caps{User: 9, Session: 9, IP: 2}, func(n node) limit.Place { return n.place("ada", "s1", "2") }, func(n node) limit.Place { return n.place("bob", "s2", "1") }},
	} {
		t.Run("WS-06 "+tt.name+", over both nodes", func(t *testing.T) {
			a, b := two(t)
			first := a.place("ada", "s1", "1")
			a.claim(t, first, tt.caps)
			b.claim(t, b.place("ada", "s1", "1"), tt.caps)
			a.full(t, "on one node", tt.next(a), tt.caps)
			b.full(t, "on the other", tt.next(b), tt.caps)
			b.claim(t, tt.other(b), tt.caps)
			a.Release(first)
			if err := a.Close(); err != nil { // what was released is given back
				t.Fatal(err)
			}
			b.claim(t, tt.next(b), tt.caps)
		})
	}
}

func TestReplace(t *testing.T) {
	a, b := two(t)
	caps := limit.Caps{User: 3, Session: 2, IP: 9, Replace: true}
	first, second := a.place("ada", "s1", "1"), b.place("ada", "s1", "1")
	a.claim(t, first, caps)
	b.claim(t, second, caps)
	if got := b.claim(t, b.place("ada", "s1", "1"), caps); !slices.Equal(got, []limit.Place{{Conn: first.Conn, Node: "a", User: "ada"}}) {
		t.Errorf("WS-06 the session's third: got %+v gone, want the first on the other node", got)
	}
	if got := a.claim(t, a.place("ada", "s2", "1"), caps); len(got) != 0 {
		t.Errorf("another session, third of the user: got %+v gone, want none", got)
	}
	if got := a.claim(t, a.place("ada", "s3", "1"), caps); len(got) != 1 || got[0].Conn != second.Conn {
		t.Errorf("WS-06 the user's fourth: got %+v gone, want the oldest", got)
	}
	crowded := limit.Caps{User: 9, Session: 9, IP: 3, Replace: true}
	a.full(t, "an address, which strangers share", a.place("bob", "s9", "1"), crowded)
}

func TestClaimsAtOnce(t *testing.T) {
	a, b := two(t)
	caps := limit.Caps{User: 10, Session: 64, IP: 64}
	var won atomic.Int64
	var wg sync.WaitGroup
	for i := range 64 {
		wg.Go(func() {
			n := []node{a, b}[i%2]
			if _, err := n.Claim(t.Context(), n.place("ada", fmt.Sprint(i), "1"), caps); err == nil {
				won.Add(1)
			}
		})
	}
	wg.Wait()
	if won.Load() != 10 {
		t.Errorf("WS-06 of 64 at once: got %d places, want 10", won.Load())
	}
}

// TestRenewal shows that places outlive neither their node nor a Redis that
// forgot them.
func TestRenewal(t *testing.T) {
	a, b := two(t)
	caps := limit.Caps{User: 1, Session: 9, IP: 9}
	held := a.place("ada", "s1", "1")
	a.claim(t, held, caps)
	forget(t, a)
	if err := a.Renew(t.Context(), []limit.Place{held}); err != nil {
		t.Fatal(err)
	}
	b.full(t, "brought back after a flush", b.place("ada", "s2", "1"), caps)
	var many []limit.Place
	for i := range 250 {
		many = append(many, a.place("many", fmt.Sprint(i), "2"))
	}
	if err := a.Renew(t.Context(), many); err != nil {
		t.Fatal(err)
	}
	b.full(t, "two hundred and fifty in batches", b.place("many", "x", "3"), limit.Caps{User: 250, Session: 9, IP: 9})
	lapse(t, a)
	b.claim(t, b.place("ada", "s2", "1"), caps)
}

// forget flushes Redis as far as this test goes; lapse makes every place as old as
// a lease lives.
func forget(t *testing.T, n node) {
	script(t, n, "redis.call('DEL', key)")
}

func lapse(t *testing.T, n node) {
	script(t, n, "for _, m in ipairs(redis.call('ZRANGE', key, 0, -1)) do redis.call('ZADD', key, 1, m) end")
}

func script(t *testing.T, n node, body string) {
	t.Helper()
	run := rueidis.NewLuaScript("for _, key in ipairs(redis.call('KEYS', 'places-test:*')) do " + body + " end return 1")
	if err := run.Exec(t.Context(), n.client, nil, nil).Error(); err != nil {
		t.Fatal(err)
	}
}

func TestAway(t *testing.T) {
	server := testbed.OwnRedis(t)
	n := openNode(t, server.URL(), "test:", "a")
	n.claim(t, n.place("ada", "s", "1"), roomy)
	server.Stop()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	_, err := n.Claim(ctx, n.place("ada", "s", "1"), roomy)
	if err == nil || fault.Of(err) == fault.CodeRateLimited {
		t.Errorf("RL-11 stopped: got %v, want an error that says nobody could tell", err)
	}
	began := clock.System()
	if _, err := n.Claim(ctx, n.place("ada", "s", "1"), roomy); err == nil || clock.System().Sub(began) > 500*time.Millisecond {
		t.Errorf("a moment later: got %v after %v, want an error at once", err, clock.System().Sub(began))
	}
	n.Release(n.place("ada", "s", "1")) // does not block
}

// TestHangingUp shows that a client cannot make a node count alone by ending its
// request in the middle.
func TestHangingUp(t *testing.T) {
	a, _ := two(t)
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := a.Claim(gone, a.place("ada", "s1", "1"), roomy); err != nil {
		t.Errorf("RL-11 of a client that hung up: got %v, want a place, to be given back", err)
	}
	a.claim(t, a.place("bob", "s2", "2"), roomy)
}
