package middleware_test

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/sallyport/sallyport/internal/httpapi/middleware"
)

// sink takes everything and keeps nothing.
type sink struct{}

func (sink) Header() http.Header         { return http.Header{} }
func (sink) Write(b []byte) (int, error) { return len(b), nil }
func (sink) WriteHeader(int)             {}

func TestRecorder(t *testing.T) {
	t.Run("status and size", func(t *testing.T) {
		rec := middleware.Record(sink{})
		rec.WriteHeader(http.StatusEarlyHints)
		rec.WriteHeader(http.StatusTeapot)
		_, _ = io.WriteString(rec, "abc")
		_, _ = io.WriteString(rec, "de")
		if rec.Status != http.StatusTeapot || rec.Bytes != 5 {
			t.Errorf("got %d and %d bytes, want 418 and 5", rec.Status, rec.Bytes)
		}
	})
	t.Run("a body without a status is 200", func(t *testing.T) {
		rec := middleware.Record(httptest.NewRecorder())
		_, _ = io.WriteString(rec, "abc")
		if rec.Status != http.StatusOK {
			t.Errorf("got %d, want 200", rec.Status)
		}
	})
	t.Run("one recorder is shared", func(t *testing.T) {
		rec := middleware.Record(httptest.NewRecorder())
		if middleware.Record(rec) != rec {
			t.Error("got a second recorder around the first")
		}
	})
	t.Run("flushing reaches the client", func(t *testing.T) {
		w := httptest.NewRecorder()
		middleware.Record(w).Flush()
		if !w.Flushed {
			t.Error("nothing was flushed")
		}
	})
	t.Run("a connection can be taken over", func(t *testing.T) {
		status := make(chan int, 1)
		srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			rec := middleware.Record(w)
			var hijacker http.Hijacker = rec
			conn, _, err := hijacker.Hijack()
			if err != nil {
				t.Errorf("Hijack: %v", err)
				return
			}
			defer conn.Close()
			_, _ = io.WriteString(conn, "HTTP/1.1 101 Switching Protocols\r\n\r\n")
			status <- rec.Status
		}))
		defer srv.Close()
		conn, err := net.Dial("tcp", srv.Listener.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		_, _ = io.WriteString(conn, "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
		if line, _ := bufio.NewReader(conn).ReadString('\n'); line != "HTTP/1.1 101 Switching Protocols\r\n" {
			t.Errorf("got %q", line)
		}
		if got := <-status; got != http.StatusSwitchingProtocols {
			t.Errorf("recorded %d, want 101", got)
		}
	})
	t.Run("where it cannot be taken over nothing is recorded", func(t *testing.T) {
		rec := middleware.Record(httptest.NewRecorder())
		if _, _, err := rec.Hijack(); err == nil || rec.Status != 0 {
			t.Errorf("got %v and status %d, want an error and 0", err, rec.Status)
		}
	})
}
