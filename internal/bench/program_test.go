package bench_test

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/sallyport/sallyport/internal/clock"
	"github.com/sallyport/sallyport/internal/testbed"
)

// program is one run of the shipped file, in a process of its own.
type program struct {
	address string
	cmd     *exec.Cmd
	said    bytes.Buffer
	took    time.Duration // from its start until it was ready
}

// launch starts the program in that folder, with limits out of the way, and waits
// until it says that it is ready.
func launch(b *testing.B, file, folder string, more ...string) *program {
	b.Helper()
	p := &program{address: "127.0.0.1:" + strconv.Itoa(testbed.FreePort(b))}
	p.cmd = exec.Command(file, "serve")
	p.cmd.Dir, p.cmd.Stdout, p.cmd.Stderr = folder, &p.said, &p.said
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	p.cmd.Env = append(append(os.Environ(), settings(p.address)...), "LISTEN_ADDR="+p.address, "SECRET_KEY=Zq7v0Y1m3o5Kc8Xw2Rt6Ub4Ne9Lp1Js0Hd5Ga7Fi3k8", "LOG_LEVEL=warn")
	p.cmd.Env = append(p.cmd.Env, more...)
	began := clock.System()
	if err := p.cmd.Start(); err != nil {
		b.Fatal(err)
	}
	for !p.ready(b.Context()) {
		if p.took = clock.System().Sub(began); p.took > 30*time.Second {
			_ = p.cmd.Process.Kill()
			_ = p.cmd.Wait()
			b.Fatalf("not ready after %v:\n%s", p.took, p.said.String())
		}
		<-time.After(time.Millisecond)
	}
	p.took = clock.System().Sub(began)
	return p
}

func (p *program) ready(ctx context.Context) bool {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+p.address+"/api/v1/health/ready", http.NoBody)
	if err != nil {
		return false
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return false
	}
	_ = res.Body.Close()
	return res.StatusCode == http.StatusOK
}

func (p *program) stop(b *testing.B) {
	b.Helper()
	_ = p.cmd.Process.Signal(syscall.SIGTERM)
	if err := p.cmd.Wait(); err != nil {
		b.Errorf("asked to end: got %v, want 0\n%s", err, p.said.String())
	}
}

// memory reads a figure of /proc/PID/status in MB: VmRSS is what is resident now,
// VmHWM the most that ever was.
func (p *program) memory(b *testing.B, name string) float64 {
	b.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.cmd.Process.Pid))
	if err != nil {
		b.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(text), name+":")
	fields := strings.Fields(rest)
	if len(fields) == 0 {
		b.Fatalf("no %s in /proc/PID/status", name)
	}
	kib, err := strconv.ParseFloat(fields[0], 64)
	if err != nil {
		b.Fatal(err)
	}
	return kib * 1024 / 1e6
}

// BenchmarkStart starts the program in an empty folder, and again in that folder,
// and looks at its memory once it has been idle for a while.
func BenchmarkStart(b *testing.B) {
	file := testbed.Shipped(b)
	var first, again time.Duration
	var idle float64
	for b.Loop() {
		folder := b.TempDir()
		p := launch(b, file, folder)
		first += p.took
		p.stop(b)
		p = launch(b, file, folder)
		again += p.took
		<-time.After(3 * time.Second)
		idle += p.memory(b, "VmRSS")
		p.stop(b)
	}
	n := float64(b.N)
	b.ReportMetric(float64(first.Microseconds())/1e3/n, "first-ms")
	b.ReportMetric(float64(again.Microseconds())/1e3/n, "again-ms")
	b.ReportMetric(idle/n, "idle-MB")
}
