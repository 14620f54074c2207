package gateway_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/sallyport/sallyport/internal/clock"
	"github.com/sallyport/sallyport/internal/gateway"
	"github.com/sallyport/sallyport/internal/ident"
	"github.com/sallyport/sallyport/internal/token"
	"github.com/sallyport/sallyport/internal/topic"
)

// crowdEnv makes the test binary a crowd of clients instead: it is the address
// to connect to. The tokens come on its standard input, one a line. crowdTopic is
// what they listen to; crowdMute has them answer nothing, as behind a network that
// has died without a word.
const (
	crowdEnv   = "SALLYPORT_TEST_CROWD"
	crowdTopic = "SALLYPORT_TEST_TOPIC"
	crowdMute  = "SALLYPORT_TEST_MUTE"
)

func TestMain(m *testing.M) {
	if addr := os.Getenv(crowdEnv); addr != "" {
		crowd(addr, os.Stdin, os.Stdout)
		return
	}
	os.Exit(m.Run())
}

// crowd opens one socket for each token, 32 at a time, says "ready", answers
// pings, and prints whenever it is sent a line: the number of events it got, and
// the median and 99th percentile of how long those since the last line "forget"
// were under way, in microseconds.
func crowd(addr string, in io.Reader, out io.Writer) {
	lines := bufio.NewScanner(in)
	tokens := make(chan string)
	var dialing sync.WaitGroup
	var seen deliveries
	for range 32 {
		dialing.Go(func() {
			for raw := range tokens {
				c, err := member(addr, raw)
				if err != nil {
					_, _ = fmt.Fprintln(out, "failed:", err)
					return
				}
				if os.Getenv(crowdMute) == "" {
					go c.live(&seen)
				}
			}
		})
	}
	for lines.Scan() && lines.Text() != "" {
		tokens <- lines.Text()
	}
	close(tokens)
	dialing.Wait()
	_, _ = fmt.Fprintln(out, "ready")
	for lines.Scan() {
		_, _ = fmt.Fprintln(out, seen.report(lines.Text() == "forget"))
	}
}

// deliveries are the events that a crowd got.
type deliveries struct {
	mu    sync.Mutex
	count int
	took  []time.Duration
}

// got notes one event; sent is when it was published, 0 where it does not say.
func (d *deliveries) got(sent int64) {
	now := clock.System()
	d.mu.Lock()
	defer d.mu.Unlock()
	d.count++
	if sent > 0 {
		d.took = append(d.took, now.Sub(time.Unix(0, sent)))
	}
}

func (d *deliveries) report(forget bool) string {
	d.mu.Lock()
	defer d.mu.Unlock()
	p50, p99 := quantiles(d.took)
	if forget {
		d.took = d.took[:0]
	}
	return fmt.Sprint(d.count, " ", p50.Microseconds(), " ", p99.Microseconds())
}

// quantiles are the median and the 99th percentile; it sorts what it is given.
func quantiles(all []time.Duration) (p50, p99 time.Duration) {
	if len(all) == 0 {
		return 0, 0
	}
	slices.Sort(all)
	return all[len(all)/2], all[len(all)*99/100]
}

type crowdMember struct {
	net.Conn
	br *bufio.Reader
}

func member(addr, raw string) (*crowdMember, error) {
	nc, err := net.Dial("tcp", addr)
	if err != nil {
		return nil, err
	}
	c := &crowdMember{nc, bufio.NewReaderSize(nc, 512)}
	_, err = io.WriteString(nc, "GET "+path+" HTTP/1.1\r\nHost: gateway\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"+
		"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nAuthorization: Bearer "+raw+"\r\n\r\n")
	for first := true; err == nil; first = false {
		var line string
		line, err = c.br.ReadString('\n')
		if first && !strings.Contains(line, " 101 ") {
			return nil, fmt.Errorf("got %q", line)
		}
		if line == "\r\n" {
			break
		}
	}
	if err == nil {
		_, _, err = c.next() // welcome
	}
	if topic := os.Getenv(crowdTopic); topic != "" && err == nil {
		if _, err = c.Write(masked(0x81, []byte(`{"type":"subscribe","topic":"`+topic+`"}`))); err == nil {
			_, _, err = c.next() // subscribed
		}
	}
	return c, err
}

