package faults_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/sallyport/sallyport/internal/clock"
	"github.com/sallyport/sallyport/internal/faults"
	"github.com/sallyport/sallyport/internal/opaque"
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

const (
	password  = "violet harbour lantern 88 moss"
	secretKey = "Zq7v0Y1m3o5Kc8Xw2Rt6Ub4Ne9Lp1Js0Hd5Ga7Fi3k8"
)

// bench is the program as it is shipped, its clients' history and what it said.
type bench struct {
	faults.History
	database string
	nodes    []*node
	turn     atomic.Int64
	mail     *mailServer
	began    time.Time
	client   *http.Client
	before   func()        // called before the tables are looked at; nil: nothing
	also     func() string // what else was logged; nil: nothing
	insists  bool          // whoever is not answered asks another node
	service  string        // the key of a backend
	secrets  []string      // the program's own

	mu       sync.Mutex
	people   []*person
	statuses map[int]int
	refused  int      // connections that nobody took
	broken   int      // connections that broke before the answer came
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
	b.service, _ = opaque.New(opaque.Service)
	settings := append(limitless(), "SECRET_KEY="+secretKey, "SERVICE_KEYS=bench:"+b.service, "DATABASE_URL="+databaseURL,
		"SMTP_SERVER=127.0.0.1", fmt.Sprintf("SMTP_PORT=%d", b.mail.port()), "SMTP_TLS=none")
	settings = append(settings, more...)
	b.secrets = secretsOf(settings)
	for i := range nodes {
		n := newNode(t, settings)
		if i > 0 {
			n.environ = append(n.environ, "PUBLIC_URL="+b.nodes[0].url)
		}
		b.nodes = append(b.nodes, n)
	}
	return b
}

