package faults_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/sallyport/sallyport/internal/clock"
)

// dialNode opens a connection to the program that the test ends.
func dialNode(t *testing.T, n *node) net.Conn {
	t.Helper()
	conn, err := net.Dial("tcp", strings.TrimPrefix(n.url, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return conn
}

// closed reports whether the program ends the connection within that time.
func closed(conn net.Conn, within time.Duration) bool {
	if err := conn.SetReadDeadline(clock.System().Add(within)); err != nil {
		return true
	}
	_, err := io.Copy(io.Discard, conn)
	ne, ok := err.(net.Error)
	return !ok || !ne.Timeout()
}

// TestSlowLoris opens connections that send a byte now and then, in the header and
// in the body, and never finish.
func TestSlowLoris(t *testing.T) {
	b := newBench(t, 1, sqlite(t))
	b.serve(t)
	c := newCrowd(b, 4)
	c.goesOn(t, time.Minute)
	var conns []net.Conn
	for i := range either(100, 1000) {
		conn := dialNode(t, b.nodes[0])
		line := "GET /api/v1/me HTTP/1.1\r\nHost: x\r\nX-Slow: "
		if i%2 == 1 {
			line = "POST /api/v1/auth/login HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 60\r\n\r\n{\"email\":\""
		}
		if _, err := io.WriteString(conn, line); err != nil {
			t.Fatal(err)
		}
		conns = append(conns, conn)
	}
	began := clock.System()
	alive := len(conns)
	for alive > 0 && clock.System().Sub(began) < time.Minute {
		<-time.After(500 * time.Millisecond)
		alive = 0
		for _, conn := range conns {
			if _, err := conn.Write([]byte("a")); err == nil {
				alive++
			}
		}
	}
	if alive > 0 {
		t.Errorf("OP-05 slow senders after a minute: got %d of %d still connected, want none", alive, len(conns))
	}
	t.Logf("%d slow senders were gone after %v", len(conns), clock.System().Sub(began))
	c.goesOn(t, time.Minute)
	c.judge(t)
}

// upgrade opens a socket by hand, as from that address, so that it can be left
// alone; the answer's status is 101 when it is open.
func upgrade(t *testing.T, n *node, from, bearer string) (net.Conn, *bufio.Reader, int) {
	t.Helper()
	conn := dialNode(t, n)
	request := "GET /api/v1/ws HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nX-Forwarded-For: " + from + "\r\n"
	if bearer != "" {
		request += "Authorization: Bearer " + bearer + "\r\n"
	}
	if _, err := io.WriteString(conn, request+"\r\n"); err != nil {
		t.Fatal(err)
	}
	in := bufio.NewReaderSize(conn, 512)
	res, err := http.ReadResponse(in, nil)
	if err != nil {
		t.Fatal(err)
	}
	if res.StatusCode != http.StatusSwitchingProtocols {
		_ = res.Body.Close()
	}
	return conn, in, res.StatusCode
}

// address is the nth of many.
func address(n int) string { return fmt.Sprintf("10.%d.%d.%d", n>>16&255, n>>8&255, n&255) }

// TestHalfOpen opens thousands of sockets that never say who they are, nor
// anything else; each from an address of its own.
func TestHalfOpen(t *testing.T) {
	b := newBench(t, 1, sqlite(t), "TRUSTED_PROXIES=127.0.0.1", "WS_ORIGINS=http://localhost:1")
	b.serve(t)
	c := newCrowd(b, 4)
	c.goesOn(t, time.Minute)
	p := newPerson(b, "socket@example.org")
	await(t, "a sign-in", time.Minute, p.signIn)
	_, _, status := upgrade(t, b.nodes[0], "10.255.255.1", p.access)
	if status != http.StatusSwitchingProtocols {
		t.Fatalf("an honest socket: got %d, want 101", status)
	}
	refused := map[int]int{}
	var conns []net.Conn
	for i := range either(500, 10_000) {
		conn, _, status := halfOpen(t, b.nodes[0], address(i))
		if status == http.StatusSwitchingProtocols {
			conns = append(conns, conn)
		} else {
			refused[status]++
		}
	}
	if len(conns) == 0 {
		t.Fatalf("half-open sockets: got none, refused by status %v", refused)
	}
	c.goesOn(t, time.Minute)
	began := clock.System()
	for _, conn := range conns {
		if !closed(conn, 30*time.Second) {
			t.Fatal("WS-02 a socket without a token is open after 30 s")
		}
	}
	t.Logf("%d sockets without a token, %v refused; all closed %v after the last", len(conns), refused, clock.System().Sub(began))
	c.judge(t)
}

// halfOpen is upgrade of a browser's page that shows its token in the first frame.
func halfOpen(t *testing.T, n *node, from string) (net.Conn, *bufio.Reader, int) {
	t.Helper()
	conn := dialNode(t, n)
	if _, err := io.WriteString(conn, "GET /api/v1/ws HTTP/1.1\r\nHost: x\r\nOrigin: http://localhost:1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nX-Forwarded-For: "+from+"\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	in := bufio.NewReaderSize(conn, 512)
	res, err := http.ReadResponse(in, nil)
	if err != nil {
		t.Fatal(err)
	}
	if res.StatusCode != http.StatusSwitchingProtocols {
		_ = res.Body.Close()
	}
	return conn, in, res.StatusCode
}

// TestHashFlood asks for far more password hashes than the cores can make. Others
// are served, memory stays bounded, and what is refused is told when to come again.
func TestHashFlood(t *testing.T) {
	b := newBench(t, 1, sqlite(t))
	b.serve(t)
	p := newPerson(b, "ada@example.org")
	await(t, "a sign-in", time.Minute, p.signIn)
	stop := make(chan struct{})
	var flood sync.WaitGroup
	for i := range 200 {
		flood.Go(func() {
			for n := 0; ; n++ {
				select {
				case <-stop:
					return
				default:
				}
				b.call("POST", "/api/v1/auth/login", "", map[string]any{"email": fmt.Sprintf("nobody%d-%d@example.org", i, n), "password": "not the right one at all"})
			}
		})
	}
	began := clock.System()
	var most float64
	served := 0
	for clock.System().Sub(began) < time.Duration(either(4, 20))*time.Second {
		if status, answer := b.call("GET", "/api/v1/me", p.access, nil); status != 200 {
			t.Errorf("PW-08 GET /me in the flood: got %d %v, want 200", status, answer)
		}
		served++
		if rss, ok := b.nodes[0].gauge("process_resident_memory_bytes"); ok {
			most = max(most, rss)
		}
	}
	close(stop)
	flood.Wait()
	const bound = 200 << 20 // two hashes at work, 200 connections, and what Go holds besides
	if most == 0 || most > bound {
		t.Errorf("PW-08 memory in the flood: got %.0f bytes, want at most %d", most, bound)
	}
	b.neverWrong(t)
	if b.statuses[503] == 0 || b.statuses[401] == 0 {
		t.Errorf("answers: got %v, want some hashed and some refused, or there was no flood", b.statuses)
	}
	t.Logf("in the flood: GET /me answered %d times, memory at most %.0f MiB, answers %v", served, most/(1<<20), b.statuses)
	b.client.CloseIdleConnections()
	b.nodes[0].shrinks(t)
}
