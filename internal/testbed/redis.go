package testbed

import (
	"bufio"
	"crypto/rand"
	"crypto/tls"
	"fmt"
	"net"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/sallyport/sallyport/internal/clock"
)

// Redis returns the URL of a Redis of this test's own, empty, gone when the test
// ends. It starts in a few milliseconds, so nothing is shared: channels and
// scripts are not kept apart by database numbers.
func Redis(tb testing.TB) string {
	tb.Helper()
	return OwnRedis(tb).URL()
}

// RedisServer is a Redis of one test's own. Its methods belong to the test's
// goroutine: they fail the test themselves.
type RedisServer struct {
	tb       testing.TB
	program  string
	process  *process
	port     int
	password string
	secure   *Certificates // nil: in the clear
}

// OwnRedis starts a Redis for this test alone; it is gone when the test ends.
// Nothing is kept on disk: it is empty after Stop and Start.
func OwnRedis(tb testing.TB) *RedisServer {
	tb.Helper()
	return ownRedis(tb, nil)
}

// SecureRedis is OwnRedis with the settings of deploy/redis: TLS only, with those
// certificates, and a password.
func SecureRedis(tb testing.TB, c *Certificates) *RedisServer {
	tb.Helper()
	return ownRedis(tb, c)
}

func ownRedis(tb testing.TB, c *Certificates) *RedisServer {
	tb.Helper()
	s, err := newRedis(c)
	if err != nil {
		tb.Fatal(err)
	}
	s.tb = tb
	tb.Cleanup(func() { s.process.stop(false) })
	return s
}

// Addr returns the server's host and port.
func (s *RedisServer) Addr() string { return fmt.Sprintf("127.0.0.1:%d", s.port) }

// URL returns the server's address as REDIS_URL takes it, with the password.
func (s *RedisServer) URL() string {
	if s.secure != nil {
		return fmt.Sprintf("rediss://:%s@%s/0", s.password, s.Addr())
	}
	return fmt.Sprintf("redis://:%s@%s/0", s.password, s.Addr())
}

// Stop ends the server and cuts its connections; it is down on return.
func (s *RedisServer) Stop() { s.process.stop(true) }

// Start brings a stopped server back on the same port, empty.
func (s *RedisServer) Start() {
	s.tb.Helper()
	if err := s.start(); err != nil {
		s.tb.Fatal(err)
	}
}

// Flush deletes everything in the server, as FLUSHALL does.
func (s *RedisServer) Flush() {
	s.tb.Helper()
	if err := s.do("FLUSHALL"); err != nil {
		s.tb.Fatal(err)
	}
}

// Freeze suspends the server: connections stay open and nothing answers.
func (s *RedisServer) Freeze() { send(s.tb, s.process, syscall.SIGSTOP) }

// Thaw ends a Freeze.
func (s *RedisServer) Thaw() { send(s.tb, s.process, syscall.SIGCONT) }

func newRedis(c *Certificates) (*RedisServer, error) {
	program, err := exec.LookPath("redis-server")
	if err != nil {
		return nil, missing("redis-server", "redis-server")
	}
	p, err := newProcess("TERM")
	if err != nil {
		return nil, err
	}
	s := &RedisServer{program: program, process: p, password: rand.Text(), secure: c}
	for range 3 { // another process may be quicker to take the port
		if s.port, err = freePort(); err != nil {
			break
		}
		if err = s.start(); err == nil {
			return s, nil
		}
		p.stop(true)
	}
	p.stop(false)
	return nil, err
}

// start writes the configuration, where the password is not seen in the process
// list, runs the server and waits until it answers.
func (s *RedisServer) start() error {
	conf := fmt.Sprintf("bind 127.0.0.1\nport %d\nrequirepass %s\nsave \"\"\nappendonly no\n", s.port, s.password)
	if s.secure != nil {
		if err := s.secure.lend(s.process, "redis"); err != nil {
			return err
		}
		conf = s.secure.redisConf + fmt.Sprintf("bind 127.0.0.1 127.0.0.2\nrequirepass %s\ntls-port %d\n", s.password, s.port) +
			"tls-cert-file redis.pem\ntls-key-file redis.key\ntls-ca-cert-file ca.pem\n"
	}
	if err := s.process.write("redis.conf", conf); err != nil {
		return err
	}
	if err := s.process.start(s.program, "redis.conf"); err != nil {
		return err
	}
	return s.process.await(30*time.Second, func() error { return s.do("PING") })
}

func (s *RedisServer) dial() (net.Conn, error) {
	d := &net.Dialer{Timeout: time.Second}
	if s.secure == nil {
		return d.Dial("tcp", s.Addr())
	}
	return tls.DialWithDialer(d, "tcp", s.Addr(), &tls.Config{RootCAs: s.secure.pool, MinVersion: tls.VersionTLS12})
}

// do sends one command and waits for its answer.
func (s *RedisServer) do(command string) error {
	conn, err := s.dial()
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close() }()
	if err := conn.SetDeadline(clock.System().Add(5 * time.Second)); err != nil {
		return err
	}
	in := bufio.NewReader(conn)
	for _, line := range []string{"AUTH " + s.password, command} {
		if _, err := fmt.Fprintf(conn, "%s\r\n", line); err != nil {
			return err
		}
		answer, err := in.ReadString('\n')
		if err != nil {
			return err
		}
		if !strings.HasPrefix(answer, "+") {
			return fmt.Errorf("testbed: redis answered %q", strings.TrimSpace(answer))
		}
	}
	return nil
}
