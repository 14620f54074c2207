package middleware_test

import (
	"bytes"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/sallyport/sallyport/internal/audit"
	"github.com/sallyport/sallyport/internal/httpapi/middleware"
)

func TestRecover(t *testing.T) {
	request := func() *http.Request {
		r := httptest.NewRequest("GET", "/", nil)
		return r.WithContext(audit.WithOrigin(r.Context(), audit.Origin{RequestID: "req-1"}))
	}
	t.Run("OP-08 a panic is a 500 and one line of the log", func(t *testing.T) {
		var log bytes.Buffer
		w := serve(middleware.Recover(slog.New(slog.NewJSONHandler(&log, nil)), refuse), func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Set-Cookie", "session=half-made")
			panic("boom\n" + strings.Repeat("x", 1<<20))
		}, request())
		if w.Code != 500 || w.Body.String() != "internal_error" {
			t.Errorf("got %d %s, want a refusal with 500", w.Code, w.Body)
		}
		if w.Header().Get("Set-Cookie") != "" {
			t.Error("a cookie of the half-made answer was sent")
		}
		got := log.String()
		if strings.Count(got, "\n") != 1 || len(got) > 16<<10 || !strings.Contains(got, "req-1") || !strings.Contains(got, "recover_test.go") {
			t.Errorf("got %d bytes: %.300s", len(got), got)
		}
	})
	t.Run("OP-08 an answer that had begun is cut off", func(t *testing.T) {
		srv := httptest.NewServer(middleware.Recover(slog.New(slog.DiscardHandler), refuse)(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "100")
			_, _ = io.WriteString(w, "half")
			w.(http.Flusher).Flush()
			panic("boom")
		})))
		defer srv.Close()
		for range 2 { // the process lives
			res, err := http.Get(srv.URL)
			if err != nil {
				t.Fatal(err)
			}
			if body, err := io.ReadAll(res.Body); err == nil || string(body) != "half" {
				t.Errorf("got %q, %v; want half and an error", body, err)
			}
			res.Body.Close()
		}
	})
	t.Run("ErrAbortHandler passes", func(t *testing.T) {
		var log bytes.Buffer
		defer func() {
			if p := recover(); p != http.ErrAbortHandler || log.Len() > 0 {
				t.Errorf("got %v and a log of %q, want ErrAbortHandler and none", p, &log)
			}
		}()
		serve(middleware.Recover(slog.New(slog.NewJSONHandler(&log, nil)), refuse), func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, request())
	})
	t.Run("without a panic nothing is added", func(t *testing.T) {
		if w := serve(middleware.Recover(slog.New(slog.DiscardHandler), refuse), ok, request()); w.Code != 200 || w.Body.Len() > 0 {
			t.Errorf("got %d %s", w.Code, w.Body)
		}
	})
}
