package httpapi_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/sallyport/sallyport/internal/audit"
	"github.com/sallyport/sallyport/internal/fault"
	"github.com/sallyport/sallyport/internal/httpapi"
)

// write answers err to a GET and returns the answer and what was logged.
func write(t *testing.T, err error) (*httptest.ResponseRecorder, string) {
	t.Helper()
	var log bytes.Buffer
	p := &httpapi.Problems{Log: slog.New(slog.NewJSONHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))}
	r := httptest.NewRequest("GET", "/x", nil)
	r = r.WithContext(audit.WithOrigin(r.Context(), audit.Origin{RequestID: "req-1"}))
	w := httptest.NewRecorder()
	p.Write(w, r, err)
	return w, log.String()
}

func TestProblemOfEveryCode(t *testing.T) {
	var b bytes.Buffer
	for _, code := range fault.Codes() {
		w, _ := write(t, fault.New(code).WithRetryAfter(1500*time.Millisecond).WithNeed(fault.Need{ACR: "aal2", MaxAge: 5 * time.Minute}))
		problem(t, w.Code, w.Result().Header, bytes.NewReader(w.Body.Bytes()))
		fmt.Fprintf(&b, "%d %s\n", w.Code, code)
		for _, name := range []string{"Retry-After", "WWW-Authenticate"} {
			if v := w.Header().Get(name); v != "" {
				fmt.Fprintf(&b, "%s: %s\n", name, v)
			}
		}
		fmt.Fprintf(&b, "%s\n", w.Body)
	}
	golden(t, "testdata/problems.golden", b.Bytes())
}

func TestProblemWrite(t *testing.T) {
	t.Run("OP-08 an unknown error is internal and its text stays here", func(t *testing.T) {
		w, log := write(t, errors.New("dial tcp 10.0.0.5: canary"))
		p := wantProblem(t, w, 500, fault.CodeInternal)
		if strings.Contains(w.Body.String(), "canary") {
			t.Errorf("the text left: %s", w.Body)
		}
		if p.RequestID != "req-1" || !strings.Contains(log, "req-1") || !strings.Contains(log, "canary") || !strings.Contains(log, "ERROR") {
			t.Errorf("request id %q; the log must name it and the cause at ERROR: %s", p.RequestID, log)
		}
	})
	t.Run("OP-08 the detail of an internal error stays here too", func(t *testing.T) {
		w, _ := write(t, fault.New(fault.CodeInternal).WithDetail("canary"))
		wantProblem(t, w, 500, fault.CodeInternal)
		if strings.Contains(w.Body.String(), "canary") {
			t.Errorf("the detail left: %s", w.Body)
		}
	})
	t.Run("OP-08 a code that is not in the table is internal", func(t *testing.T) {
		w, _ := write(t, fault.New("made_up"))
		wantProblem(t, w, 500, fault.CodeInternal)
	})
	t.Run("a wrapped fault is found, its cause stays here", func(t *testing.T) {
		w, log := write(t, fmt.Errorf("sign in: %w", fault.Because(fault.CodeConflict, errors.New("canary"))))
		wantProblem(t, w, 409, fault.CodeConflict)
		if strings.Contains(w.Body.String(), "canary") || !strings.Contains(log, "canary") {
			t.Errorf("body %s; log %s", w.Body, log)
		}
	})
	t.Run("a deadline that passed is temporarily unavailable", func(t *testing.T) {
		w, _ := write(t, fmt.Errorf("query: %w", context.DeadlineExceeded))
		wantProblem(t, w, 503, fault.CodeUnavailable)
	})
	t.Run("a body over the cap of a plain handler is too large", func(t *testing.T) {
		w, _ := write(t, fmt.Errorf("read: %w", &http.MaxBytesError{Limit: 1}))
		wantProblem(t, w, 413, fault.CodeTooLarge)
	})
	t.Run("fields are sent", func(t *testing.T) {
		w, _ := write(t, fault.InvalidField("password", "Too common.", "breached"))
		p := wantProblem(t, w, 422, fault.CodeInvalidRequest)
		if len(p.Fields) != 1 || p.Fields[0].Path != "password" || p.Fields[0].Code != "breached" {
			t.Errorf("fields: got %+v", p.Fields)
		}
	})
	t.Run("AU-04 a cause is one line of the log, cut", func(t *testing.T) {
		_, log := write(t, errors.New("a\nb\x1b[31m\x00\u202e"+strings.Repeat("x", 1<<20)))
		if n := strings.Count(log, "\n"); n != 1 || len(log) > 4096 || strings.ContainsAny(log, "\x1b\x00\u202e") {
			t.Errorf("got %d lines of %d bytes", n, len(log))
		}
	})
	t.Run("HEAD has headers alone", func(t *testing.T) {
		w := httptest.NewRecorder()
		(&httpapi.Problems{Log: slog.New(slog.DiscardHandler)}).Write(w, httptest.NewRequest("HEAD", "/x", nil), fault.New(fault.CodeNotFound))
		if body, _ := io.ReadAll(w.Body); w.Code != 404 || len(body) != 0 {
			t.Errorf("got %d with a body of %d bytes, want 404 without", w.Code, len(body))
		}
	})
}

func TestProblemHeaders(t *testing.T) {
	tests := []struct {
		name, header, want string
		err                error
	}{
		{"401 without a token", "WWW-Authenticate", "Bearer", fault.New(fault.CodeUnauthenticated)},
		{"401 with a bad token", "WWW-Authenticate", `Bearer error="invalid_token", error_description="The token is not valid here: expired, revoked, malformed or made for another purpose."`, fault.New(fault.CodeInvalidToken)},
		{"401 with a wrong code", "WWW-Authenticate", "Bearer", fault.New(fault.CodeInvalidCode)},
		{"step-up", "WWW-Authenticate", `Bearer error="insufficient_user_authentication", error_description="Say ` + `  who   you are ", acr_values="aal2", max_age="300"`, fault.New(fault.CodeStepUpRequired).WithDetail("Say \"\\who\r\n\"you are\x7f").WithNeed(fault.Need{ACR: "aal2", MaxAge: 5 * time.Minute})},
		{"403 says nothing about tokens", "WWW-Authenticate", "", fault.New(fault.CodeForbidden)},
		{"RL-10 429 rounds up", "Retry-After", "12", fault.New(fault.CodeRateLimited).WithRetryAfter(11*time.Second + time.Millisecond)},
		{"RL-10 429 says at least a second", "Retry-After", "1", fault.New(fault.CodeRateLimited)},
		{"503 says when", "Retry-After", "2", fault.New(fault.CodeBusy).WithRetryAfter(2 * time.Second)},
		{"other refusals do not", "Retry-After", "", fault.New(fault.CodeConflict).WithRetryAfter(2 * time.Second)},
		{"TK-13 no refusal is stored", "Cache-Control", "no-store", fault.New(fault.CodeNotFound)},
		{"413 does not wait for the rest", "Connection", "close", fault.New(fault.CodeTooLarge)},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w, _ := write(t, tt.err)
			if got := w.Header().Get(tt.header); got != tt.want {
				t.Errorf("%s: got %q, want %q", tt.header, got, tt.want)
			}
		})
	}
}

func TestErrorsMarkdown(t *testing.T) {
	golden(t, "../../docs/errors.md", httpapi.ErrorsMarkdown())
}
