package faults_test

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/sallyport/sallyport/internal/faults"
	"github.com/sallyport/sallyport/internal/testbed"
)

// built is the folder of the program as it is shipped, built once for all tests.
var built string

func TestMain(m *testing.M) {
	os.Exit(func() int {
		var err error
		if built, err = os.MkdirTemp("", "sallyport-faults-"); err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		defer func() { _ = os.RemoveAll(built) }()
		build := exec.Command("go", "build", "-o", filepath.Join(built, "sallyport"), "../../cmd/sallyport")
		build.Env = append(os.Environ(), "CGO_ENABLED=0")
		if out, err := build.CombinedOutput(); err != nil {
			fmt.Fprintf(os.Stderr, "go build: %v\n%s", err, out)
			return 1
		}
		return m.Run()
	}())
}

// output is what a program wrote so far.
type output struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.buf.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.buf.String()
}

// node is one running program. It may be killed and started again; its methods
// belong to the test's goroutine.
type node struct {
	url, metrics, folder string
	environ              []string
	within               []string // a program that runs the program, and its arguments
	cmd                  *exec.Cmd
	log                  output      // both terminals, but for the setup link
	fresh                faults.Size // when it was ready
}

// newNode prepares a program with those settings; serve starts it.
func newNode(t *testing.T, settings []string) *node {
	t.Helper()
	n := &node{folder: t.TempDir()}
	address, metrics := "127.0.0.1:"+strconv.Itoa(testbed.FreePort(t)), "127.0.0.1:"+strconv.Itoa(testbed.FreePort(t))
	n.url, n.metrics = "http://"+address, "http://"+metrics+"/metrics"
	n.environ = append([]string{"LISTEN_ADDR=" + address, "METRICS_ADDR=" + metrics, "PUBLIC_URL=" + n.url}, settings...)
	t.Cleanup(n.kill)
	return n
}

// serve starts the program and waits until it says that it is ready.
func (n *node) serve(t *testing.T) {
	t.Helper()
	args := append(append([]string{}, n.within...), filepath.Join(built, "sallyport"), "serve")
	n.cmd = exec.Command(args[0], args[1:]...)
	n.cmd.Dir, n.cmd.Env, n.cmd.Stderr = n.folder, n.environ, &n.log
	n.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	stdout, err := n.cmd.StdoutPipe()
	if err == nil {
		err = n.cmd.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	out := bufio.NewReader(stdout)
	for {
		line, err := out.ReadString('\n')
		if err != nil {
			n.kill()
			t.Fatalf("the program ended: %v\n%s", err, n.log.String())
		}
		if strings.Contains(line, "http://") { // the address people open, or the setup link
			break
		}
	}
	go func() { _, _ = io.Copy(&n.log, out) }()
	n.fresh = n.size(t)
}

// kill ends the program as a power cut does.
func (n *node) kill() {
	if n.cmd != nil {
		_ = n.cmd.Process.Kill()
		_ = n.cmd.Wait()
		n.cmd = nil
	}
}

// stop ends the program as an operator does; it must end well.
func (n *node) stop(t *testing.T) {
	t.Helper()
	_ = n.cmd.Process.Signal(syscall.SIGTERM)
	if err := n.cmd.Wait(); err != nil {
		t.Errorf("a node asked to end: got %v, want 0", err)
	}
	n.cmd = nil
}

// command runs another command of the program on the same data.
func (n *node) command(t *testing.T, args ...string) string {
	t.Helper()
	all := append(append(append([]string{}, n.within...), filepath.Join(built, "sallyport")), args...)
	cmd := exec.CommandContext(t.Context(), all[0], all[1:]...)
	cmd.Dir, cmd.Env = n.folder, n.environ
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Errorf("sallyport %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return string(out)
}

// gauge reads one metric of the program; false when it does not answer.
func (n *node) gauge(name string) (float64, bool) {
	client := http.Client{Timeout: 5 * time.Second}
	res, err := client.Get(n.metrics)
	if err != nil {
		return 0, false
	}
	defer func() { _ = res.Body.Close() }()
	lines := bufio.NewScanner(res.Body)
	for lines.Scan() {
		if value, ok := strings.CutPrefix(lines.Text(), name+" "); ok {
			got, err := strconv.ParseFloat(value, 64)
			return got, err == nil
		}
	}
	return 0, false
}

// size is what the program holds besides memory.
func (n *node) size(t *testing.T) faults.Size {
	t.Helper()
	goroutines, ok1 := n.gauge("go_goroutines")
	descriptors, ok2 := n.gauge("process_open_fds")
	if !ok1 || !ok2 {
		t.Fatal("the program does not tell its goroutines and descriptors")
	}
	return faults.Size{Goroutines: goroutines, Descriptors: descriptors}
}

// shrinks waits until the program holds no more than when it was started, but for
// the connections of pools that come and go.
func (n *node) shrinks(t *testing.T) {
	t.Helper()
	var got faults.Size
	for range 100 {
		if got = n.size(t); !faults.Grown(n.fresh, got) {
			return
		}
		<-time.After(200 * time.Millisecond)
	}
	t.Errorf("after the fault: got %+v, when it was started %+v", got, n.fresh)
}
