package faults_test

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"flag"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/sallyport/sallyport/internal/clock"
	"github.com/sallyport/sallyport/internal/faults"
	"github.com/sallyport/sallyport/internal/testbed"
)

// long is the whole bench; without it each fault is a short seed.
var long = flag.Bool("long", false, "run the whole fault bench (make faults)")

const password = "violet harbour lantern 88 moss"

// bench is the program as it is shipped, its clients' history and its log.
type bench struct {
	faults.History
	url, binary, folder string
	environ             []string
	began               time.Time
	cmd                 *exec.Cmd
	log                 bytes.Buffer // read only while the program is down
	client              *http.Client
}

func newBench(t *testing.T, more ...string) *bench {
	t.Helper()
	address := "127.0.0.1:" + strconv.Itoa(testbed.FreePort(t))
	b := &bench{
		url: "http://" + address, folder: t.TempDir(), began: clock.System(),
		client: &http.Client{Timeout: 10 * time.Second, Transport: &http.Transport{MaxIdleConnsPerHost: 16}},
	}
	b.binary = filepath.Join(b.folder, "sallyport")
	b.environ = append([]string{
		"LISTEN_ADDR=" + address, "PUBLIC_URL=" + b.url, "METRICS_ADDR=", "EMAIL_VERIFICATION=optional", "REFRESH_GRACE=0s",
		"RATE_LOGIN_IP=100000/1m", "RATE_LOGIN_ACCOUNT=100000/1m", "RATE_REGISTER_IP=100000/1m", "RATE_API_IP=100000/1m",
		"RATE_REFRESH_SESSION=100000/1m",
	}, more...)
	build := exec.CommandContext(t.Context(), "go", "build", "-o", b.binary, "../../cmd/sallyport")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	t.Cleanup(func() { b.kill() })
	return b
}

// serve starts the program and waits until it says that it is ready.
func (b *bench) serve(t *testing.T) {
	t.Helper()
	b.cmd = exec.Command(b.binary, "serve")
	b.cmd.Dir, b.cmd.Env, b.cmd.Stderr = b.folder, b.environ, &b.log
	stdout, err := b.cmd.StdoutPipe()
	if err == nil {
		err = b.cmd.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	out := bufio.NewReader(stdout)
	for {
		line, err := out.ReadString('\n')
		if err != nil {
			b.kill()
			t.Fatalf("the program ended: %v\n%s", err, b.log.String())
		}
		if strings.Contains(line, "/dev/inbox") {
			break
		}
	}
	go func() { _, _ = io.Copy(io.Discard, out) }()
}

// kill ends the program as a power cut does.
func (b *bench) kill() {
	if b.cmd != nil {
		_ = b.cmd.Process.Kill()
		_ = b.cmd.Wait()
		b.cmd = nil
	}
}

// command runs another command of the program on the same data.
func (b *bench) command(t *testing.T, args ...string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), b.binary, args...)
	cmd.Dir, cmd.Env = b.folder, b.environ
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Errorf("sallyport %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return string(out)
}

func (b *bench) now() time.Duration { return clock.System().Sub(b.began) }

// do makes one call and enters it; 5xx and 429 say nothing of the thing itself.
func (b *bench) do(kind faults.Kind, subject, method, path, bearer string, body any) (faults.Outcome, map[string]any) {
	op := faults.Op{Kind: kind, Subject: subject, Outcome: faults.Unknown, Sent: b.now()}
	status, answer := b.call(method, path, bearer, body)
	op.Done = b.now()
	switch {
	case status >= 200 && status < 300:
		op.Outcome = faults.OK
	case status >= 400 && status < 500 && status != http.StatusTooManyRequests:
		op.Outcome = faults.Refused
	}
	b.Add(op)
	return op.Outcome, answer
}

// call answers status 0 when the program is gone.
func (b *bench) call(method, path, bearer string, body any) (int, map[string]any) {
	var in io.Reader
	if body != nil {
		raw, err := json.Marshal(body)
		if err != nil {
			return 0, nil
		}
		in = bytes.NewReader(raw)
	}
	req, err := http.NewRequest(method, b.url+path, in)
	if err != nil {
		return 0, nil
	}
	req.Header.Set("Content-Type", "application/json")
	if bearer != "" {
		req.Header.Set("Authorization", "Bearer "+bearer)
	}
	res, err := b.client.Do(req)
	if err != nil {
		return 0, nil
	}
	defer func() { _ = res.Body.Close() }()
	raw, err := io.ReadAll(res.Body)
	if err != nil {
		return 0, nil
	}
	var answer map[string]any
	if len(raw) > 0 && json.Unmarshal(raw, &answer) != nil {
		return 0, nil
	}
	return res.StatusCode, answer
}

// name stands for a secret in a history.
func name(what, secret string) string {
	sum := sha256.Sum256([]byte(secret))
	return what + " " + hex.EncodeToString(sum[:6])
}
