package faults_test

import (
	"bufio"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net"
	"net/mail"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"
)

// mailServer takes mail on loopback as RFC 5321 has it, or does not.
type mailServer struct {
	listener net.Listener

	mu    sync.Mutex
	mode  string // "": takes mail; "hang": never answers; "refuse": 451 to everything
	mails map[string][]string
	conns map[net.Conn]bool
}

func newMailServer(t *testing.T) *mailServer {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	m := &mailServer{listener: l, mails: map[string][]string{}, conns: map[net.Conn]bool{}}
	var talks sync.WaitGroup
	talks.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			m.mu.Lock()
			m.conns[c] = true
			m.mu.Unlock()
			talks.Go(func() { m.talk(c) })
		}
	})
	t.Cleanup(func() {
		_ = l.Close()
		m.mu.Lock()
		for c := range m.conns {
			_ = c.Close()
		}
		m.mu.Unlock()
		talks.Wait()
	})
	return m
}

func (m *mailServer) port() int { return m.listener.Addr().(*net.TCPAddr).Port }

// turn changes how the server behaves from the next line on.
func (m *mailServer) turn(mode string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.mode = mode
}

func (m *mailServer) now() string {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.mode
}

func (m *mailServer) talk(c net.Conn) {
	defer func() {
		m.mu.Lock()
		delete(m.conns, c)
		m.mu.Unlock()
		_ = c.Close()
	}()
	in := bufio.NewReader(c)
	say := func(line string) bool {
		switch m.now() {
		case "hang":
			_, _ = io.Copy(io.Discard, in) // until the other side gives up
			return false
		case "refuse":
			line = "451 not now"
		}
		_, err := fmt.Fprintf(c, "%s\r\n", line)
		return err == nil
	}
	if !say("220 bench") {
		return
	}
	var to string
	for {
		line, err := in.ReadString('\n')
		if err != nil {
			return
		}
		verb := strings.ToUpper(strings.TrimSpace(line))
		answer := "250 ok"
		switch {
		case strings.HasPrefix(verb, "RCPT TO:"):
			to = strings.Trim(strings.TrimSpace(line)[len("RCPT TO:"):], "<> ")
		case verb == "DATA":
			if !say("354 go on") {
				return
			}
			if m.now() != "" {
				continue
			}
			var data strings.Builder
			for {
				line, err := in.ReadString('\n')
				if err != nil {
					return
				}
				if line == ".\r\n" {
					break
				}
				data.WriteString(strings.TrimPrefix(line, "."))
			}
			m.mu.Lock()
			m.mails[to] = append(m.mails[to], plain(data.String()))
			m.mu.Unlock()
		case verb == "QUIT":
			_ = say("221 bye")
			return
		}
		if !say(answer) {
			return
		}
	}
}

// plain is the subject and the text of a mail.
func plain(raw string) string {
	m, err := mail.ReadMessage(strings.NewReader(raw))
	if err != nil {
		return raw
	}
	kind, params, err := mime.ParseMediaType(m.Header.Get("Content-Type"))
	body, encoding := m.Body, m.Header.Get("Content-Transfer-Encoding")
	if err == nil && strings.HasPrefix(kind, "multipart/") {
		part, err := multipart.NewReader(m.Body, params["boundary"]).NextRawPart()
		if err != nil {
			return raw
		}
		body, encoding = part, part.Header.Get("Content-Transfer-Encoding")
	}
	if strings.EqualFold(encoding, "quoted-printable") {
		body = quotedprintable.NewReader(body)
	}
	out, err := io.ReadAll(body)
	if err != nil {
		return raw
	}
	return m.Header.Get("Subject") + "\n" + string(out)
}

// to returns the mails that arrived at an address.
func (m *mailServer) to(address string) []string {
	m.mu.Lock()
	defer m.mu.Unlock()
	return append([]string(nil), m.mails[address]...)
}

var linkToken = regexp.MustCompile(`#token=([A-Za-z0-9_-]+)`)

// link waits a moment for a mail with a link beyond the first n mails; "" when
// none came.
func (m *mailServer) link(address string, n int) string {
	for range 40 {
		if all := m.to(address); len(all) > n {
			for _, one := range all[n:] {
				if found := linkToken.FindStringSubmatch(one); found != nil {
					return found[1]
				}
			}
		}
		<-time.After(50 * time.Millisecond)
	}
	return ""
}
