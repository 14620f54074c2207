package testbed

import (
	"context"
	"crypto/rand"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// PostgresURLVariable names a PostgreSQL to use instead of a throw-away one: a
// URL of a user who may create databases. OwnPostgres does not heed it.
const PostgresURLVariable = "SALLYPORT_TEST_POSTGRES_URL"

// shared is the one cluster of this test process, started by the first test
// that asks. Nothing stops it but the end of the process; see process.go.
var shared = sync.OnceValues(func() (string, error) {
	if u := os.Getenv(PostgresURLVariable); u != "" {
		return u, nil
	}
	s := &PostgresServer{}
	if err := s.launch(); err != nil {
		return "", err
	}
	return s.URL(), nil
})

// Postgres returns the URL of a fresh, empty database, which is dropped when the
// test ends.
func Postgres(tb testing.TB) string {
	tb.Helper()
	return database(tb, "")
}

// database is Postgres with further words for CREATE DATABASE.
func database(tb testing.TB, words string) string {
	tb.Helper()
	cluster, err := shared()
	if err != nil {
		tb.Fatal(err)
	}
	name, databaseURL, err := createDatabase(cluster, words)
	if err != nil {
		tb.Fatalf("testbed: create a database: %v", err)
	}
	tb.Cleanup(func() {
		if err := execute(cluster, "DROP DATABASE IF EXISTS "+name+" WITH (FORCE)"); err != nil {
			tb.Errorf("testbed: drop database: %v", err)
		}
	})
	return databaseURL
}

func createDatabase(cluster, words string) (name, databaseURL string, err error) {
	u, err := url.Parse(cluster)
	if err != nil {
		return "", "", fmt.Errorf("%s: %w", PostgresURLVariable, err)
	}
	name = "t_" + strings.ToLower(rand.Text())
	u.Path = "/" + name
	return name, u.String(), execute(cluster, "CREATE DATABASE "+name+words)
}

// execute runs one statement on its own connection.
func execute(databaseURL, statement string) error {
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	conn, err := pgx.Connect(ctx, databaseURL)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close(ctx) }()
	_, err = conn.Exec(ctx, statement)
	return err
}

// PostgresServer is a PostgreSQL of one test's own, for tests that break it. Its
// methods belong to the test's goroutine: they fail the test themselves.
type PostgresServer struct {
	tb       testing.TB
	bin      string // the folder of initdb and postgres
	process  *process
	port     int
	password string
	secure   *Certificates // nil: in the clear
	durable  bool          // a commit is on the disk
}

// OwnPostgres starts a PostgreSQL for this test alone; it is gone when the test
// ends. It keeps its data over Stop and Start.
func OwnPostgres(tb testing.TB) *PostgresServer {
	tb.Helper()
	return ownPostgres(tb, &PostgresServer{})
}

// DurablePostgres is OwnPostgres that waits for the disk as installed servers do,
// for what is measured.
func DurablePostgres(tb testing.TB) *PostgresServer {
	tb.Helper()
	return ownPostgres(tb, &PostgresServer{durable: true})
}

// SecurePostgres is OwnPostgres with the settings of deploy/postgres: passwords
// as scram, TLS only, with those certificates.
func SecurePostgres(tb testing.TB, c *Certificates) *PostgresServer {
	tb.Helper()
	return ownPostgres(tb, &PostgresServer{secure: c})
}

func ownPostgres(tb testing.TB, s *PostgresServer) *PostgresServer {
	tb.Helper()
	if err := s.launch(); err != nil {
		tb.Fatal(err)
	}
	s.tb = tb
	tb.Cleanup(func() { s.process.stop(false) })
	return s
}

// URL returns the address of the database "postgres" on the server, as its
// superuser.
func (s *PostgresServer) URL() string {
	if s.secure != nil {
		return fmt.Sprintf("postgres://postgres:%s@127.0.0.1:%d/postgres?sslmode=verify-full&sslrootcert=%s", s.password, s.port, s.secure.CA)
	}
	return fmt.Sprintf("postgres://postgres:%s@127.0.0.1:%d/postgres?sslmode=disable", s.password, s.port)
}

// Stop ends the server as a crash does: connections are cut, what was committed
// is there after Start. It is down on return.
func (s *PostgresServer) Stop() { s.process.stop(true) }

// Start brings a stopped server back on the same port, with its data.
func (s *PostgresServer) Start() {
	s.tb.Helper()
	if err := s.start(); err != nil {
		s.tb.Fatal(err)
	}
}

// Freeze suspends the server's main process: it takes no new connections, and
// does not refuse them either. Connections that exist go on.
func (s *PostgresServer) Freeze() { send(s.tb, s.process, syscall.SIGSTOP) }

// Thaw ends a Freeze.
func (s *PostgresServer) Thaw() { send(s.tb, s.process, syscall.SIGCONT) }

// Log returns the server's log so far, to look for what must not be in it.
func (s *PostgresServer) Log() string { return s.process.log() }

// launch lays the cluster out and starts the server for the first time.
func (s *PostgresServer) launch() (err error) {
	if s.bin, err = postgresPrograms(); err != nil {
		return err
	}
	if s.process, err = newProcess("QUIT"); err != nil { // at once, without a checkpoint nobody will read
		return err
	}
	s.password = rand.Text()
	if err := s.create(); err != nil {
		s.process.stop(false)
		return err
	}
	for range 3 { // another process may be quicker to take the port
		if s.port, err = freePort(); err != nil {
			break
		}
		if err = s.start(); err == nil {
			return nil
		}
		s.process.stop(true)
	}
	s.process.stop(false)
	return err
}

// create lays the cluster out. Its collation is that of a natural language, as
// on most installed servers: what sorts by accident of the C locale is found.
func (s *PostgresServer) create() error {
	if err := s.process.write("password", s.password); err != nil {
		return err
	}
	out, err := s.process.command(filepath.Join(s.bin, "initdb"), "-D", "data", "-U", "postgres",
		"-A", "scram-sha-256", "--pwfile=password", "-N", "--no-instructions", "-E", "UTF8",
		"--locale=C", "--locale-provider=icu", "--icu-locale=en-US").CombinedOutput()
	if err != nil {
		return fmt.Errorf("testbed: initdb: %w\n%s", err, out)
	}
	return nil
}

// start runs the server and waits until it answers.
func (s *PostgresServer) start() error {
	args := []string{
		"-D", "data",
		"-p", fmt.Sprint(s.port), "-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories=",
		"-c", "max_connections=300", "-c", "shared_buffers=64MB",
	}
	if !s.durable {
		args = append(args, "-c", "fsync=off", "-c", "full_page_writes=off")
	}
	if s.secure != nil {
		if err := s.secure.lend(s.process, "postgres"); err != nil {
			return err
		}
		args = append(args, "-c", "ssl=on", "-c", "ssl_cert_file=../postgres.pem", "-c", "ssl_key_file=../postgres.key", "-c", "hba_file=pg_hba.conf",
			"-c", "listen_addresses=127.0.0.1,127.0.0.2")
	}
	if err := s.process.start(filepath.Join(s.bin, "postgres"), args...); err != nil {
		return err
	}
	return s.process.await(time.Minute, func() error { return execute(s.URL(), "SELECT 1") })
}

// send signals a server on behalf of a test.
func send(tb testing.TB, p *process, sig syscall.Signal) {
	tb.Helper()
	if err := p.signal(sig); err != nil {
		tb.Fatalf("testbed: signal the server: %v", err)
	}
}
