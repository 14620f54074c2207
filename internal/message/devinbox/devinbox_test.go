package devinbox_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/net/html"

	"github.com/sallyport/sallyport/internal/clock"
	"github.com/sallyport/sallyport/internal/message"
	"github.com/sallyport/sallyport/internal/message/devinbox"
)

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

var _ message.Sender = (*devinbox.Inbox)(nil)

func send(t *testing.T, i *devinbox.Inbox, o message.Outgoing, r message.Rendered) {
	t.Helper()
	if _, err := i.Send(t.Context(), message.Queued{Outgoing: o}, r); err != nil {
		t.Fatal(err)
	}
}

func get(i *devinbox.Inbox, host, path string) *httptest.ResponseRecorder {
	req := httptest.NewRequest(http.MethodGet, path, nil)
	req.Host = host
	rec := httptest.NewRecorder()
	i.Handler().ServeHTTP(rec, req)
	return rec
}

func verifyMail() (message.Outgoing, message.Rendered) {
	o := message.ToMail(message.VerifyEmail, "u1", "ada@example.org")
	o.Link, o.Token = "http://localhost:8000/verify#token=spv_x", "spv_x"
	return o, message.Rendered{Subject: "Confirm", Text: "Open it", HTML: "<p>Open it</p>"}
}

func TestMessages(t *testing.T) {
	c := clock.NewFake(noon)
	var terminal bytes.Buffer
	i := devinbox.New(&terminal, c.Now)
	if got := get(i, "localhost:8000", "/dev/inbox/messages").Body.String(); got != "[]\n" {
		t.Errorf("empty inbox: got %q, want []", got)
	}
	send(t, i, first(verifyMail()), second(verifyMail()))
	c.Advance(time.Second)
	sms := message.ToPhone(message.Code, "u1", "+447700900123")
	sms.Code = "493017"
	send(t, i, sms, message.Rendered{Text: "Harbour: 493017"})

	rec := get(i, "localhost:8000", "/dev/inbox/messages")
	want := `[{"to":"+447700900123","channel":"sms","kind":"code","subject":"","text":"Harbour: 493017","link":"","token":"","code":"493017","sent_at":"2026-03-01T12:00:01Z"},` +
		`{"to":"ada@example.org","channel":"email","kind":"verify_email","subject":"Confirm","text":"Open it","link":"http://localhost:8000/verify#token=spv_x","token":"spv_x","code":"","sent_at":"2026-03-01T12:00:00Z"}]` + "\n"
	if got := rec.Body.String(); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if got := rec.Header().Get("Content-Type") + " " + rec.Header().Get("Cache-Control"); got != "application/json no-store" {
		t.Errorf("headers: got %q", got)
	}
	wantTerminal := "dev inbox: email to ada@example.org · verify_email · http://localhost:8000/verify#token=spv_x\n" +
		"dev inbox: sms to +447700900123 · code · code 493017\n"
	if terminal.String() != wantTerminal {
		t.Errorf("terminal: got %q, want %q", terminal.String(), wantTerminal)
	}
}

func first(o message.Outgoing, _ message.Rendered) message.Outgoing  { return o }
func second(_ message.Outgoing, r message.Rendered) message.Rendered { return r }

func TestKeepsTheLast200(t *testing.T) {
	i := devinbox.New(&bytes.Buffer{}, clock.NewFake(noon).Now)
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for range 75 {
				_, _ = i.Send(t.Context(), message.Queued{Outgoing: first(verifyMail())}, second(verifyMail()))
				i.List()
			}
		})
	}
	wg.Wait()
	for n := range 10 {
		o, r := verifyMail()
		r.Subject = fmt.Sprint(n)
		send(t, i, o, r)
	}
	list := i.List()
	if len(list) != 200 || list[0].Subject != "9" || list[9].Subject != "0" {
		t.Errorf("got %d messages, newest %q", len(list), list[0].Subject)
	}
}

