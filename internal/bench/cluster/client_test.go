package cluster_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"

	"github.com/coder/websocket"
	"github.com/coder/websocket/wsjson"
)

// caller is one client with a kept-alive connection to each node. It belongs to one
// goroutine at a time.
type caller struct {
	number    int
	addresses []string
	lines     []*line
}

type line struct {
	conn net.Conn
	in   *bufio.Reader
}

// tokens are what a sign-in answers.
type tokens struct {
	Access  string `json:"access_token"`
	Refresh string `json:"refresh_token"`
}

const password = "violet harbour lantern 88 moss"

func newCaller(number int, nodes []*node) *caller {
	w := &caller{number: number, lines: make([]*line, len(nodes))}
	for _, n := range nodes {
		w.addresses = append(w.addresses, n.address)
	}
	return w
}

func (w *caller) hangUp() {
	for _, l := range w.lines {
		if l != nil {
			_ = l.conn.Close()
		}
	}
}

// call asks a node and returns the body of its answer, which must have that status.
func (w *caller) call(node, status int, method, path, bearer string, body any) ([]byte, error) {
	l, err := w.line(node)
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	_, _ = fmt.Fprintf(&out, "%s %s HTTP/1.1\r\nHost: localhost\r\n", method, path)
	if bearer != "" {
		_, _ = fmt.Fprintf(&out, "Authorization: Bearer %s\r\n", bearer)
	}
	if body != nil {
		raw, err := json.Marshal(body)
		if err != nil {
			return nil, err
		}
		_, _ = fmt.Fprintf(&out, "Content-Type: application/json\r\nContent-Length: %d\r\n\r\n%s", len(raw), raw)
	} else {
		out.WriteString("\r\n")
	}
	if _, err := l.conn.Write(out.Bytes()); err != nil {
		return nil, err
	}
	res, err := http.ReadResponse(l.in, nil)
	if err != nil {
		return nil, err
	}
	answer, err := io.ReadAll(res.Body)
	_ = res.Body.Close()
	if err == nil && res.StatusCode != status {
		err = fmt.Errorf("%s %s: got %d %s, want %d", method, path, res.StatusCode, answer, status)
	}
	return answer, err
}

func (w *caller) line(node int) (*line, error) {
	if w.lines[node] == nil {
		conn, err := net.Dial("tcp", w.addresses[node])
		if err != nil {
			return nil, err
		}
		w.lines[node] = &line{conn, bufio.NewReader(conn)}
	}
	return w.lines[node], nil
}

func credentials(person int) map[string]string {
	return map[string]string{"email": fmt.Sprintf("p%d@example.org", person), "password": password}
}

func (w *caller) signUp(node, person int) error {
	_, err := w.call(node, 202, "POST", "/api/v1/auth/register", "", credentials(person))
	return err
}

func (w *caller) signIn(node, person int) (tokens, error) {
	return w.tokens(node, "/api/v1/auth/login", credentials(person))
}

func (w *caller) tokens(node int, path string, body any) (got tokens, err error) {
	answer, err := w.call(node, 200, "POST", path, "", body)
	if err != nil {
		return got, err
	}
	if err := json.Unmarshal(answer, &got); err != nil || got.Access == "" || got.Refresh == "" {
		return got, fmt.Errorf("POST %s: got %s, want tokens", path, answer)
	}
	return got, nil
}

// socket is one open WebSocket that has read its welcome.
type socket struct{ conn *websocket.Conn }

// patience is how long one frame may take.
const patience = 20 * time.Second

func (c *cluster) dial(ctx context.Context, node int, access string) (*socket, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	header := http.Header{"Authorization": {"Bearer " + access}, "X-Forwarded-For": {address(c.dialled.Add(1))}}
	conn, _, err := websocket.Dial(ctx, "ws://"+c.nodes[node].address+"/api/v1/ws", &websocket.DialOptions{HTTPHeader: header})
	if err != nil {
		return nil, err
	}
	ws := &socket{conn}
	return ws, ws.want(ctx, "welcome")
}

// want reads one frame, which must be of that type.
func (ws *socket) want(ctx context.Context, kind string) error {
	var frame struct{ Type string }
	if err := wsjson.Read(ctx, ws.conn, &frame); err != nil {
		return err
	}
	if frame.Type != kind {
		return fmt.Errorf("got a frame %s, want %s", frame.Type, kind)
	}
	return nil
}

func (ws *socket) leave() error { return ws.conn.Close(websocket.StatusNormalClosure, "") }

func (ws *socket) cut() { _ = ws.conn.CloseNow() }

func (ws *socket) listen(ctx context.Context, topic string) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	if err := wsjson.Write(ctx, ws.conn, map[string]string{"type": "subscribe", "topic": topic}); err != nil {
		return err
	}
	return ws.want(ctx, "subscribed")
}

// report says of each event that it came, or why the socket ended.
func (ws *socket) report(ctx context.Context, got chan<- error) {
	for {
		err := ws.want(ctx, "event")
		if errors.Is(err, net.ErrClosed) {
			return
		}
		select {
		case got <- err:
		case <-ctx.Done():
			return
		}
		if err != nil {
			return
		}
	}
}

func (ws *socket) closedWith(ctx context.Context, code websocket.StatusCode) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	if _, _, err := ws.conn.Read(ctx); websocket.CloseStatus(err) != code {
		return fmt.Errorf("got %w, want close code %d", err, code)
	}
	return nil
}
