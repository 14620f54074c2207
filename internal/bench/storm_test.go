package bench_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/crypto/argon2"

	"github.com/sallyport/sallyport/internal/clock"
	"github.com/sallyport/sallyport/internal/testbed"
)

const (
	stormSignIns = 32 // callers who sign in again and again
	stormReaders = 4  // callers who ask who they are
	stormFor     = 8 * time.Second
)

// BenchmarkHashesOnAllCores is the reference of the storm: how many hashes the
// cores can make when nothing else runs.
func BenchmarkHashesOnAllCores(b *testing.B) {
	var made atomic.Int64
	var took time.Duration
	for b.Loop() {
		began := clock.System()
		var all sync.WaitGroup
		for range runtime.NumCPU() {
			all.Go(func() {
				salt := make([]byte, 16)
				for clock.System().Sub(began) < 4*time.Second {
					argon2.IDKey([]byte(password), salt, 2, 19456, 1, 32)
					made.Add(1)
				}
			})
		}
		all.Wait()
		took += clock.System().Sub(began)
	}
	b.ReportMetric(float64(made.Load())/took.Seconds(), "hashes/s")
}

// BenchmarkStorm lets far more people sign in than the cores can hash for, while
// others use their tokens.
func BenchmarkStorm(b *testing.B) {
	file := testbed.Shipped(b)
	b.Run("sqlite", func(b *testing.B) { storm(b, file, "sqlite:./sallyport.db") })
	b.Run("postgres", func(b *testing.B) { storm(b, file, testbed.Postgres(b)) })
}

// BenchmarkLoaded looks at the memory of a program that four callers ask without a
// pause, where nobody signs in.
func BenchmarkLoaded(b *testing.B) {
	p := launch(b, testbed.Shipped(b), b.TempDir(), "DATABASE_URL=sqlite:./sallyport.db")
	defer p.stop(b)
	held := dial(b, p.address).signIn()
	w := &weather{}
	for b.Loop() {
		w.deadline = clock.System().Add(stormFor)
		var all sync.WaitGroup
		for range stormReaders {
			all.Go(func() { w.read(p.address, held.Access) })
		}
		all.Wait()
	}
	for _, text := range w.wrong {
		b.Error(text)
	}
	b.ReportMetric(p.memory(b, "VmRSS"), "loaded-MB")
}

// weather is what the callers of a storm met.
type weather struct {
	mu       sync.Mutex
	signIns  int
	refused  int // by 503 that says when to come again
	wrong    []string
	reads    []time.Duration
	deadline time.Time
}

func storm(b *testing.B, file, databaseURL string) {
	p := launch(b, file, b.TempDir(), "DATABASE_URL="+databaseURL)
	defer p.stop(b)
	c := dial(b, p.address)
	held := c.signIn()
	for i := range stormSignIns {
		c.send(202, c.request("POST", "/api/v1/auth/register", "", stranger(i)))
	}
	w := &weather{}
	var took time.Duration
	for b.Loop() {
		began := clock.System()
		w.deadline = began.Add(stormFor)
		var all sync.WaitGroup
		for i := range stormSignIns {
			all.Go(func() { w.signIn(p.address, i) })
		}
		for range stormReaders {
			all.Go(func() { w.read(p.address, held.Access) })
		}
		all.Wait()
		took += clock.System().Sub(began)
	}
	for _, text := range w.wrong {
		b.Error(text)
	}
	slices.Sort(w.reads)
	b.ReportMetric(float64(w.signIns)/took.Seconds(), "sign-ins/s")
	b.ReportMetric(float64(w.refused)/took.Seconds(), "refused/s")
	b.ReportMetric(float64(len(w.reads))/took.Seconds(), "reads/s")
	b.ReportMetric(ms(w.reads[len(w.reads)/2]), "read-p50-ms")
	b.ReportMetric(ms(w.reads[len(w.reads)*99/100]), "read-p99-ms")
	b.ReportMetric(p.memory(b, "VmHWM"), "peak-MB")
}

func ms(d time.Duration) float64 { return float64(d.Microseconds()) / 1e3 }

// line is one kept-alive connection of a caller.
type line struct {
	conn net.Conn
	in   *bufio.Reader
}

func (l *line) ask(request []byte) (status int, header http.Header, err error) {
	if _, err := l.conn.Write(request); err != nil {
		return 0, nil, err
	}
	res, err := http.ReadResponse(l.in, nil)
	if err != nil {
		return 0, nil, err
	}
	defer func() { _ = res.Body.Close() }()
	_, err = io.Copy(io.Discard, res.Body)
	return res.StatusCode, res.Header, err
}

// until asks again and again until the storm is over.
func (w *weather) until(address string, request []byte, met func(status int, header http.Header, took time.Duration)) {
	conn, err := net.Dial("tcp", address)
	if err != nil {
		w.note(err.Error())
		return
	}
	defer func() { _ = conn.Close() }()
	l := &line{conn, bufio.NewReader(conn)}
	for {
		began := clock.System()
		if began.After(w.deadline) {
			return
		}
		status, header, err := l.ask(request)
		if err != nil {
			w.note(err.Error())
			return
		}
		w.mu.Lock()
		met(status, header, clock.System().Sub(began))
		w.mu.Unlock()
	}
}

func (w *weather) note(wrong string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.wrong = append(w.wrong, wrong)
}

// stranger is one of the callers who sign in: each has an account, because the tries
// of one account take turns.
func stranger(i int) map[string]string {
	return map[string]string{"email": fmt.Sprintf("stranger%d@example.org", i), "password": password}
}

func (w *weather) signIn(address string, i int) {
	request := prepare(address, "POST", "/api/v1/auth/login", "", stranger(i))
	w.until(address, request, func(status int, header http.Header, _ time.Duration) {
		switch {
		case status == http.StatusOK:
			w.signIns++
		case status == http.StatusServiceUnavailable && header.Get("Retry-After") != "":
			w.refused++
		default:
			w.wrong = append(w.wrong, "a sign-in: got "+http.StatusText(status))
		}
	})
}

func (w *weather) read(address, access string) {
	w.until(address, prepare(address, "GET", "/api/v1/me", access, nil), func(status int, _ http.Header, took time.Duration) {
		w.reads = append(w.reads, took)
		if status != http.StatusOK {
			w.wrong = append(w.wrong, "GET /me: got "+http.StatusText(status))
		}
	})
}
