package faults_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/sallyport/sallyport/internal/clock"
)

// queueBytes is how much may wait for one slow reader (WS-07).
const queueBytes = 256 << 10

// slowReader subscribes to a topic as from that address and reads no more, or, if
// it trickles, a little now and then until stop closes.
func slowReader(t *testing.T, n *node, from, access, topic string, trickles bool, stop chan struct{}) net.Conn {
	t.Helper()
	conn, in, status := upgrade(t, n, from, access)
	if status != http.StatusSwitchingProtocols {
		t.Fatalf("a slow reader's socket: got %d, want 101", status)
	}
	payload := fmt.Sprintf(`{"type":"subscribe","topic":%q}`, topic)
	// RFC 6455, section 5.2: a masked text frame; the mask is zero.
	if _, err := conn.Write(append([]byte{0x81, 0x80 | byte(len(payload)), 0, 0, 0, 0}, payload...)); err != nil {
		t.Fatal(err)
	}
	if err := hears(in, "subscribed"); err != nil {
		t.Fatalf("a slow reader's subscription: %v", err)
	}
	if trickles {
		go func() {
			little := make([]byte, 1<<10)
			for {
				select {
				case <-stop:
					return
				case <-time.After(200 * time.Millisecond):
				}
				if _, err := conn.Read(little); err != nil {
					return
				}
			}
		}()
	}
	return conn
}

// hears reads until that word comes.
func hears(in *bufio.Reader, word string) error {
	var got strings.Builder
	for !strings.Contains(got.String(), word) {
		b, err := in.ReadByte()
		if err != nil {
			return err
		}
		got.WriteByte(b)
	}
	return nil
}

// TestSlowReaders lets clients stop reading while events are published to them.
// They are cut with bounded memory, and whoever reads misses nothing.
func TestSlowReaders(t *testing.T) {
	b := newBench(t, 1, sqlite(t), "TRUSTED_PROXIES=127.0.0.1", "WS_TOPICS=news/*")
	b.serve(t)
	n := b.nodes[0]
	c := newCrowd(b, 2)
	c.goesOn(t, patience)
	const topic = "news/bench"
	var honest []*listener
	for i := range 4 {
		honest = append(honest, newListener(t, b, fmt.Sprintf("ear%d@example.org", i), topic, 0))
	}
	slow := either(100, 500)
	stop := make(chan struct{})
	defer close(stop)
	var p *person
	for i := range slow {
		if i%50 == 0 { // a user may open sixty in a minute
			p = newPerson(b, fmt.Sprintf("slow%d@example.org", i))
			await(t, "a sign-in", time.Minute, p.signIn)
		}
		slowReader(t, n, address(i), p.access, topic, i%2 == 1, stop)
	}
	before := load(t, n)
	pub := newPublisher(b, topic, 32<<10, 20*time.Millisecond)
	began := clock.System()
	most, open := before, float64(slow)
	for open > 0 && clock.System().Sub(began) < 90*time.Second {
		<-time.After(100 * time.Millisecond)
		most = most.max(load(t, n))
		now, ok := n.gauge(`sallyport_ws_connections{state="open"}`)
		if ok {
			open = now - float64(len(honest))
		}
	}
	took := clock.System().Sub(began)
	if open > 0 {
		t.Errorf("WS-07 slow readers after %v: got %v of %d still connected, want none", took, open, slow)
	}
	if bound := float64((slow + len(honest)) * queueBytes); most.queued == 0 || most.queued > bound {
		t.Errorf("WS-07 waiting for all readers: got %.0f bytes, want some, and at most %.0f", most.queued, bound)
	}
	// The readers share the bytes of each event: what grows is the history of events.
	if grown := most.memory - before.memory; grown > 100<<20 {
		t.Errorf("WS-07 memory while nobody read: got %.0f MiB more, want at most 100", grown/(1<<20))
	}
	cut, _ := n.gauge(`sallyport_ws_closes_total{by="server",code="4010"}`)
	pub.goesOn(t, patience)
	c.goesOn(t, patience)
	t.Logf("%d slow readers were gone after %v, %.0f of them told that they were too slow; waiting for them at most %.1f MiB, memory from %.0f to at most %.0f MiB, the kernel's for sockets from %.0f to %.0f MiB",
		slow, took, cut, most.queued/(1<<20), before.memory/(1<<20), most.memory/(1<<20), before.kernel/(1<<20), most.kernel/(1<<20))
	pub.judge(t, honest...)
	for _, l := range honest {
		if len(l.closed) > 0 || l.gaps > 0 {
			t.Errorf("WS-07 %s, who reads: its socket closed with %v and %d gaps, want it open and none", l.who.email, l.closed, l.gaps)
		}
		l.rest()
	}
	c.judge(t)
}

// burden is what a program and the kernel hold, in bytes.
type burden struct{ memory, queued, kernel float64 }

func (a burden) max(b burden) burden {
	return burden{max(a.memory, b.memory), max(a.queued, b.queued), max(a.kernel, b.kernel)}
}

// load reads what the program holds, and what all sockets of the machine do.
func load(t *testing.T, n *node) (b burden) {
	t.Helper()
	b.memory, _ = n.gauge("process_resident_memory_bytes")
	b.queued, _ = n.gauge("sallyport_ws_queue_bytes")
	f, err := os.Open("/proc/net/sockstat")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	text, err := io.ReadAll(f)
	if err != nil {
		t.Fatal(err)
	}
	_, tcp, _ := strings.Cut(string(text), "TCP: ")
	_, pages, _ := strings.Cut(tcp, "mem ")
	var n4 float64
	_, _ = fmt.Sscanf(pages, "%f", &n4)
	b.kernel = n4 * 4096
	return b
}
