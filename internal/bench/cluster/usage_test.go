package cluster_test

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/sallyport/sallyport/internal/clock"
)

// usage is where the counters stand, or how far they moved.
type usage struct {
	nodes, postgres, redis float64 // processor time, seconds
	statements             float64 // that PostgreSQL ran, BEGIN and COMMIT among them
	commits                float64 // transactions that wrote
	commands               float64 // that Redis ran, those inside scripts among them
	wal                    float64 // bytes
	at                     time.Time
	took                   float64 // seconds
}

// read reads every counter, at the cost of one statement and one command.
func (c *cluster) read(b *testing.B) usage {
	b.Helper()
	u := usage{at: clock.System()}
	for _, n := range c.nodes {
		u.nodes += processorTime(b, n.cmd.Process.Pid)
	}
	u.redis = processorTime(b, c.redisPID)
	u.postgres = processorTime(b, c.postmaster) + ofTheDead(b, c.postmaster)
	for _, pid := range children(b, c.postmaster) {
		u.postgres += processorTime(b, pid)
	}
	ctx := context.Background()
	err := c.db.QueryRow(ctx, `SELECT (SELECT sum(calls)::float8 FROM pg_stat_statements),
		pg_snapshot_xmax(pg_current_snapshot())::text::float8, pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0')::float8`).
		Scan(&u.statements, &u.commits, &u.wal)
	if err != nil {
		b.Fatal(err)
	}
	info, err := c.store.Do(ctx, c.store.B().Info().Section("stats").Build()).ToString()
	if err != nil {
		b.Fatal(err)
	}
	u.commands = number(b, info, "total_commands_processed:")
	return u
}

func (u usage) since(old usage) usage {
	d := u.plus(old, -1)
	d.took = u.at.Sub(old.at).Seconds()
	return d
}

// plus adds k times another usage.
func (u usage) plus(v usage, k float64) usage {
	return usage{
		nodes: u.nodes + k*v.nodes, postgres: u.postgres + k*v.postgres, redis: u.redis + k*v.redis,
		statements: u.statements + k*v.statements, commits: u.commits + k*v.commits, commands: u.commands + k*v.commands, wal: u.wal + k*v.wal,
		took: u.took,
	}
}

func (u usage) scaled(k float64) usage { return usage{took: u.took}.plus(u, k) }

func (u usage) perSecond() usage { return u.scaled(1 / u.took) }

// report gives what one operation cost.
func (u usage) report(b *testing.B) {
	b.ReportMetric(u.nodes*1e6, "node-µs/op")
	b.ReportMetric(u.postgres*1e6, "postgres-µs/op")
	b.ReportMetric(u.redis*1e6, "redis-µs/op")
	b.ReportMetric(u.statements, "statements/op")
	b.ReportMetric(u.commits, "commits/op")
	b.ReportMetric(u.commands, "commands/op")
	b.ReportMetric(u.wal, "WAL-B/op")
}

// processorTime is what the threads of a process have used, in seconds. Threads that
// have ended are not among them: neither Go nor the servers end any to speak of.
func processorTime(b testing.TB, pid int) (total float64) {
	threads, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/schedstat", pid))
	if err != nil {
		b.Fatal(err)
	}
	for _, file := range threads {
		text, err := os.ReadFile(file)
		if err != nil {
			continue // it ended meanwhile
		}
		used, err := strconv.ParseFloat(strings.Fields(string(text))[0], 64)
		if err != nil {
			b.Fatal(err)
		}
		total += used / 1e9
	}
	return total
}

// ofTheDead is what the children of a process had used that have ended, in seconds,
// to a hundredth.
func ofTheDead(b testing.TB, pid int) (total float64) {
	for _, i := range []int{16, 17} {
		ticks, err := strconv.ParseFloat(stat(b, pid)[i], 64)
		if err != nil {
			b.Fatal(err)
		}
		total += ticks / 100 // USER_HZ of every Linux that Go runs on
	}
	return total
}

// stat is /proc/PID/stat by the numbers of proc(5), the first of which is 1. A
// process that has ended has used nothing: its parent says so.
func stat(b testing.TB, pid int) []string {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return strings.Fields(strings.Repeat("0 ", 60))
	}
	name := bytes.LastIndexByte(text, ')') // which may hold blanks
	if name < 0 {
		b.Fatalf("/proc/%d/stat: got %q", pid, text)
	}
	return append([]string{"", "", ""}, strings.Fields(string(text[name+1:]))...)
}

// children are the processes that a process has started.
func children(b testing.TB, parent int) (pids []int) {
	entries, err := os.ReadDir("/proc")
	if err != nil {
		b.Fatal(err)
	}
	for _, e := range entries {
		if pid, err := strconv.Atoi(e.Name()); err == nil && stat(b, pid)[4] == strconv.Itoa(parent) {
			pids = append(pids, pid)
		}
	}
	return pids
}

// memory is what the nodes have resident, in bytes.
func (c *cluster) memory(b *testing.B) (total float64) {
	for _, n := range c.nodes {
		text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", n.cmd.Process.Pid))
		if err != nil {
			b.Fatal(err)
		}
		total += number(b, string(text), "VmRSS:") * 1024
	}
	return total
}

// number is what follows a name at the beginning of a line.
func number(b testing.TB, text, name string) float64 {
	b.Helper()
	_, rest, found := strings.Cut("\n"+text, "\n"+name)
	fields := strings.Fields(rest)
	if !found || len(fields) == 0 {
		b.Fatalf("got no %s in %q", name, text)
	}
	n, err := strconv.ParseFloat(fields[0], 64)
	if err != nil {
		b.Fatal(err)
	}
	return n
}

// own is the processor time of this process, in seconds.
func own(b testing.TB) float64 {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano()).Seconds()
}

// TestProcessorTimeIsRead holds what is read from /proc against what the kernel
// says in another way.
func TestProcessorTimeIsRead(t *testing.T) {
	began := clock.System()
	for clock.System().Sub(began) < 50*time.Millisecond {
		_ = began.String()
	}
	got := processorTime(t, os.Getpid())
	if want := own(t); got < want-0.05 || got > want+0.05 || got == 0 {
		t.Errorf("processor time of this process: got %.2f s, want %.2f s", got, want)
	}
	if got, want := stat(t, os.Getpid())[4], strconv.Itoa(os.Getppid()); got != want {
		t.Errorf("parent of this process: got %s, want %s", got, want)
	}
}
