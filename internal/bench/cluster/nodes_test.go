package cluster_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/redis/rueidis"

	"github.com/sallyport/sallyport/internal/opaque"
	"github.com/sallyport/sallyport/internal/testbed"
)

// servers are what all nodes share, with the people in it.
type servers struct {
	program, database, service string
	redis                      *testbed.RedisServer
	db                         *pgx.Conn
	store                      rueidis.Client
	postmaster, redisPID       int
}

// node is one running program.
type node struct {
	address string
	cmd     *exec.Cmd
}

// cluster is that many nodes on the same servers.
type cluster struct {
	*servers
	nodes   []*node
	callers []*caller
	held    [people]tokens
	rest    usage // what happens in a second by itself
	dialled atomic.Int64
}

// newServers builds the program, starts PostgreSQL, which counts statements, and
// Redis, and signs everybody up.
func newServers(b *testing.B) *servers {
	b.Helper()
	s := &servers{program: testbed.Shipped(b)}
	s.service, _ = opaque.New(opaque.Service)
	var err error
	postgres := testbed.OwnPostgres(b)
	s.database, s.redis = postgres.URL(), testbed.OwnRedis(b)
	s.execute(b, "ALTER SYSTEM SET shared_preload_libraries = 'pg_stat_statements'")
	postgres.Stop()
	postgres.Start()
	s.execute(b, "CREATE EXTENSION pg_stat_statements")
	if s.db, err = pgx.Connect(context.Background(), s.database); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = s.db.Close(context.Background()) })
	opt, err := rueidis.ParseURL(s.redis.URL())
	if err == nil {
		opt.ForceSingleClient, opt.DisableCache = true, true
		s.store, err = rueidis.NewClient(opt)
	}
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(s.store.Close)
	s.postmaster, err = strconv.Atoi(stat(b, int(s.db.PgConn().PID()))[4])
	info, err2 := s.store.Do(context.Background(), s.store.B().Info().Section("server").Build()).ToString()
	if err != nil || err2 != nil {
		b.Fatal(err, err2)
	}
	s.redisPID = int(number(b, info, "process_id:"))
	c := s.start(b, 1)
	defer c.stop(b)
	if err := everyone(c.few(), people, func(w *caller, i int) error { return w.signUp(0, i) }); err != nil {
		b.Fatal(err)
	}
	return s
}

func (s *servers) execute(b *testing.B, statement string) {
	b.Helper()
	conn, err := pgx.Connect(context.Background(), s.database)
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = conn.Close(context.Background()) }()
	if _, err := conn.Exec(context.Background(), statement); err != nil {
		b.Fatal(err)
	}
}

// start runs that many nodes, with limits out of the way.
func (s *servers) start(b *testing.B, count int) *cluster {
	b.Helper()
	s.redis.Flush()
	c := &cluster{servers: s}
	for range count {
		c.nodes = append(c.nodes, s.serve(b))
	}
	for i := range callers {
		c.callers = append(c.callers, newCaller(i, c.nodes))
	}
	return c
}

func (c *cluster) stop(b *testing.B) {
	for _, w := range c.callers {
		w.hangUp()
	}
	for _, n := range c.nodes {
		_ = n.cmd.Process.Signal(syscall.SIGTERM)
		if err := n.cmd.Wait(); err != nil {
			b.Errorf("a node asked to end: got %v, want 0", err)
		}
	}
}

func (s *servers) serve(b *testing.B) *node {
	b.Helper()
	n := &node{address: "127.0.0.1:" + strconv.Itoa(testbed.FreePort(b))}
	folder := b.TempDir()
	log, err := os.Create(filepath.Join(folder, "log"))
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = log.Close() }()
	n.cmd = exec.Command(s.program, "serve")
	n.cmd.Dir, n.cmd.Stderr = folder, log
	n.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	n.cmd.Env = []string{
		"LISTEN_ADDR=" + n.address, "METRICS_ADDR=127.0.0.1:" + strconv.Itoa(testbed.FreePort(b)), "PUBLIC_URL=http://localhost:8000",
		"DATABASE_URL=" + s.database, "REDIS_URL=" + s.redis.URL(), "SECRET_KEY=Zq7v0Y1m3o5Kc8Xw2Rt6Ub4Ne9Lp1Js0Hd5Ga7Fi3k8",
		"EMAIL_VERIFICATION=optional", "TRUSTED_PROXIES=127.0.0.1", "WS_TOPICS=news/*", "SERVICE_KEYS=bench:" + s.service,
		"WS_MAX_PER_USER=10000", "WS_MAX_PER_SESSION=10000", "LOG_FORMAT=json",
	}
	for _, rule := range []string{"LOGIN_IP", "LOGIN_ACCOUNT", "REGISTER_IP", "REFRESH_SESSION", "API_IP", "PUBLISH_IP"} {
		n.cmd.Env = append(n.cmd.Env, "RATE_"+rule+"=1000000/1s")
	}
	stdout, err := n.cmd.StdoutPipe()
	if err == nil {
		err = n.cmd.Start()
	}
	if err != nil {
		b.Fatal(err)
	}
	out := bufio.NewReader(stdout)
	for {
		line, err := out.ReadString('\n')
		if err != nil {
			text, _ := os.ReadFile(log.Name())
			b.Fatalf("the program ended: %v\n%s", err, text)
		}
		if strings.Contains(line, "http://") {
			break
		}
	}
	go func() { _, _ = io.Copy(io.Discard, out) }()
	return n
}

// turn is the node whose turn it is.
func (c *cluster) turn(i int) int { return i % len(c.nodes) }

// few are as many callers as passwords are checked at a time: more would wait, and be
// turned away where the machine has other work.
func (c *cluster) few() []*caller { return c.callers[:min(callers, runtime.NumCPU())] }

// everyone does something that often, those callers at the same time; the first
// failure ends it.
func everyone(those []*caller, times int, do func(w *caller, i int) error) error {
	var next atomic.Int64
	failed := make(chan error, len(those))
	var all sync.WaitGroup
	for _, w := range those {
		all.Go(func() {
			for i := int(next.Add(1)) - 1; i < times; i = int(next.Add(1)) - 1 {
				if err := do(w, i); err != nil {
					failed <- fmt.Errorf("call %d: %w", i, err)
					return
				}
			}
		})
	}
	all.Wait()
	close(failed)
	return <-failed
}

// follows is how long what an operation leaves to do takes: its rows are sealed into
// the audit chain within a second.
const follows = 1500 * time.Millisecond

// measure returns what an activity costs beyond what happens by itself.
func (c *cluster) measure(b *testing.B, activity func()) usage {
	b.Helper()
	before := c.read(b)
	activity()
	<-time.After(follows)
	d := c.read(b).since(before)
	return d.plus(c.rest, -d.took)
}

// batch measures an operation that those callers do at the same time.
func (c *cluster) batch(b *testing.B, those []*caller, times int, do func(w *caller, i int) error) {
	b.Helper()
	c.measure(b, func() {
		if err := everyone(those, times, do); err != nil {
			b.Fatal(err)
		}
	}).scaled(1 / float64(times)).report(b)
}
