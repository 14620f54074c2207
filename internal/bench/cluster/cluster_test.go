package cluster_test

import (
	"fmt"
	"runtime"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"golang.org/x/crypto/argon2"

	"github.com/sallyport/sallyport/internal/clock"
)

// How much of everything one benchmark does. A batch takes a second or two, so that
// what the kernel counts in hundredths of a second says enough.
const (
	people    = 80
	callers   = 8 // who call at the same time
	idleFor   = 10 * time.Second
	hashes    = 20
	reads     = 3000
	refreshes = 1000
	connects  = 800
	listeners = 400
	events    = 300
	signOuts  = 50
)

// BenchmarkCluster measures the same operations on 1, 2 and 4 nodes. The clients
// ask the nodes in turn. What the nodes do by themselves is measured first, as
// Idle, and is not counted among what an operation costs.
func BenchmarkCluster(b *testing.B) {
	s := newServers(b)
	for _, count := range []int{1, 2, 4} {
		b.Run(fmt.Sprintf("nodes=%d", count), func(b *testing.B) {
			c := s.start(b, count)
			defer c.stop(b)
			for _, part := range []struct {
				name    string
				measure func(b *testing.B, c *cluster)
			}{
				{"Idle", idle}, {"SignIn", signIn}, {"GetMe", getMe}, {"GetMeAtOne", getMeAtOne}, {"Refresh", refresh}, {"Connect", connect},
				{"Publish", publish}, {"Revoke", revoke},
			} {
				b.Run(part.name, func(b *testing.B) {
					for range b.N {
						part.measure(b, c)
					}
					b.ReportMetric(0, "ns/op") // of a whole batch: says nothing
				})
			}
		})
	}
}

// idle measures what the nodes do by themselves, for each node and second, and how
// much memory each has.
func idle(b *testing.B, c *cluster) {
	<-time.After(2 * follows) // what the start left to do
	before := c.read(b)
	<-time.After(idleFor)
	d := c.read(b).since(before)
	c.rest = d.perSecond()
	each := c.rest.scaled(1 / float64(len(c.nodes)))
	b.ReportMetric(each.nodes*1e3, "node-ms/s")
	b.ReportMetric(each.postgres*1e3, "postgres-ms/s")
	b.ReportMetric(each.redis*1e3, "redis-ms/s")
	b.ReportMetric(each.statements, "statements/s")
	b.ReportMetric(each.commands, "commands/s")
	b.ReportMetric(c.memory(b)/float64(len(c.nodes))/(1<<20), "RSS-MiB")
}

// signIn signs everybody in; later parts use what they hold then. Beside it stands
// the hash alone, on as many cores at a time, with the parameters of the server.
func signIn(b *testing.B, c *cluster) {
	c.batch(b, c.few(), people, func(w *caller, i int) error {
		got, err := w.signIn(c.turn(i), i)
		c.held[i] = got
		return err
	})
	before := own(b)
	var all sync.WaitGroup
	for range runtime.NumCPU() {
		all.Go(func() {
			for range hashes {
				argon2.IDKey([]byte(password), make([]byte, 16), 2, 19456, 1, 32)
			}
		})
	}
	all.Wait()
	b.ReportMetric((own(b)-before)*1e6/float64(hashes*runtime.NumCPU()), "argon2-µs/op")
}

// getMe is one verified request.
func getMe(b *testing.B, c *cluster) {
	c.batch(b, c.callers, reads, func(w *caller, i int) error {
		_, err := w.call(c.turn(i), 200, "GET", "/api/v1/me", c.held[i%people].Access, nil)
		return err
	})
}

// getMeAtOne asks one node alone while the others are idle: what differs from one
// node is what the others cost, and what differs from GetMe is that more processes
// share the cores of this machine.
func getMeAtOne(b *testing.B, c *cluster) {
	c.batch(b, c.callers, reads, func(w *caller, i int) error {
		_, err := w.call(0, 200, "GET", "/api/v1/me", c.held[i%people].Access, nil)
		return err
	})
}

// refresh renews tokens. Each caller has a session of its own, and goes on at
// another node each time.
func refresh(b *testing.B, c *cluster) {
	c.batch(b, c.callers, refreshes, func(w *caller, i int) error {
		held := &c.held[w.number]
		got, err := w.tokens(c.turn(i), "/api/v1/auth/refresh", map[string]string{"refresh_token": held.Refresh})
		*held = got
		return err
	})
}

// connect opens a socket, reads the welcome and closes it.
func connect(b *testing.B, c *cluster) {
	c.batch(b, c.callers, connects, func(_ *caller, i int) error {
		ws, err := c.dial(b.Context(), c.turn(i), c.held[i%people].Access)
		if err != nil {
			return err
		}
		return ws.leave()
	})
}

// publish sends one event at a time to all listeners of a topic, who are spread over
// the nodes, and waits until each has it.
func publish(b *testing.B, c *cluster) {
	got := make(chan error, listeners)
	for i := range listeners {
		ws, err := c.dial(b.Context(), c.turn(i), c.held[i%people].Access)
		if err == nil {
			err = ws.listen(b.Context(), "news/all")
		}
		if err != nil {
			b.Fatal(err)
		}
		defer ws.cut()
		go ws.report(b.Context(), got)
	}
	<-time.After(follows) // what the connecting left to do
	w := c.callers[0]
	cost := c.measure(b, func() {
		for i := range events {
			body := map[string]any{"topic": "news/all", "name": "m", "data": map[string]int{"number": i}}
			if _, err := w.call(c.turn(i), 202, "POST", "/api/v1/realtime/publish", c.service, body); err != nil {
				b.Fatal(err)
			}
			for range listeners {
				if err := <-got; err != nil {
					b.Fatal(err)
				}
			}
		}
	})
	cost.scaled(1 / float64(events)).report(b)
	b.ReportMetric(cost.nodes*1e6/events/listeners, "node-µs/delivery")
}

// revoke signs people out at one node while their socket is open on the next one,
// and waits until the client has read the close frame.
func revoke(b *testing.B, c *cluster) {
	var sockets []*socket
	var access []string
	for i := range signOuts {
		got, err := c.callers[0].signIn(c.turn(i), i)
		if err != nil {
			b.Fatal(err)
		}
		ws, err := c.dial(b.Context(), c.turn(i+1), got.Access)
		if err != nil {
			b.Fatal(err)
		}
		sockets, access = append(sockets, ws), append(access, got.Access)
	}
	<-time.After(follows) // what the connecting left to do
	var took []time.Duration
	cost := c.measure(b, func() {
		for i, ws := range sockets {
			began := clock.System()
			if _, err := c.callers[0].call(c.turn(i), 204, "POST", "/api/v1/auth/logout", access[i], map[string]string{}); err != nil {
				b.Fatal(err)
			}
			if err := ws.closedWith(b.Context(), 4001); err != nil {
				b.Fatal(err)
			}
			took = append(took, clock.System().Sub(began))
		}
	})
	cost.scaled(1 / float64(signOuts)).report(b)
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)/2].Microseconds())/1e3, "p50-ms")
	b.ReportMetric(float64(took[len(took)-1].Microseconds())/1e3, "worst-ms")
	b.ReportMetric(c.memory(b)/float64(len(c.nodes))/(1<<20), "RSS-MiB") // after all this
}

// address stands in X-Forwarded-For, so that each socket comes from another one.
func address(n int64) string {
	return "10." + strconv.FormatInt(n>>16&255, 10) + "." + strconv.FormatInt(n>>8&255, 10) + "." + strconv.FormatInt(n&255, 10)
}
