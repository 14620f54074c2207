package journey_test

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/sallyport/sallyport/internal/clock"
	"github.com/sallyport/sallyport/internal/testbed"
)

// program is bin/sallyport as a person runs it, in a folder of its own.
type program struct {
	*server
	whole          *testing.T // the program outlives its subtests
	binary, folder string
	environ        []string
	cmd            *exec.Cmd
	out            *bufio.Reader
	errs           *bytes.Buffer
}

// serve starts the program and returns what it printed before it was ready.
func (p *program) serve(t *testing.T) (greeting string) {
	t.Helper()
	p.cmd = exec.Command(p.binary, "serve")
	p.cmd.Dir, p.cmd.Env, p.cmd.Stderr = p.folder, p.environ, p.errs
	stdout, err := p.cmd.StdoutPipe()
	if err == nil {
		err = p.cmd.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	process := p.cmd.Process
	p.whole.Cleanup(func() { _ = process.Kill(); _, _ = process.Wait() })
	p.out = bufio.NewReader(stdout)
	for !strings.Contains(greeting, "/dev/inbox") {
		line, err := p.out.ReadString('\n')
		if greeting += line; err != nil {
			t.Fatalf("the program ended: %v\n%s\n%s", err, greeting, p.errs)
		}
	}
	return greeting
}

// line reads the next line of the program, which must come.
func (p *program) line(t *testing.T) string {
	t.Helper()
	line, err := p.out.ReadString('\n')
	if err != nil {
		t.Fatalf("the program ended: %v\n%s", err, p.errs)
	}
	return strings.TrimSpace(line)
}

// end sends a signal and waits for the program, at most 15 s; what it still
// prints is read meanwhile.
func (p *program) end(t *testing.T, s syscall.Signal) error {
	t.Helper()
	go func() { _, _ = io.Copy(io.Discard, p.out) }()
	if err := p.cmd.Process.Signal(s); err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { done <- p.cmd.Wait() }()
	select {
	case err := <-done:
		return err
	case <-time.After(15 * time.Second):
		t.Fatalf("the program did not end within 15 s of %v", s)
		return nil
	}
}

// TestBinary is the main job on the very file that is shipped, started in an
// empty folder as the README says, with codes of the real oathtool; and what is
// left of it after SIGTERM and after SIGKILL.
func TestBinary(t *testing.T) {
	port := testbed.FreePort(t)
	address := "127.0.0.1:" + strconv.Itoa(port)
	p := &program{
		server: &server{url: "http://" + address}, whole: t, binary: testbed.Shipped(t), folder: t.TempDir(), errs: &bytes.Buffer{},
		environ: []string{"LISTEN_ADDR=" + address, "PUBLIC_URL=http://" + address, "METRICS_ADDR="},
	}
	greeting := p.serve(t)
	if !strings.Contains(greeting, "is ready at "+p.url) {
		t.Errorf("greeting: got %q, want the address", greeting)
	}
	p.line(t) // the sentence above the link
	setup := p.line(t)
	link, token, _ := strings.Cut(setup, "#token=")
	if link != p.url+"/setup" || token == "" {
		t.Fatalf("link: got %q, want %s/setup#token=…", setup, p.url)
	}
	t.Run("PW-13 the first administrator, once", func(t *testing.T) {
		body := map[string]any{"token": token, "email": "root@example.org", "password": goodPassword}
		p.want(t, 201, "POST", "/api/v1/auth/setup", "", body)
		p.want(t, 400, "POST", "/api/v1/auth/setup", "", body)
	})

	const email = "ada@example.org"
	p.member(t, email)
	first := p.login(t, email)
	access := first.text("access_token")
	secret := p.want(t, 200, "POST", "/api/v1/mfa/totp/setup", access, nil).text("secret")
	now := clock.System()
	p.want(t, 200, "POST", "/api/v1/mfa/totp/verify-setup", access, map[string]any{"code": testbed.Oathtool(t, secret, now.Add(-30*time.Second))})
	p.want(t, 204, "POST", "/api/v1/auth/logout", access, nil)
	attempt := p.login(t, email).text("mfa_token")
	signedIn := p.want(t, 200, "POST", "/api/v1/mfa/totp/verify", attempt, map[string]any{"code": testbed.Oathtool(t, secret, clock.System())})
	access = signedIn.text("access_token")
	ws := p.socket(t, access)
	frame(t, ws, "welcome")

	t.Run("WS-10 SIGTERM drains: 1012, exit status 0", func(t *testing.T) {
		closed := make(chan error, 1)
		go func() {
			_, _, err := ws.Read(context.Background())
			closed <- err
		}()
		if err := p.end(t, syscall.SIGTERM); err != nil {
			t.Errorf("exit: got %v, want 0\n%s", err, p.errs)
		}
		if err := <-closed; websocket.CloseStatus(err) != 1012 {
			t.Errorf("socket: got %v, want 1012", err)
		}
	})
	t.Run("the session goes on after a restart", func(t *testing.T) {
		if greeting := p.serve(t); strings.Contains(greeting, "#token=") {
			t.Errorf("greeting: got a link for an administrator, want none: there is one")
		}
		p.want(t, 200, "GET", "/api/v1/me", access, nil)
		signedIn = p.want(t, 200, "POST", "/api/v1/auth/refresh", "", map[string]any{"refresh_token": signedIn.text("refresh_token")})
	})
	t.Run("nothing acknowledged is lost by SIGKILL", func(t *testing.T) {
		access = signedIn.text("access_token")
		p.want(t, 204, "POST", "/api/v1/auth/logout", access, nil)
		if err := p.end(t, syscall.SIGKILL); err == nil {
			t.Fatal("exit: got 0, want killed")
		}
		p.serve(t)
		p.want(t, 401, "GET", "/api/v1/me", access, nil)
		p.want(t, 401, "POST", "/api/v1/auth/refresh", "", map[string]any{"refresh_token": signedIn.text("refresh_token")})
	})
	t.Run("4001 when another session revokes", func(t *testing.T) {
		attempt := p.login(t, email).text("mfa_token")
		code := testbed.Oathtool(t, secret, clock.System().Add(30*time.Second))
		if a := p.call(t, "POST", "/api/v1/mfa/totp/verify", attempt, map[string]any{"code": code}); a.status != 401 {
			t.Errorf("TO-03 a code of the future: got %d, want 401", a.status)
		}
		p.member(t, "bob@example.org")
		one, two := p.login(t, "bob@example.org").text("access_token"), p.login(t, "bob@example.org").text("access_token")
		ws := p.socket(t, one)
		frame(t, ws, "welcome")
		p.want(t, 204, "DELETE", "/api/v1/me/sessions", two, nil)
		wantClose(t, ws, 4001)
	})
	if err := p.end(t, syscall.SIGTERM); err != nil {
		t.Errorf("exit: got %v, want 0", err)
	}
	for _, secret := range []string{token, goodPassword, secret, access, signedIn.text("refresh_token")} {
		if strings.Contains(p.errs.String(), secret) {
			t.Errorf("AU-03 the log holds a secret (%s…)", secret[:4])
		}
	}
}
