package journey_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/sallyport/sallyport/internal/app"
	"github.com/sallyport/sallyport/internal/apptest"
	"github.com/sallyport/sallyport/internal/clock"
	"github.com/sallyport/sallyport/internal/config"
	"github.com/sallyport/sallyport/internal/storetest"
)

// server is a running App and its address.
type server struct {
	*app.App
	url string
	log *logBuffer
}

// logBuffer is the server's log, which many goroutines write.
type logBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (b *logBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

func (b *logBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.String()
}

// engines runs a test on SQLite and on PostgreSQL.
func engines(t *testing.T, f func(t *testing.T, databaseURL string)) {
	t.Helper()
	storetest.OnBoth(t, f)
}

// start serves an App on a free port until the test ends.
func start(t *testing.T, databaseURL string, more ...string) *server {
	t.Helper()
	return startAt(t, clock.System, databaseURL, more...)
}

// startAt is start with another clock.
func startAt(t *testing.T, now clock.Clock, databaseURL string, more ...string) *server {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &server{url: "http://" + ln.Addr().String(), log: &logBuffer{}}
	_, port, err := net.SplitHostPort(ln.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	environ := append([]string{
		"PUBLIC_URL=" + s.url, "DATABASE_URL=" + databaseURL, "METRICS_ADDR=",
		"SECRET_KEY=Zq7v0Y1m3o5Kc8Xw2Rt6Ub4Ne9Lp1Js0Hd5Ga7Fi3k8",
		"RATE_LOGIN_IP=1000/1m", "RATE_LOGIN_ACCOUNT=1000/1m", "RATE_REGISTER_IP=1000/1m", "RATE_FORGOT_IP=1000/1m",
		"RATE_FORGOT_ACCOUNT=1000/1m", "RATE_MFA_IP=1000/1m",
	}, more...)
	for i := range environ { // for settings that must name the port
		environ[i] = strings.ReplaceAll(environ[i], "{port}", port)
	}
	cfg, err := config.Load(environ, "")
	if err != nil {
		t.Fatalf("settings: %v", err)
	}
	s.App, err = app.Open(t.Context(), cfg, app.Options{Version: "test", Clock: now, Log: slog.New(slog.NewJSONHandler(s.log, &slog.HandlerOptions{Level: slog.LevelDebug}))})
	if err != nil {
		t.Fatalf("open: %v", err)
	}
	apptest.Serve(t, s.App, ln)
	return s
}

// answer is a response, read.
type answer struct {
	status int
	header http.Header
	body   map[string]any
}

func (a answer) text(key string) string { s, _ := a.body[key].(string); return s }

// call sends a request with a JSON body, or none where body is nil.
func (s *server) call(t *testing.T, method, path, bearer string, body any) answer {
	t.Helper()
	var in io.Reader
	if body != nil {
		b, err := json.Marshal(body)
		if err != nil {
			t.Fatal(err)
		}
		in = bytes.NewReader(b)
	}
	req, err := http.NewRequestWithContext(t.Context(), method, s.url+path, in)
	if err != nil {
		t.Fatal(err)
	}
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	if bearer != "" {
		req.Header.Set("Authorization", "Bearer "+bearer)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	raw, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	a := answer{status: res.StatusCode, header: res.Header}
	if strings.Contains(res.Header.Get("Content-Type"), "json") && bytes.HasPrefix(raw, []byte("{")) {
		if err := json.Unmarshal(raw, &a.body); err != nil {
			t.Fatalf("%s %s: body %q: %v", method, path, raw, err)
		}
	}
	return a
}

// want calls and fails the test unless the status is as expected.
func (s *server) want(t *testing.T, status int, method, path, bearer string, body any) answer {
	t.Helper()
	a := s.call(t, method, path, bearer, body)
	if a.status != status {
		t.Fatalf("%s %s: got %d %v, want %d", method, path, a.status, a.body, status)
	}
	return a
}

// mail waits for the newest message of a kind to an address.
func (s *server) mail(t *testing.T, to, kind string) map[string]any {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for ctx.Err() == nil {
		res, err := http.Get(s.url + "/dev/inbox/messages")
		if err != nil {
			t.Fatal(err)
		}
		var all []map[string]any
		err = json.NewDecoder(res.Body).Decode(&all)
		_ = res.Body.Close()
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range all {
			if m["to"] == to && m["kind"] == kind {
				return m
			}
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
		}
	}
	t.Fatalf("no %s mail to %s within 10 s", kind, to)
	return nil
}

const goodPassword = "violet harbour lantern 88 moss"

// member registers and verifies a person.
func (s *server) member(t *testing.T, email string) {
	t.Helper()
	s.want(t, 202, "POST", "/api/v1/auth/register", "", map[string]any{"email": email, "password": goodPassword})
	token, _ := s.mail(t, email, "verify_email")["token"].(string)
	s.want(t, 200, "POST", "/api/v1/auth/email/verify", "", map[string]any{"token": token})
}

// login signs in with the password and returns the answer.
func (s *server) login(t *testing.T, email string) answer {
	t.Helper()
	return s.want(t, 200, "POST", "/api/v1/auth/login", "", map[string]any{"email": email, "password": goodPassword})
}