// next reads a frame of at most 64 KiB and answers a ping. sent is the time that
// an event carries, 0 for none.
func (c *crowdMember) next() (op byte, sent int64, err error) {
	var b [256]byte
	if _, err = io.ReadFull(c.br, b[:2]); err != nil {
		return 0, 0, err
	}
	op = b[0] & 0xF
	n := int(b[1])
	if n == 126 {
		if _, err = io.ReadFull(c.br, b[:2]); err != nil {
			return 0, 0, err
		}
		n = int(b[0])<<8 | int(b[1])
	}
	if op != 0x9 {
		if head, _ := c.br.Peek(min(n, 160)); len(head) > 0 {
			if _, rest, found := bytes.Cut(head, []byte(`"sent":`)); found {
				_, _ = fmt.Sscan(string(rest), &sent)
			}
		}
		_, err = c.br.Discard(n)
		return op, sent, err
	}
	if _, err = io.ReadFull(c.br, b[6:6+n]); err == nil {
		b[0], b[1] = 0x8A, 0x80|byte(n)
		copy(b[2:6], []byte{0, 0, 0, 0})
		_, err = c.Write(b[:6+n])
	}
	return op, 0, err
}

func (c *crowdMember) live(seen *deliveries) {
	for {
		op, sent, err := c.next()
		if err != nil {
			return
		}
		if op == 0x1 {
			seen.got(sent)
		}
	}
}

// stage is a gateway with real ES256 tokens and a crowd in another process.
type stage struct {
	*rig
	tokens []string
	users  []string
	in     io.WriteCloser
	out    *bufio.Scanner
}

func newStage(b *testing.B, n int, rules ...topic.Rule) *stage {
	b.Helper()
	s := &stage{rig: start(b, func(c *gateway.Config) {
		c.MaxTotal, c.Heartbeat, c.Topics = n+1, 2*time.Second, rules
		c.MessagesPerMinute, c.UserMessagesPerMinute, c.BytesPerMinute, c.UserBytesPerMinute = 1<<20, 1<<20, 1<<30, 1<<30
	})}
	s.diary.closed = true
	key, err := token.GenerateKey("ES256", s.now().Add(-time.Hour))
	if err != nil {
		b.Fatal(err)
	}
	keys := &token.Keys{}
	keys.Replace([]token.Key{key})
	const issuer, audience = "https://auth.example.com", "https://api.example.com"
	s.people.real, err = token.NewVerifier(token.VerifierOptions{
		Keys: keys, Issuer: issuer, Audience: []string{audience}, Clock: s.now, Revocations: s.revs,
	})
	if err != nil {
		b.Fatal(err)
	}
	signer, at := token.NewSigner(keys, s.now), s.now().Truncate(time.Second)
	for range n {
		user := ident.New()
		raw, err := signer.Sign(token.Claims{
			Issuer: issuer, Subject: user, Audience: []string{audience}, ClientID: "web", ID: ident.New(), SessionID: ident.New(),
			IssuedAt: at, ExpiresAt: at.Add(10 * time.Minute), AuthTime: at, AAL: "aal1", AMR: []string{"pwd"}, Email: "somebody@example.com",
		})
		if err != nil {
			b.Fatal(err)
		}
		s.tokens, s.users = append(s.tokens, raw), append(s.users, user)
	}
	return s
}

// gather brings the crowd in and returns how long that took. more are further
// words to the crowd, as NAME=value.
func (s *stage) gather(b *testing.B, more ...string) time.Duration {
	b.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(append(os.Environ(), crowdEnv+"="+s.addr), more...)
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		b.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		b.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	s.in, s.out = in, bufio.NewScanner(out)
	begin := clock.System()
	_, _ = io.WriteString(in, strings.Join(s.tokens, "\n")+"\n\n")
	if !s.out.Scan() || s.out.Text() != "ready" {
		b.Fatalf("got %q from the crowd, want ready", s.out.Text())
	}
	return clock.System().Sub(begin)
}

