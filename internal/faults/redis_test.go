package faults_test

import (
	"testing"
	"time"

	"github.com/sallyport/sallyport/internal/testbed"
)

// TestRedisBroken stops, empties, freezes, slows and cuts the Redis of two nodes.
// Sign-in goes on through all of it.
func TestRedisBroken(t *testing.T) {
	server := testbed.OwnRedis(t)
	through, w := behind(t, server.URL())
	b := newBench(t, 2, testbed.Postgres(t), "REDIS_URL="+through)
	b.serve(t)
	before := b.nodes[0].size(t)
	c := newCrowd(b, 6)
	c.goesOn(t, time.Minute)
	for _, fault := range []struct {
		name        string
		begin, mend func()
	}{
		{"killed", server.Stop, server.Start},
		{"flushed", server.Flush, server.Flush},
		{"frozen", server.Freeze, server.Thaw},
		{"slow", func() { w.set(200*time.Millisecond, false) }, func() { w.set(0, false) }},
		{"cut", func() { w.set(0, true) }, func() { w.set(0, false); w.hangUp() }},
	} {
		fault.begin()
		<-time.After(time.Duration(either(500, 5000)) * time.Millisecond)
		from := b.statuses503()
		c.goesOn(t, time.Minute)
		t.Logf("%s: the crowd goes on meanwhile, %d times refused with 503", fault.name, b.statuses503()-from)
		fault.mend()
		c.goesOn(t, time.Minute)
	}
	c.judge(t)
	c.showsSomething(t)
	b.client.CloseIdleConnections()
	b.nodes[0].shrinks(t, before)
}

func (b *bench) statuses503() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.statuses[503]
}
