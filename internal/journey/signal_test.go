package journey_test

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"net"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/sallyport/sallyport/internal/testbed"
)

// TestSecondSignalEndsAtOnce holds a request open, for which the first SIGTERM
// waits as long as SHUTDOWN_TIMEOUT says; a further one does not.
func TestSecondSignalEndsAtOnce(t *testing.T) {
	address := "127.0.0.1:" + strconv.Itoa(testbed.FreePort(t))
	p := &program{
		server: &server{url: "http://" + address}, whole: t, binary: testbed.Shipped(t), folder: t.TempDir(), errs: &bytes.Buffer{},
		environ: []string{"LISTEN_ADDR=" + address, "PUBLIC_URL=http://" + address, "METRICS_ADDR=", "SHUTDOWN_TIMEOUT=5m"},
	}
	p.serve(t)
	conn, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	_, err = fmt.Fprintf(conn, "POST /api/v1/auth/login HTTP/1.1\r\nHost: %s\r\nContent-Type: application/json\r\nContent-Length: 10\r\nExpect: 100-continue\r\n\r\n", address)
	if err != nil {
		t.Fatal(err)
	}
	if line, err := bufio.NewReader(conn).ReadString('\n'); !strings.Contains(line, "100 Continue") {
		t.Fatalf("the request: got %q, %v, want it under way", line, err)
	}
	done := make(chan error, 1)
	go func() { done <- p.cmd.Wait() }()
	again, late := time.NewTicker(100*time.Millisecond), time.After(8*time.Second) // the request itself lasts 15 s
	defer again.Stop()
	for {
		select {
		case err := <-done:
			exit, _ := errors.AsType[*exec.ExitError](err)
			if exit == nil || exit.Sys().(syscall.WaitStatus).Signal() != syscall.SIGTERM {
				t.Errorf("end: got %v, want by SIGTERM", err)
			}
			return
		case <-again.C:
			_ = p.cmd.Process.Signal(syscall.SIGTERM)
		case <-late:
			t.Fatal("end: the program still waits after 8 s of SIGTERM")
		}
	}
}
