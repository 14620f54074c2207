package faults_test

import (
	"context"
	"database/sql"
	"fmt"
	"io"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/sallyport/sallyport/internal/clock"
	"github.com/sallyport/sallyport/internal/testbed"
)

// TestPostgresRestarted ends PostgreSQL at once, again and again, without a word
// to the program.
func TestPostgresRestarted(t *testing.T) {
	server := testbed.OwnPostgres(t)
	b := newBench(t, 1, server.URL())
	b.also = server.Log
	b.serve(t)
	c := newCrowd(b, 6)
	c.goesOn(t, time.Minute)
	for round := range either(2, 8) {
		server.Stop()
		<-time.After(500*time.Millisecond + time.Duration(round)*190*time.Millisecond)
		server.Start()
		c.goesOn(t, time.Minute)
	}
	c.judge(t)
	c.showsSomething(t)
}

// behind replaces the server of a URL by the wire in front of it.
func behind(t *testing.T, address string) (string, *wire) {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	w := newWire(t, u.Host)
	u.Host = w.address()
	return u.String(), w
}

// TestPostgresSlowAndGone puts a tenth of a second before each message to
// PostgreSQL, and then lets nothing through while connections stay open.
func TestPostgresSlowAndGone(t *testing.T) {
	direct := testbed.Postgres(t)
	through, w := behind(t, direct)
	b := newBench(t, 1, through)
	b.database = direct
	b.serve(t)
	c := newCrowd(b, 6)
	c.goesOn(t, time.Minute)

	w.set(100*time.Millisecond, false)
	c.goesOn(t, time.Minute)

	w.set(0, true)
	began := clock.System()
	if r := b.ask(b.nodes[0].url, request{method: "GET", path: "/api/v1/health/ready"}); r.status != 503 || r.header.Get("Retry-After") == "" {
		t.Errorf("OP-09 ready while the database is gone: got %d, want 503 with Retry-After", r.status)
	}
	t.Logf("not ready said after %v", clock.System().Sub(began))
	if status := b.health("live"); status != 200 {
		t.Errorf("live while the database is gone: got %d, want 200: a restart would not help", status)
	}
	<-time.After(time.Duration(either(3, 20)) * time.Second)
	w.set(0, false)
	c.goesOn(t, time.Minute)
	w.hangUp()
	c.goesOn(t, time.Minute)
	c.judge(t)
	c.showsSomething(t)
}

// health asks the first node how it is.
func (b *bench) health(what string) (status int) {
	return b.ask(b.nodes[0].url, request{method: "GET", path: "/api/v1/health/" + what}).status
}

// TestDatabaseLocked lets somebody else hold the locks that every change needs.
func TestDatabaseLocked(t *testing.T) {
	engines(t, func(t *testing.T, databaseURL string) {
		b := newBench(t, 1, databaseURL)
		b.serve(t)
		c := newCrowd(b, 6)
		c.goesOn(t, time.Minute)
		driver, source, lock := "pgx", databaseURL, "LOCK TABLE sessions, users, audit_logs IN EXCLUSIVE MODE"
		if file, ok := strings.CutPrefix(databaseURL, "sqlite:"); ok {
			driver, source, lock = "sqlite", "file:"+file+"?_txlock=immediate&_pragma=busy_timeout(10000)", "SELECT 1"
		}
		db, err := sql.Open(driver, source)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = db.Close() }()
		tx, err := db.BeginTx(t.Context(), nil)
		if err == nil {
			_, err = tx.ExecContext(t.Context(), lock)
		}
		if err != nil {
			t.Fatal(err)
		}
		for range either(3, 10) {
			<-time.After(time.Second)
			if status := b.health("live"); status != 200 {
				t.Errorf("live while a table is locked: got %d, want 200: a restart would not help", status)
			}
			// It reads only, but on PostgreSQL every connection may be waiting for the lock.
			if status := b.health("ready"); status != 200 && status != 503 {
				t.Errorf("OP-09 ready while a table is locked: got %d, want 200 or 503", status)
			}
		}
		if err := tx.Rollback(); err != nil {
			t.Error(err)
		}
		c.goesOn(t, time.Minute)
		c.judge(t)
		c.showsSomething(t)
	})
}

// smallDisk is a file system of a few MiB that only programs run with inside see.
type smallDisk struct{ folder, seen string }

// newSmallDisk makes one in a mount namespace of its own, which ends with the test.
func newSmallDisk(t *testing.T) (d smallDisk, inside []string) {
	t.Helper()
	d.folder = t.TempDir()
	ctx, cancel := context.WithCancel(context.Background())
	holder := exec.CommandContext(ctx, "unshare", "--user", "--map-root-user", "--mount", "sh", "-c",
		`mount -t tmpfs -o size=6m tmpfs "$0" && echo mounted && exec sleep 900`, d.folder)
	holder.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	out, err := holder.StdoutPipe()
	if err == nil {
		err = holder.Start()
	}
	if err != nil {
		cancel()
		t.Fatalf("unshare (Debian package util-linux): %v", err)
	}
	t.Cleanup(func() { cancel(); _ = holder.Wait() })
	said := make([]byte, len("mounted\n"))
	if _, err := io.ReadFull(out, said); err != nil {
		t.Fatalf("a small file system needs user namespaces: %v", err)
	}
	pid := fmt.Sprint(holder.Process.Pid)
	d.seen = filepath.Join("/proc", pid, "root", d.folder)
	return d, []string{"nsenter", "--preserve-credentials", "--user", "--mount", "--target", pid, "--"}
}

// fill takes all that is left of the disk.
func (d smallDisk) fill(t *testing.T) {
	t.Helper()
	f, err := os.Create(filepath.Join(d.seen, "filler"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	for _, piece := range []int{64 << 10, 4 << 10, 1} {
		for {
			if _, err := f.Write(make([]byte, piece)); err != nil {
				break
			}
		}
	}
}

func (d smallDisk) free(t *testing.T) {
	t.Helper()
	if err := os.Remove(filepath.Join(d.seen, "filler")); err != nil {
		t.Fatal(err)
	}
}

// TestDiskFull takes the last byte of the disk that the SQLite file is on.
func TestDiskFull(t *testing.T) {
	disk, inside := newSmallDisk(t)
	b := newBench(t, 1, "sqlite:"+filepath.Join(disk.folder, "sallyport.db"))
	b.nodes[0].within = inside
	b.serve(t)
	c := newCrowd(b, 4)
	c.goesOn(t, time.Minute)
	for range either(2, 5) {
		disk.fill(t)
		<-time.After(2 * time.Second)
		if status := b.health("live"); status != 200 {
			t.Errorf("live on a full disk: got %d, want 200", status)
		}
		disk.free(t)
		c.goesOn(t, time.Minute)
	}
	if b.statuses503() == 0 {
		t.Error("nothing was refused, so the disk was never full")
	}
	b.before = func() {
		file := filepath.Join(t.TempDir(), "copy.db")
		b.nodes[0].command(t, "backup", file)
		b.database = "sqlite:" + file
	}
	c.judge(t)
	c.showsSomething(t)
}