func TestPageEscapes(t *testing.T) {
	nasty := `"><script>alert(1)</script><img src=x onerror=alert(1)>`
	var terminal bytes.Buffer
	i := devinbox.New(&terminal, clock.NewFake(noon).Now)
	o := message.ToMail(message.Kind(nasty), "u1", nasty+"\r\n\x1b[31m")
	o.Link, o.Token, o.Code, o.Channel = "javascript:alert(1)", nasty, nasty, message.Channel(nasty)
	send(t, i, o, message.Rendered{Subject: nasty, Text: nasty + "</pre>", HTML: nasty})
	rec := get(i, "127.0.0.1:8000", "/dev/inbox")
	doc, err := html.Parse(strings.NewReader(rec.Body.String()))
	if err != nil {
		t.Fatal(err)
	}
	for n := range doc.Descendants() {
		if n.Type != html.ElementNode {
			continue
		}
		if n.Data == "script" || n.Data == "img" {
			t.Errorf("content became <%s>", n.Data)
		}
		for _, a := range n.Attr {
			if strings.HasPrefix(a.Key, "on") || a.Key == "style" || strings.HasPrefix(a.Val, "javascript:") {
				t.Errorf("<%s %s=%q>", n.Data, a.Key, a.Val)
			}
		}
	}
	if csp := rec.Header().Get("Content-Security-Policy"); !strings.Contains(csp, "default-src 'none'") {
		t.Errorf("policy: got %q", csp)
	}
	if line := terminal.String(); strings.Count(line, "\n") != 1 || strings.ContainsAny(line, "\x1b\r") {
		t.Errorf("AU-04 terminal: got %q, want one plain line", line)
	}
}

func TestPageShowsMessages(t *testing.T) {
	i := devinbox.New(&bytes.Buffer{}, clock.NewFake(noon).Now)
	if got := get(i, "localhost", "/dev/inbox").Body.String(); !strings.Contains(got, "No messages yet") {
		t.Errorf("empty page: got %q", got)
	}
	send(t, i, first(verifyMail()), second(verifyMail()))
	got := get(i, "localhost", "/dev/inbox").Body.String()
	for _, want := range []string{"ada@example.org", `<a href="http://localhost:8000/verify#token=spv_x">`, "12:00:00 UTC", `http-equiv="refresh"`} {
		if !strings.Contains(got, want) {
			t.Errorf("page lacks %q", want)
		}
	}
	css := get(i, "localhost", "/dev/inbox/style.css")
	if css.Code != http.StatusOK || !strings.HasPrefix(css.Header().Get("Content-Type"), "text/css") {
		t.Errorf("style: got %d %s", css.Code, css.Header().Get("Content-Type"))
	}
}

func TestOwnNamesOnly(t *testing.T) {
	i := devinbox.New(&bytes.Buffer{}, clock.NewFake(noon).Now)
	for host, want := range map[string]int{
		"localhost": 200, "localhost:8000": 200, "app.localhost:8000": 200, "127.0.0.1:8000": 200, "127.1.2.3": 200,
		"[::1]:8000": 200, "[::1]": 200, "evil.example:8000": 404, "localhost.evil.example": 404, "192.0.2.1:8000": 404, "": 404,
	} {
		for _, path := range []string{"/dev/inbox", "/dev/inbox/messages"} {
			if got := get(i, host, path).Code; got != want {
				t.Errorf("%s at %q: got %d, want %d", path, host, got, want)
			}
		}
	}
}

func TestOnlyReading(t *testing.T) {
	i := devinbox.New(&bytes.Buffer{}, clock.NewFake(noon).Now)
	req := httptest.NewRequest(http.MethodPost, "/dev/inbox/messages", nil)
	req.Host = "localhost"
	rec := httptest.NewRecorder()
	i.Handler().ServeHTTP(rec, req)
	if rec.Code != http.StatusMethodNotAllowed {
		t.Errorf("POST: got %d, want 405", rec.Code)
	}
}

type closedTerminal struct{}

func (closedTerminal) Write([]byte) (int, error) { return 0, errors.New("closed") }

func TestAClosedTerminalLosesNothing(t *testing.T) {
	i := devinbox.New(closedTerminal{}, clock.NewFake(noon).Now)
	send(t, i, first(verifyMail()), second(verifyMail()))
	var list []devinbox.Message
	if err := json.Unmarshal(get(i, "localhost", "/dev/inbox/messages").Body.Bytes(), &list); err != nil || len(list) != 1 {
		t.Errorf("got %v (%v), want one message", list, err)
	}
}
