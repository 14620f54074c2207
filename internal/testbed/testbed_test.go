package testbed_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/sallyport/sallyport/internal/testbed"
)

func connect(t *testing.T, databaseURL string) *pgx.Conn {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	conn, err := pgx.Connect(ctx, databaseURL)
	if err != nil {
		t.Fatalf("connect: %v", err)
	}
	t.Cleanup(func() { _ = conn.Close(context.Background()) })
	return conn
}

func exec1(t *testing.T, conn *pgx.Conn, sql string) {
	t.Helper()
	if _, err := conn.Exec(t.Context(), sql); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
}

func TestPostgresGivesEachCallItsOwnDatabase(t *testing.T) {
	a, b := connect(t, testbed.Postgres(t)), connect(t, testbed.Postgres(t))
	exec1(t, a, "CREATE TABLE thing (n INT)")
	exec1(t, b, "CREATE TABLE thing (n INT)") // fails where the two are one
	var got bool
	if err := a.QueryRow(t.Context(), "SELECT 'a' < 'B'").Scan(&got); err != nil || !got {
		t.Errorf("'a' < 'B': got %v, %v; want true: the collation of a natural language", got, err)
	}
}

func TestPostgresDropsTheDatabaseAfterTheTest(t *testing.T) {
	var gone string
	t.Run("inner", func(t *testing.T) {
		gone = testbed.Postgres(t)
		connect(t, gone)
	})
	if conn, err := pgx.Connect(t.Context(), gone); err == nil {
		_ = conn.Close(t.Context())
		t.Errorf("connect to the database of a finished test: got a connection, want an error")
	}
}

func TestOwnPostgresKeepsItsDataOverARestart(t *testing.T) {
	s := testbed.OwnPostgres(t)
	exec1(t, connect(t, s.URL()), "CREATE TABLE kept (n INT)")
	s.Stop()
	if conn, err := pgx.Connect(t.Context(), s.URL()); err == nil {
		_ = conn.Close(t.Context())
		t.Fatal("connect to a stopped server: got a connection, want an error")
	}
	s.Start()
	exec1(t, connect(t, s.URL()), "INSERT INTO kept VALUES (1)")
	if !strings.Contains(s.Log(), "ready to accept connections") {
		t.Errorf("log: got %q, want the server's own words", s.Log())
	}
}

func TestFrozenPostgresNeitherAnswersNorRefuses(t *testing.T) {
	s := testbed.OwnPostgres(t)
	s.Freeze()
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	if _, err := pgx.Connect(ctx, s.URL()); err == nil || ctx.Err() == nil {
		t.Errorf("connect to a frozen server: got %v, want no answer until the deadline", err)
	}
	s.Thaw()
	connect(t, s.URL())
}

// ask sends one inline command to Redis and returns the first line of the answer.
func ask(t *testing.T, redisURL, command string) string {
	t.Helper()
	u, err := url.Parse(redisURL)
	if err != nil {
		t.Fatal(err)
	}
	conn, err := net.DialTimeout("tcp", u.Host, time.Second)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	password, _ := u.User.Password()
	in := bufio.NewReader(conn)
	var answer string
	for _, line := range []string{"AUTH " + password, command} {
		if _, err := fmt.Fprintf(conn, "%s\r\n", line); err != nil {
			t.Fatal(err)
		}
		if answer, err = in.ReadString('\n'); err != nil {
			t.Fatal(err)
		}
	}
	return strings.TrimSpace(answer)
}

func TestRedis(t *testing.T) {
	t.Run("each call has its own", func(t *testing.T) {
		a, b := testbed.Redis(t), testbed.Redis(t)
		ask(t, a, "SET k v")
		if got := ask(t, b, "EXISTS k"); got != ":0" {
			t.Errorf("EXISTS in the other: got %q, want :0", got)
		}
	})
	t.Run("flush empties it", func(t *testing.T) {
		s := testbed.OwnRedis(t)
		ask(t, s.URL(), "SET k v")
		s.Flush()
		if got := ask(t, s.URL(), "EXISTS k"); got != ":0" {
			t.Errorf("EXISTS after Flush: got %q, want :0", got)
		}
	})
	t.Run("stop and start on the same port", func(t *testing.T) {
		s := testbed.OwnRedis(t)
		before := s.URL()
		s.Stop()
		if conn, err := net.Dial("tcp", s.Addr()); err == nil {
			_ = conn.Close()
			t.Error("dial a stopped server: got a connection, want an error")
		}
		s.Start()
		if got := ask(t, before, "PING"); got != "+PONG" {
			t.Errorf("PING after Start: got %q, want +PONG", got)
		}
	})
	t.Run("a frozen one is stopped all the same", func(t *testing.T) {
		s := testbed.OwnRedis(t)
		s.Freeze()
		s.Stop()
		s.Start()
		s.Freeze()
		s.Thaw()
		if got := ask(t, s.URL(), "PING"); got != "+PONG" {
			t.Errorf("PING after Thaw: got %q, want +PONG", got)
		}
	})
}