// events asks the crowd how many events it got.
func (s *stage) events(b *testing.B) (n int) {
	n, _, _ = s.report(b, "")
	return n
}

// report asks the crowd how many events it got, and how long those since the last
// order to forget took, in microseconds.
func (s *stage) report(b *testing.B, order string) (n int, p50, p99 float64) {
	_, _ = io.WriteString(s.in, order+"\n")
	if !s.out.Scan() {
		b.Fatal("the crowd is gone")
	}
	_, _ = fmt.Sscan(s.out.Text(), &n, &p50, &p99)
	return n, p50, p99
}

// resident is the memory of this process in KiB.
func resident(b *testing.B) float64 {
	f, err := os.ReadFile("/proc/self/status")
	if err != nil {
		b.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(f), "VmRSS:")
	var kib float64
	_, _ = fmt.Sscan(rest, &kib)
	return kib
}

// cpu is the processor time this process has used.
func cpu() time.Duration {
	var u syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// BenchmarkIdle holds n authenticated connections, everything on: their cost in
// memory and to open. ns/op means nothing here.
func BenchmarkIdle(b *testing.B) {
	for _, n := range []int{1000, 5000, 10_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) { idle(b, n, false) })
	}
	b.Run("5000-seen-tokens", func(b *testing.B) { idle(b, 5000, true) })
}

func idle(b *testing.B, n int, seen bool) {
	s := newStage(b, n)
	for _, raw := range s.tokens {
		if seen {
			_, _ = s.people.Verify(raw)
		}
	}
	debug.FreeOSMemory()
	before, busy := resident(b), cpu()
	took := s.gather(b)
	busy = cpu() - busy
	<-time.After(9 * time.Second) // four heartbeats
	beats := cpu()
	<-time.After(4 * time.Second)
	beats = cpu() - beats
	b.ReportMetric((resident(b)-before)/float64(n), "KiB/conn")
	debug.FreeOSMemory()
	b.ReportMetric((resident(b)-before)/float64(n), "KiB/conn-gc")
	b.ReportMetric(float64(n)/took.Seconds(), "connects/s")
	b.ReportMetric(float64(busy.Microseconds())/float64(n), "µs-cpu/connect")
	b.ReportMetric(float64(beats.Microseconds())/2/float64(n), "µs-cpu/heartbeat")
	if got := s.gw.Counts().Open; got != n {
		b.Fatalf("got %d open connections, want %d", got, n)
	}
	if got := s.metric("sallyport_ws_heartbeat_misses_total", ""); got != 0 {
		b.Errorf("got %v misses, want 0", got)
	}
	runtime.KeepAlive(s.tokens)
}

// BenchmarkConnect opens and drops one socket after another with a token that
// the verifier has seen before.
func BenchmarkConnect(b *testing.B) {
	s := newStage(b, 1)
	for b.Loop() {
		c, err := member(s.addr, s.tokens[0])
		if err != nil {
			b.Fatal(err)
		}
		_, _ = c.Write(masked(0x88, []byte{3, 0xE8}))
		_, _ = io.Copy(io.Discard, c.br)
		_ = c.Close()
	}
}

// BenchmarkFanOut sends one event to each of n users; an operation is one
// delivery, counted where it arrives.
func BenchmarkFanOut(b *testing.B) {
	for _, n := range []int{1000, 10_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			s := newStage(b, n)
			s.gather(b)
			e := gateway.Event{Name: "message", Data: json.RawMessage(`{"text":"` + strings.Repeat("x", 200) + `"}`)}
			b.ResetTimer()
			want := s.events(b)
			for i := range b.N {
				e.ID = ident.New()
				if got := s.gw.Deliver(gateway.Audience{User: s.users[i%n]}, e); got != 1 {
					b.Fatalf("got %d, want 1", got)
				}
				if want++; i%n == n-1 || i == b.N-1 {
					for s.events(b) < want {
						runtime.Gosched()
					}
				}
			}
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "deliveries/s")
		})
	}
}
