package faults_test

import (
	"crypto/sha256"
	"encoding/hex"
	"flag"
	"fmt"
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