// TestOathtool uses the secret and an instant of RFC 6238 appendix B, of whose
// eight digits these are the last six.
func TestOathtool(t *testing.T) {
	const secret = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
	if got, want := testbed.Oathtool(t, secret, time.Unix(59, 0)), "287082"; got != want {
		t.Errorf("Oathtool: got %s, want %s", got, want)
	}
}

func TestFreePortIsFree(t *testing.T) {
	l, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", testbed.FreePort(t)))
	if err != nil {
		t.Fatal(err)
	}
	_ = l.Close()
}

// TestVictim is what the tests below run as a process of its own; with them it
// starts servers, says where, and waits to be killed, or lacks a program.
func TestVictim(t *testing.T) {
	switch os.Getenv("SALLYPORT_TESTBED_VICTIM") {
	case "servers":
		t.Setenv(testbed.PostgresURLVariable, "")
		fmt.Println("victim", testbed.Postgres(t))
		fmt.Println("victim", testbed.Redis(t))
		select {}
	case "redis-server":
		testbed.Redis(t)
	case "oathtool":
		testbed.Oathtool(t, "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ", time.Unix(59, 0))
	}
}

func TestMissingProgramFailsWithThePackageToInstall(t *testing.T) {
	for _, program := range []string{"redis-server", "oathtool"} {
		t.Run(program, func(t *testing.T) {
			cmd := exec.Command(os.Args[0], "-test.run=^TestVictim$")
			cmd.Env = append(os.Environ(), "SALLYPORT_TESTBED_VICTIM="+program, "PATH="+t.TempDir())
			out, err := cmd.CombinedOutput()
			if want := "apt-get install " + program; err == nil || !strings.Contains(string(out), want) {
				t.Errorf("test without %s: got %v\n%s\nwant a failure that says %q", program, err, out, want)
			}
		})
	}
}

func TestNothingOutlivesAKilledTest(t *testing.T) {
	tmp := t.TempDir()
	for _, dir := range []string{tmp, filepath.Dir(tmp)} {
		if err := os.Chmod(dir, 0o777); err != nil { // for the server's user
			t.Fatal(err)
		}
	}
	cmd := exec.Command(os.Args[0], "-test.run=^TestVictim$")
	cmd.Env = append(os.Environ(), "SALLYPORT_TESTBED_VICTIM=servers", "TMPDIR="+tmp)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	hosts := victims(t, out)
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait()
	for _, host := range hosts {
		awaitGone(t, "a server on "+host, func() bool {
			conn, err := net.Dial("tcp", host)
			if err == nil {
				_ = conn.Close()
			}
			return err != nil
		})
	}
	awaitGone(t, "a folder", func() bool {
		left, err := os.ReadDir(tmp)
		return err == nil && len(left) == 0
	})
}

// victims reads the two addresses that TestVictim prints.
func victims(t *testing.T, out io.Reader) (hosts []string) {
	t.Helper()
	lines := bufio.NewScanner(out)
	for len(hosts) < 2 && lines.Scan() {
		text, ok := strings.CutPrefix(lines.Text(), "victim ")
		if !ok {
			continue
		}
		u, err := url.Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		hosts = append(hosts, u.Host)
	}
	if len(hosts) < 2 {
		t.Fatalf("addresses from the other process: got %v, want two", hosts)
	}
	return hosts
}

func awaitGone(t *testing.T, what string, gone func() bool) {
	t.Helper()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	deadline := time.After(20 * time.Second)
	for !gone() {
		select {
		case <-deadline:
			t.Fatalf("%s outlived the killed test process", what)
		case <-tick.C:
		}
	}
}