// secretsOf finds what an operator would not want to see in a log.
func secretsOf(settings []string) (out []string) {
	for _, line := range settings {
		name, value, _ := strings.Cut(line, "=")
		switch name {
		case "SECRET_KEY", "TWILIO_AUTH_TOKEN":
			out = append(out, value)
		case "SERVICE_KEYS":
			_, key, _ := strings.Cut(value, ":")
			out = append(out, key)
		case "DATABASE_URL", "REDIS_URL":
			if u, err := url.Parse(value); err == nil {
				secret, _ := u.User.Password()
				out = append(out, secret)
			}
		}
	}
	return out
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

// request is one call of a client.
type request struct {
	method, path, bearer string
	body                 any
	header               map[string]string // further headers
}

// reply is what became of it.
type reply struct {
	status int // 0: no answer came, it may have happened or not; gone: nobody was there
	answer map[string]any
	header http.Header
	node   string
}

// gone is the status of a call that reached nobody: it did not happen.
const gone = -1

// do makes one call and enters it; 5xx and 429 say nothing of the thing itself.
func (b *bench) do(kind faults.Kind, subject, method, path, bearer string, body any) (faults.Outcome, map[string]any) {
	outcome, r := b.enter(kind, subject, request{method: method, path: path, bearer: bearer, body: body})
	return outcome, r.answer
}

// enter is do with what became of the call; each try of it is entered. What one
// node took back may be honoured by another for a moment, if the other asks its
// memory and not the database: honoured enters that.
func (b *bench) enter(kind faults.Kind, subject string, q request) (outcome faults.Outcome, r reply) {
	for range b.tries() {
		op := faults.Op{Kind: kind, Subject: subject, Outcome: faults.Unknown, Sent: b.now()}
		r = b.ask(b.next(), q)
		op.Done = b.now()
		switch {
		case r.status >= 200 && r.status < 300:
			op.Outcome = faults.OK
		case r.status >= 400 && r.status < 500 && r.status != http.StatusTooManyRequests:
			op.Outcome = faults.Refused
		}
		if kind == faults.Revoke || kind == faults.Work && q.path == whoAmI {
			op.Node = r.node
		}
		if r.status != gone {
			b.Add(op)
		}
		if outcome = op.Outcome; r.status > 0 {
			break
		}
	}
	return outcome, r
}

// whoAmI asks for nothing but an access token, which each node judges from memory.
const whoAmI = "/api/v1/me"

// honoured asks one node whether it takes an access token that was taken back.
func (b *bench) honoured(n *node, subject, access string) bool {
	op := faults.Op{Kind: faults.Work, Subject: subject, Outcome: faults.Unknown, Node: n.url, Sent: b.now()}
	status := b.ask(n.url, request{method: "GET", path: whoAmI, bearer: access}).status
	op.Done = b.now()
	switch status {
	case http.StatusOK:
		op.Outcome = faults.OK
	case http.StatusUnauthorized:
		op.Outcome = faults.Refused
	}
	b.Add(op)
	return op.Outcome != faults.Refused
}

// keep enters something acknowledged just now by another call.
func (b *bench) keep(subject string) { b.enterNow(faults.Keep, subject) }

// enterNow enters what was acknowledged just now by another call.
func (b *bench) enterNow(kind faults.Kind, subject string) {
	now := b.now()
	b.Add(faults.Op{Kind: kind, Subject: subject, Outcome: faults.OK, Sent: now, Done: now})
}

// next is the node whose turn it is.
func (b *bench) next() string { return b.nodes[int(b.turn.Add(1))%len(b.nodes)].url }

// only is the one node there is; "" where there are more.
func (b *bench) only() string {
	if len(b.nodes) > 1 {
		return ""
	}
	return b.nodes[0].url
}

func (b *bench) tries() int {
	if b.insists {
		return 2 * len(b.nodes)
	}
	return 1
}

// call asks the nodes in turn; status 0 or less when no answer came.
func (b *bench) call(method, path, bearer string, body any) (int, map[string]any) {
	r := b.reach(request{method: method, path: path, bearer: bearer, body: body})
	return r.status, r.answer
}

// reach asks the nodes in turn, another one where no answer came if the bench
// insists.
func (b *bench) reach(q request) (r reply) {
	for range b.tries() {
		if r = b.ask(b.next(), q); r.status > 0 {
			break
		}
	}
	return r
}

// ask makes one call to one node.
func (b *bench) ask(base string, q request) (r reply) {
	r.node = base
	var in io.Reader
	if q.body != nil {
		raw, err := json.Marshal(q.body)
		if err != nil {
			return r
		}
		in = bytes.NewReader(raw)
	}
	req, err := http.NewRequest(q.method, base+q.path, in)
	if err != nil {
		return r
	}
	req.Header.Set("Content-Type", "application/json")
	if q.bearer != "" {
		req.Header.Set("Authorization", "Bearer "+q.bearer)
	}
	for name, value := range q.header {
		req.Header.Set(name, value)
	}
	res, err := b.client.Do(req)
	if err != nil {
		r.status = b.unanswered(err)
		return r
	}
	defer func() { _ = res.Body.Close() }()
	raw, err := io.ReadAll(res.Body)
	if err != nil || len(raw) > 0 && json.Unmarshal(raw, &r.answer) != nil {
		r.status = b.unanswered(err)
		return r
	}
	wrong := ""
	switch code := res.StatusCode; {
	case code == http.StatusServiceUnavailable && res.Header.Get("Retry-After") == "":
		wrong = fmt.Sprintf("%s %s: 503 without Retry-After: %s", q.method, q.path, raw)
	case code >= 500 && code != http.StatusServiceUnavailable:
		wrong = fmt.Sprintf("%s %s: %d: %s", q.method, q.path, code, raw)
	}
	b.saw(res.StatusCode, wrong)
	r.status, r.header = res.StatusCode, res.Header
	return r
}

// unanswered tells a connection that nobody took from one that broke.
func (b *bench) unanswered(err error) (status int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.statuses[0]++
	var op *net.OpError
	if errors.As(err, &op) && op.Op == "dial" {
		b.refused++
		return gone
	}
	b.broken++
	return 0
}

// blame enters something that no client should ever see.
func (b *bench) blame(format string, args ...any) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.wrong = append(b.wrong, fmt.Sprintf(format, args...))
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

// said is all that the programs wrote on their terminals.
func (b *bench) said() string {
	var all strings.Builder
	for _, n := range b.nodes {
		all.WriteString(n.log.String())
	}
	return all.String()
}

func (b *bench) statuses503() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.statuses[503]
}
