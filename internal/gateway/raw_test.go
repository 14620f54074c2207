package gateway_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/binary"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/sallyport/sallyport/internal/gateway"
)

// rawSocket is a client that can send any bytes.
type rawSocket struct {
	net.Conn
	t  testing.TB
	br *bufio.Reader
}

// raw opens a socket by hand with one more header line.
func (r *rig) raw(header string) *rawSocket {
	r.t.Helper()
	nc, err := r.dial(context.Background())
	if err != nil {
		r.t.Fatal(err)
	}
	s := &rawSocket{nc, r.t, bufio.NewReader(nc)}
	s.write([]byte("GET " + path + " HTTP/1.1\r\nHost: gateway\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n" +
		"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n" + header + "\r\n\r\n"))
	res, err := http.ReadResponse(s.br, nil)
	if err != nil || res.StatusCode != http.StatusSwitchingProtocols {
		r.t.Fatalf("got %v, %v, want 101", err, status(res))
	}
	_ = res.Body.Close()
	return s
}

func (s *rawSocket) write(b []byte) {
	s.t.Helper()
	if _, err := s.Write(b); err != nil {
		s.t.Fatalf("writing: %v", err)
	}
}

// frame reads one frame of the server.
func (s *rawSocket) frame() (op byte, payload []byte, err error) {
	var h [10]byte
	if _, err := io.ReadFull(s.br, h[:2]); err != nil {
		return 0, nil, err
	}
	n := uint64(h[1])
	switch n {
	case 126:
		_, err = io.ReadFull(s.br, h[2:4])
		n = uint64(binary.BigEndian.Uint16(h[2:]))
	case 127:
		_, err = io.ReadFull(s.br, h[2:10])
		n = binary.BigEndian.Uint64(h[2:])
	}
	if err != nil {
		return 0, nil, err
	}
	payload = make([]byte, n)
	_, err = io.ReadFull(s.br, payload)
	return h[0] & 0xF, payload, err
}

func (s *rawSocket) want(op byte) []byte {
	s.t.Helper()
	got, p, err := s.frame()
	if err != nil || got != op {
		s.t.Fatalf("got frame %x %q (%v), want %x", got, p, err, op)
	}
	return p
}

// wantClose reads a close frame of that code, behind it the end.
func (s *rawSocket) wantClose(want gateway.CloseCode) {
	s.t.Helper()
	p := s.want(0x8)
	if len(p) < 2 || binary.BigEndian.Uint16(p) != want.Code || !strings.HasPrefix(string(p[2:]), want.Name) {
		s.t.Fatalf("got close %q, want %d %s", p, want.Code, want.Name)
	}
}

// wantEnd reads the end of the stream.
func (s *rawSocket) wantEnd() {
	s.t.Helper()
	if b, err := io.ReadAll(s.br); err != nil || len(b) > 0 {
		s.t.Fatalf("got %d bytes and %v, want the end", len(b), err)
	}
}

func (s *rawSocket) release() { _ = s.Close() }

// masked builds a client frame.
func masked(b0 byte, payload []byte) []byte {
	out := []byte{b0}
	switch n := len(payload); {
	case n < 126:
		out = append(out, 0x80|byte(n))
	case n <= 0xFFFF:
		out = binary.BigEndian.AppendUint16(append(out, 0x80|126), uint16(n))
	default:
		out = binary.BigEndian.AppendUint64(append(out, 0x80|127), uint64(n))
	}
	out = append(out, 1, 2, 3, 4)
	for i, c := range payload {
		out = append(out, c^byte(1+i&3))
	}
	return out
}

func join(parts ...[]byte) []byte { return bytes.Join(parts, nil) }

