package bench_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/sallyport/sallyport/internal/app"
	"github.com/sallyport/sallyport/internal/apptest"
	"github.com/sallyport/sallyport/internal/config"
	"github.com/sallyport/sallyport/internal/testbed"
)

// engines runs a benchmark on SQLite and on PostgreSQL.
func engines(b *testing.B, f func(b *testing.B, databaseURL string)) {
	b.Run("sqlite", func(b *testing.B) { f(b, "sqlite:"+filepath.Join(b.TempDir(), "sallyport.db")) })
	b.Run("postgres", func(b *testing.B) { f(b, testbed.Postgres(b)) })
}

// start serves the whole program, with limits out of the way, and returns its
// address. Everything else is as users have it, and as more says: NAME=value.
func start(b *testing.B, databaseURL string, more ...string) string {
	b.Helper()
	ln := listen(b)
	address := ln.Addr().String()
	environ := append(settings(address), "DATABASE_URL="+databaseURL, "SECRET_KEY=Zq7v0Y1m3o5Kc8Xw2Rt6Ub4Ne9Lp1Js0Hd5Ga7Fi3k8")
	cfg, err := config.Load(append(environ, more...), "")
	if err != nil {
		b.Fatalf("settings: %v", err)
	}
	a, err := app.Open(b.Context(), cfg, app.Options{Version: "bench"})
	if err != nil {
		b.Fatalf("open: %v", err)
	}
	apptest.Serve(b, a, ln)
	return address
}

// settings are those of every run: limits out of the way, no mail to wait for.
func settings(address string) []string {
	environ := []string{"PUBLIC_URL=http://" + address, "METRICS_ADDR=", "EMAIL_VERIFICATION=optional"}
	for _, rule := range []string{"LOGIN_IP", "LOGIN_ACCOUNT", "REGISTER_IP", "REFRESH_SESSION", "API_IP"} {
		environ = append(environ, "RATE_"+rule+"=1000000/1s")
	}
	return environ
}

func listen(b *testing.B) net.Listener {
	b.Helper()
	ln, err := new(net.ListenConfig).Listen(b.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	return ln
}

// client is one kept-alive connection that writes prepared bytes: cheap, so that
// what is measured is the server.
type client struct {
	b       *testing.B
	address string
	conn    net.Conn
	in      *bufio.Reader
}

func dial(b *testing.B, address string) *client {
	b.Helper()
	conn, err := new(net.Dialer).DialContext(b.Context(), "tcp", address)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = conn.Close() })
	return &client{b: b, address: address, conn: conn, in: bufio.NewReader(conn)}
}

func (c *client) request(method, path, bearer string, body any) []byte {
	return prepare(c.address, method, path, bearer, body)
}

// prepare makes the bytes of one request.
func prepare(address, method, path, bearer string, body any) []byte {
	var out bytes.Buffer
	_, _ = fmt.Fprintf(&out, "%s %s HTTP/1.1\r\nHost: %s\r\n", method, path, address)
	if bearer != "" {
		_, _ = fmt.Fprintf(&out, "Authorization: Bearer %s\r\n", bearer)
	}
	if body == nil {
		out.WriteString("\r\n")
		return out.Bytes()
	}
	raw, err := json.Marshal(body)
	if err != nil {
		panic(err) // the body is one of ours
	}
	_, _ = fmt.Fprintf(&out, "Content-Type: application/json\r\nContent-Length: %d\r\n\r\n%s", len(raw), raw)
	return out.Bytes()
}

// send writes a prepared request and returns the body of its answer, which must
// have that status.
func (c *client) send(status int, request []byte) []byte {
	if _, err := c.conn.Write(request); err != nil {
		c.b.Fatal(err)
	}
	res, err := http.ReadResponse(c.in, nil)
	if err != nil {
		c.b.Fatal(err)
	}
	body, err := io.ReadAll(res.Body)
	_ = res.Body.Close()
	if err != nil || res.StatusCode != status {
		line, _, _ := strings.Cut(string(request), "\r\n")
		c.b.Fatalf("%s: got %d %s %v, want %d", line, res.StatusCode, body, err, status)
	}
	return body
}

// tokens are what a sign-in answers.
type tokens struct {
	Access  string `json:"access_token"`
	Refresh string `json:"refresh_token"`
}

const (
	email    = "ada@example.org"
	password = "violet harbour lantern 88 moss"
)

// signIn registers a person and signs them in.
func (c *client) signIn() (got tokens) {
	who := map[string]string{"email": email, "password": password}
	c.send(202, c.request("POST", "/api/v1/auth/register", "", who))
	return c.read(c.send(200, c.request("POST", "/api/v1/auth/login", "", who)))
}

func (c *client) read(body []byte) (got tokens) {
	if err := json.Unmarshal(body, &got); err != nil || got.Access == "" || got.Refresh == "" {
		c.b.Fatalf("got %s, want tokens", body)
	}
	return got
}

// measure runs one operation b.N times and reports the processor time of this
// process for each as cpu-µs/op: the client's share is in it, that of a database
// server is not.
func measure(b *testing.B, operation func()) {
	b.Helper()
	b.ReportAllocs()
	before := used(b)
	for b.Loop() {
		operation()
	}
	b.ReportMetric(float64((used(b)-before).Nanoseconds())/1e3/float64(b.N), "cpu-µs/op")
}

func used(b *testing.B) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
