package courier_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/sallyport/sallyport/internal/message"
	"github.com/sallyport/sallyport/internal/message/courier"
)

func call(ctx context.Context, t *testing.T, h http.HandlerFunc) (courier.Answer, error) {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, s.URL+"/?to=canary", nil)
	if err != nil {
		t.Fatal(err)
	}
	return courier.New(nil).Do(req)
}

func TestRedirectsAreNotFollowed(t *testing.T) {
	calls := 0
	a, err := call(t.Context(), t, func(w http.ResponseWriter, r *http.Request) {
		calls++
		http.Redirect(w, r, "/elsewhere", http.StatusTemporaryRedirect)
	})
	if err != nil || a.Status != http.StatusTemporaryRedirect || a.OK() || calls != 1 {
		t.Errorf("OA-13: got %d, %v after %d calls; want 307 after one", a.Status, err, calls)
	}
}

func TestAnswersAreCut(t *testing.T) {
	a, err := call(t.Context(), t, func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write(make([]byte, 1<<20))
	})
	if err != nil || len(a.Body) != 64<<10 {
		t.Errorf("OA-13: got %d bytes (%v), want 65536", len(a.Body), err)
	}
}

func TestNoWholeAnswer(t *testing.T) {
	tests := []struct {
		name string
		h    http.HandlerFunc
		code string
	}{
		{"silence", func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }, "timeout"},
		{"silence after the headers", func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Length", "10")
			_, _ = w.Write([]byte("a"))
			_ = http.NewResponseController(w).Flush()
			<-r.Context().Done()
		}, "timeout"},
		{"a cut answer", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "10")
			_, _ = w.Write([]byte("a"))
			_ = http.NewResponseController(w).Flush()
			panic(http.ErrAbortHandler)
		}, "unreachable"},
		{"a dropped line", func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, "unreachable"},
	}
	for _, tt := range tests {
		t.Run("OT-10 "+tt.name, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
			defer cancel()
			_, err := call(ctx, t, tt.h)
			var f *message.Failure
			if !errors.As(err, &f) || f.Code != tt.code || f.Final {
				t.Fatalf("got %v, want %s, worth another try", err, tt.code)
			}
			if strings.Contains(err.Error(), "canary") {
				t.Errorf("AU-03 the error names the address: %v", err)
			}
		})
	}
}

func TestRetryAfter(t *testing.T) {
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	for in, want := range map[string]time.Duration{
		"": 0, "0": 0, "30": 30 * time.Second, "86400": time.Hour, "-5": 0, "soon": 0, "1.5": 0, "99999999999999999999": 0,
		"Sun, 01 Mar 2026 12:01:00 GMT": time.Minute, "Sun, 01 Mar 2026 11:00:00 GMT": 0,
	} {
		if got := courier.RetryAfter(http.Header{"Retry-After": {in}}, now); got != want {
			t.Errorf("%q: got %v, want %v", in, got, want)
		}
	}
}