// TestHostileFrames sends to a running gateway what package wire refuses, and
// looks at what a client sees: the close code, the end, and a server that lives.
func TestHostileFrames(t *testing.T) {
	k := []byte{0, 0, 0, 0}
	cases := []struct {
		name  string
		bytes []byte
		want  gateway.CloseCode
	}{
		{"RSV1", masked(0xC1, []byte("x")), gateway.CloseProtocol},
		{"RSV3", masked(0x91, nil), gateway.CloseProtocol},
		{"opcode 3", masked(0x83, nil), gateway.CloseProtocol},
		{"unmasked", []byte{0x81, 2, 'h', 'i'}, gateway.CloseProtocol},
		{"length 2^63", append([]byte{0x81, 0xFF, 0x80, 0, 0, 0, 0, 0, 0, 0}, k...), gateway.CloseProtocol},
		{"length 2^64-1", append([]byte{0x81, 0xFF, 255, 255, 255, 255, 255, 255, 255, 255}, k...), gateway.CloseProtocol},
		{"length 2^63-1", append([]byte{0x81, 0xFF, 127, 255, 255, 255, 255, 255, 255, 255}, k...), gateway.CloseTooBig},
		{"70,000 bytes, all sent", masked(0x81, make([]byte, 70_000)), gateway.CloseTooBig},
		{"a megabyte, all sent", masked(0x81, make([]byte, 1<<20)), gateway.CloseTooBig},
		{"a hundred thousand fragments", join(masked(0x01, []byte("x")), bytes.Repeat(masked(0, []byte("x")), 100_000)), gateway.CloseTooBig},
		{"a hundred thousand empty fragments", join(masked(0x01, nil), bytes.Repeat(masked(0, nil), 100_000)), gateway.CloseTooBig},
		{"bad UTF-8", masked(0x81, []byte("\xff")), gateway.CloseNotUTF8},
		{"control of 126 bytes", masked(0x89, make([]byte, 126)), gateway.CloseProtocol},
		{"fragmented ping", masked(0x09, nil), gateway.CloseProtocol},
		{"stray continuation", masked(0x80, nil), gateway.CloseProtocol},
		{"text inside text", join(masked(0x01, nil), masked(0x81, nil)), gateway.CloseProtocol},
		{"close of one byte", masked(0x88, []byte("x")), gateway.CloseProtocol},
		{"close with 1005", masked(0x88, []byte{3, 0xED}), gateway.CloseProtocol},
		{"close with bad UTF-8", masked(0x88, []byte{3, 0xE8, 0xFF}), gateway.CloseNotUTF8},
		{"binary", masked(0x82, []byte("x")), gateway.CloseNotText},
	}
	r := start(t, nil)
	for _, c := range cases {
		t.Run("WS-08 "+c.name, func(t *testing.T) {
			raw, _ := r.signIn(time.Hour)
			s := r.raw("Authorization: Bearer " + raw)
			s.t = t
			s.want(0x1)
			go func() { _, _ = s.Write(c.bytes) }()
			s.wantClose(c.want)
			s.wantEnd()
			s.release()
		})
	}
	t.Run("WS-08 the server lives and holds nothing", func(t *testing.T) {
		until(t, "all gone", func() bool { return r.gw.Counts() == gateway.Counts{} })
		raw, _ := r.signIn(time.Hour)
		s := r.bearer(raw)
		s.send(`{"type":"ping"}`)
		s.want("pong")
	})
}

func TestClosingHandshake(t *testing.T) {
	r := start(t, nil)
	for name, code := range map[string][]byte{"nothing": {}, "1000": {3, 0xE8}, "1001": {3, 0xE9}, "4999": {0x13, 0x87}} {
		t.Run("RFC 6455 5.5.1 the client closes with "+name, func(t *testing.T) {
			raw, _ := r.signIn(time.Hour)
			s := r.raw("Authorization: Bearer " + raw)
			s.t = t
			s.want(0x1)
			s.write(masked(0x88, code))
			if got := s.want(0x8); !bytes.Equal(got, code) {
				t.Errorf("got % x back, want % x", got, code)
			}
			s.wantEnd()
			s.release()
		})
	}
	t.Run("frames that came with the handshake count", func(t *testing.T) {
		raw, _ := r.signIn(time.Hour)
		nc, err := r.dial(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		s := &rawSocket{nc, t, bufio.NewReader(nc)}
		s.write(append([]byte("GET "+path+" HTTP/1.1\r\nHost: gateway\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"+
			"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nAuthorization: Bearer "+raw+"\r\n\r\n"),
			join(masked(0x89, []byte("one")), masked(0x81, []byte(`{"type":"ping","id":"two"}`)))...))
		if _, err := http.ReadResponse(s.br, nil); err != nil {
			t.Fatal(err)
		}
		s.want(0x1)
		if got := string(s.want(0xA)); got != "one" {
			t.Errorf("got pong %q, want one", got)
		}
		if got := string(s.want(0x1)); got != `{"type":"pong","id":"two"}` {
			t.Errorf("got %s, want the JSON pong", got)
		}
		s.release()
	})
}
