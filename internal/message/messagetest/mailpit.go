package messagetest

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

// mailpitVersion is the release of Mailpit that tests run.
const mailpitVersion = "v1.27.11"

// Mailpit is a real mail server for tests, which keeps what it is sent.
type Mailpit struct {
	Host string // 127.0.0.1
	Port int    // of SMTP, in the clear and without authentication
	URL  string // of its HTTP API
}

// StartMailpit runs Mailpit on loopback until the test ends. The program is taken
// from MAILPIT where that is set; else it is built once with the go command and
// kept in the user's cache directory.
func StartMailpit(t *testing.T) *Mailpit {
	t.Helper()
	m := &Mailpit{Host: "127.0.0.1", Port: freePort(t)}
	web := fmt.Sprintf("127.0.0.1:%d", freePort(t))
	m.URL = "http://" + web
	var output bytes.Buffer
	cmd := exec.Command(mailpitProgram(t), "--smtp", fmt.Sprintf("%s:%d", m.Host, m.Port), "--listen", web,
		"--database", filepath.Join(t.TempDir(), "mails.db"), "--disable-version-check", "--smtp-disable-rdns")
	cmd.Stdout, cmd.Stderr = &output, &output
	if err := cmd.Start(); err != nil {
		t.Fatalf("mailpit: %v", err)
	}
	ended := make(chan struct{})
	go func() { _ = cmd.Wait(); close(ended) }()
	t.Cleanup(func() { _ = cmd.Process.Kill(); <-ended })
	poll(t, 30*time.Second, "mailpit to be ready", func() bool {
		select {
		case <-ended:
			t.Fatalf("mailpit ended: %s", output.String())
		default:
		}
		return m.ready(t.Context())
	})
	return m
}

func (m *Mailpit) ready(ctx context.Context) bool {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, m.URL+"/readyz", nil)
	if err != nil {
		return false
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return false
	}
	_ = resp.Body.Close()
	return resp.StatusCode == http.StatusOK
}

// mailpitProgram finds or builds the program.
func mailpitProgram(t *testing.T) string {
	t.Helper()
	if p := os.Getenv("MAILPIT"); p != "" {
		return p
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		t.Fatal(err)
	}
	home := filepath.Join(cache, "sallyport")
	program := filepath.Join(home, "mailpit-"+mailpitVersion)
	if _, err := os.Stat(program); err == nil {
		return program
	}
	if err := buildMailpit(home, program); err != nil {
		t.Fatalf("building mailpit: %v", err)
	}
	return program
}

// buildMailpit builds the program beside its place and moves it there, so that
// two tests may do so at once.
func buildMailpit(home, program string) error {
	if err := os.MkdirAll(home, 0o755); err != nil {
		return err
	}
	bench, err := os.MkdirTemp(home, "build-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(bench) }()
	cmd := exec.Command("go", "install", "github.com/axllent/mailpit@"+mailpitVersion)
	cmd.Env = append(os.Environ(), "GOBIN="+bench, "GOFLAGS=", "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%w\n%s", err, out)
	}
	return os.Rename(filepath.Join(bench, "mailpit"), program)
}

func freePort(t *testing.T) int {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port
}

// poll asks until it is so; the thing waited for lives in another process.
func poll(t *testing.T, limit time.Duration, what string, so func() bool) {
	t.Helper()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	over := time.After(limit)
	for !so() {
		select {
		case <-tick.C:
		case <-over:
			t.Fatalf("waited %v for %s", limit, what)
		}
	}
}

// Mail is a mail as Mailpit gives it back.
type Mail struct {
	ID        string
	MessageID string // without angle brackets
	Subject   string
	Text      string
	HTML      string
	From      Mailbox
	To        []Mailbox
	Headers   map[string][]string `json:"-"`
}

// Mailbox is an address with its name.
type Mailbox struct{ Name, Address string }

// WaitFor returns the newest mail to that address whose subject holds these
// words, as soon as it is there; ten seconds at most.
func (m *Mailpit) WaitFor(t *testing.T, address, subject string) Mail {
	t.Helper()
	var id string
	query := fmt.Sprintf("to:%q subject:%q", address, subject)
	poll(t, 10*time.Second, "a mail to "+address, func() bool {
		var found struct{ Messages []struct{ ID string } }
		m.get(t, "/api/v1/search?limit=1&query="+url.QueryEscape(query), &found)
		if len(found.Messages) > 0 {
			id = found.Messages[0].ID
		}
		return id != ""
	})
	var mail Mail
	m.get(t, "/api/v1/message/"+id, &mail)
	m.get(t, "/api/v1/message/"+id+"/headers", &mail.Headers)
	return mail
}

// Count returns how many mails there are.
func (m *Mailpit) Count(t *testing.T) int {
	t.Helper()
	var all struct{ Total int }
	m.get(t, "/api/v1/messages?limit=1", &all)
	return all.Total
}

func (m *Mailpit) get(t *testing.T, path string, into any) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, m.URL+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		t.Fatalf("mailpit %s: got %s", path, resp.Status)
	}
	if err := json.NewDecoder(resp.Body).Decode(into); err != nil {
		t.Fatalf("mailpit %s: %v", path, err)
	}
}
