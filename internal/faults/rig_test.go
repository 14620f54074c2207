package faults_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"net/http"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/sallyport/sallyport/internal/clock"
	"github.com/sallyport/sallyport/internal/faults"
	"github.com/sallyport/sallyport/internal/testbed"
)

// long is the whole bench; without it each fault is a short seed.
var long = flag.Bool("long", false, "run the whole fault bench (make faults)")

// either is the figure of the short seed, or of the whole bench.
func either(seed, whole int) int {
	if *long {
		return whole
	}
	return seed
}

const password = "violet harbour lantern 88 moss"

// bench is the program as it is shipped, its clients' history and what it said.
type bench struct {
	faults.History
	database string
	nodes    []*node
	turn     atomic.Int64
	mail     *mailServer
	began    time.Time
	client   *http.Client
	before   func() // called before the tables are looked at; nil: nothing

	mu       sync.Mutex
	statuses map[int]int
	wrong    []string // answers that no client should ever see
}

// limitless takes the limits out of the way that would meet a crowd of one address.
func limitless() []string {
	settings := []string{"EMAIL_VERIFICATION=optional", "REFRESH_GRACE=0s", "WS_MAX_PER_IP=1000000", "WS_MAX_PENDING_PER_IP=1000000", "WS_MAX_PER_USER=10000", "WS_MAX_PER_SESSION=10000"}
	for _, rule := range []string{"LOGIN_IP", "LOGIN_ACCOUNT", "REGISTER_IP", "API_IP", "REFRESH_SESSION", "FORGOT_ACCOUNT", "FORGOT_IP", "MFA_IP"} {
		settings = append(settings, "RATE_"+rule+"=100000/1m")
	}
	return settings
}

// newBench starts that many nodes on one database; mail goes to the bench.
func newBench(t *testing.T, nodes int, databaseURL string, more ...string) *bench {
	t.Helper()
	b := &bench{
		database: databaseURL, began: clock.System(), statuses: map[int]int{}, mail: newMailServer(t),
		client: &http.Client{Timeout: 20 * time.Second, Transport: &http.Transport{MaxIdleConnsPerHost: 64}},
	}
	settings := append(limitless(), "SECRET_KEY=Zq7v0Y1m3o5Kc8Xw2Rt6Ub4Ne9Lp1Js0Hd5Ga7Fi3k8", "DATABASE_URL="+databaseURL,
		"SMTP_SERVER=127.0.0.1", fmt.Sprintf("SMTP_PORT=%d", b.mail.port()), "SMTP_TLS=none")
	settings = append(settings, more...)
	for i := range nodes {
		n := newNode(t, settings)
		if i > 0 {
			n.environ = append(n.environ, "PUBLIC_URL="+b.nodes[0].url)
		}
		b.nodes = append(b.nodes, n)
	}
	return b
}

// sqlite is the address of a new database file.
func sqlite(t *testing.T) string {
	t.Helper()
	return "sqlite:" + filepath.Join(t.TempDir(), "sallyport.db")
}

// engines runs a fault on SQLite and on PostgreSQL.
func engines(t *testing.T, f func(t *testing.T, databaseURL string)) {
	t.Run("sqlite", func(t *testing.T) { f(t, sqlite(t)) })
	t.Run("postgres", func(t *testing.T) { f(t, testbed.Postgres(t)) })
}

func (b *bench) serve(t *testing.T) {
	t.Helper()
	for _, n := range b.nodes {
		n.serve(t)
	}
}

func (b *bench) now() time.Duration { return clock.System().Sub(b.began) }

// do makes one call and enters it; 5xx and 429 say nothing of the thing itself.
func (b *bench) do(kind faults.Kind, subject, method, path, bearer string, body any) (faults.Outcome, map[string]any) {
	op := faults.Op{Kind: kind, Subject: subject, Outcome: faults.Unknown, Sent: b.now()}
	status, answer := b.call(method, path, bearer, body)
	op.Done = b.now()
	switch {
	case status >= 200 && status < 300:
		op.Outcome = faults.OK
	case status >= 400 && status < 500 && status != http.StatusTooManyRequests:
		op.Outcome = faults.Refused
	}
	b.Add(op)
	return op.Outcome, answer
}

// keep enters something acknowledged just now by another call.
func (b *bench) keep(subject string) {
	now := b.now()
	b.Add(faults.Op{Kind: faults.Keep, Subject: subject, Outcome: faults.OK, Sent: now, Done: now})
}

// call asks the nodes in turn and answers status 0 when the program is gone.
func (b *bench) call(method, path, bearer string, body any) (int, map[string]any) {
	status, answer, _ := b.ask(b.nodes[int(b.turn.Add(1))%len(b.nodes)].url, method, path, bearer, body)
	return status, answer
}

// ask is call to one node, with the header of the answer.
func (b *bench) ask(base, method, path, bearer string, body any) (status int, answer map[string]any, header http.Header) {
	var in io.Reader
	if body != nil {
		raw, err := json.Marshal(body)
		if err != nil {
			return 0, nil, nil
		}
		in = bytes.NewReader(raw)
	}
	req, err := http.NewRequest(method, base+path, in)
	if err != nil {
		return 0, nil, nil
	}
	req.Header.Set("Content-Type", "application/json")
	if bearer != "" {
		req.Header.Set("Authorization", "Bearer "+bearer)
	}
	res, err := b.client.Do(req)
	if err != nil {
		b.saw(0, "")
		return 0, nil, nil
	}
	defer func() { _ = res.Body.Close() }()
	raw, err := io.ReadAll(res.Body)
	if err != nil || len(raw) > 0 && json.Unmarshal(raw, &answer) != nil {
		b.saw(0, "")
		return 0, nil, nil
	}
	wrong := ""
	switch code := res.StatusCode; {
	case code == http.StatusServiceUnavailable && res.Header.Get("Retry-After") == "":
		wrong = fmt.Sprintf("%s %s: 503 without Retry-After: %s", method, path, raw)
	case code >= 500 && code != http.StatusServiceUnavailable:
		wrong = fmt.Sprintf("%s %s: %d: %s", method, path, code, raw)
	}
	b.saw(res.StatusCode, wrong)
	return res.StatusCode, answer, res.Header
}

func (b *bench) saw(status int, wrong string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.statuses[status]++
	if wrong != "" {
		b.wrong = append(b.wrong, wrong)
	}
}

// await asks again and again until ok; the test fails after within.
func await(t *testing.T, what string, within time.Duration, ok func() bool) {
	t.Helper()
	deadline := time.After(within)
	for !ok() {
		select {
		case <-deadline:
			t.Fatalf("%s: not within %v", what, within)
		case <-time.After(50 * time.Millisecond):
		}
	}
}

// name stands for a secret in a history.
func name(what, secret string) string {
	sum := sha256.Sum256([]byte(secret))
	return what + " " + hex.EncodeToString(sum[:6])
}

// text is a string of an answer, or "".
func text(answer map[string]any, member string) string {
	s, _ := answer[member].(string)
	return s
}

// leaks reports whether a log line of some program holds the secret.
func (b *bench) leaks(secret string) bool {
	for _, n := range b.nodes {
		if strings.Contains(n.log.String(), secret) {
			return true
		}
	}
	return false
}

func (b *bench) statuses503() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.statuses[503]
}
