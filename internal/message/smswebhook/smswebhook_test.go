package smswebhook_test

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/sallyport/sallyport/internal/clock"
	"github.com/sallyport/sallyport/internal/message"
	"github.com/sallyport/sallyport/internal/message/smswebhook"
)

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

const (
	oldKey = "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
	newKey = "Y2FuYXJ5LWNhbmFyeS1jYW5hcnktY2FuYXJ5"
)

func secret(t *testing.T, key string) smswebhook.Secret {
	t.Helper()
	s, err := smswebhook.ParseSecret("whsec_" + key)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// The vector of the Standard Webhooks reference libraries.
func TestSignatureVector(t *testing.T) {
	got := secret(t, oldKey).Sign("msg_p5jXN8AQM9LWM0D4loKWxJek", time.Unix(1614265330, 0), []byte(`{"test": 2432232314}`))
	if want := "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// receiver is a webhook endpoint that checks what it is sent as the standard
// says, and remembers webhook-id.
type receiver struct {
	*httptest.Server
	key    string
	clock  clock.Clock
	answer http.HandlerFunc // after the checks; nil: 204

	mu     sync.Mutex
	faults []string
	ids    []string
	bodies [][]byte
}

func listen(t *testing.T, answer http.HandlerFunc) *receiver {
	t.Helper()
	r := &receiver{key: oldKey, clock: clock.NewFake(noon).Now, answer: answer}
	r.Server = httptest.NewTLSServer(r)
	t.Cleanup(r.Close)
	return r
}

func (r *receiver) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	body, err := io.ReadAll(req.Body)
	r.mu.Lock()
	if err != nil || !r.genuine(req.Header, body) || req.Method != http.MethodPost || req.Header.Get("Content-Type") != "application/json" {
		r.faults = append(r.faults, fmt.Sprint(req.Header, err))
	}
	r.ids = append(r.ids, req.Header.Get("webhook-id"))
	r.bodies = append(r.bodies, body)
	r.mu.Unlock()
	if r.answer != nil {
		r.answer(w, req)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

// genuine verifies as a receiver does: fresh, and one of the signatures fits.
func (r *receiver) genuine(h http.Header, body []byte) bool {
	at, err := strconv.ParseInt(h.Get("webhook-timestamp"), 10, 64)
	if err != nil || r.clock().Sub(time.Unix(at, 0)).Abs() > 5*time.Minute {
		return false
	}
	key, err := base64.StdEncoding.DecodeString(r.key)
	if err != nil {
		return false
	}
	mac := hmac.New(sha256.New, key)
	_, _ = fmt.Fprintf(mac, "%s.%d.%s", h.Get("webhook-id"), at, body)
	for sig := range strings.FieldsSeq(h.Get("webhook-signature")) {
		if sum, ok := strings.CutPrefix(sig, "v1,"); ok && sum == base64.StdEncoding.EncodeToString(mac.Sum(nil)) {
			return true
		}
	}
	return false
}

func (r *receiver) sender(t *testing.T, keys ...string) *smswebhook.Sender {
	t.Helper()
	roots := x509.NewCertPool()
	roots.AddCert(r.Certificate())
	set := smswebhook.Settings{URL: r.URL + "/sms", Roots: roots, Clock: clock.NewFake(noon).Now}
	for _, k := range keys {
		set.Secrets = append(set.Secrets, secret(t, k))
	}
	s, err := smswebhook.New(set)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func sms() (message.Queued, message.Rendered) {
	o := message.ToPhone(message.Code, "u1", "+447700900123")
	o.Code, o.ExpiresAt, o.Locale = "493017", noon.Add(5*time.Minute), "en"
	return message.Queued{Outgoing: o, Attempts: 1, QueuedAt: noon}, message.Rendered{Text: "Harbour: 493017\n\n@auth.example #493017"}
}

func TestSend(t *testing.T) {
	for name, keys := range map[string][]string{"one secret": {oldKey}, "moving to a new secret": {newKey, oldKey}} {
		t.Run(name, func(t *testing.T) {
			r := listen(t, func(w http.ResponseWriter, _ *http.Request) {
				_, _ = w.Write([]byte(`{"id":"provider-7"}`))
			})
			q, words := sms()
			id, err := r.sender(t, keys...).Send(t.Context(), q, words)
			if err != nil || id != "provider-7" {
				t.Fatalf("got %q, %v; want provider-7", id, err)
			}
			if len(r.faults) != 0 || r.ids[0] != q.ID {
				t.Errorf("the receiver found fault with %v, id %v", r.faults, r.ids)
			}
			want := `{"type":"sms.send","timestamp":"2026-03-01T12:00:00Z","data":{"to":"+447700900123","text":"Harbour: 493017\n\n@auth.example #493017",` +
				`"kind":"code","locale":"en","code":"493017","expires_at":"2026-03-01T12:05:00Z"}}`
			if got := string(r.bodies[0]); got != want {
				t.Errorf("body: got  %s\nwant %s", got, want)
			}
		})
	}
}

func TestANoticeLeavesOutWhatItHasNot(t *testing.T) {
	r := listen(t, nil)
	q := message.Queued{Outgoing: message.ToPhone(message.PasswordChanged, "u1", "+447700900123")}
	if id, err := r.sender(t, oldKey).Send(t.Context(), q, message.Rendered{Text: "x"}); err != nil || id != "" {
		t.Fatalf("got %q, %v", id, err)
	}
	var body struct{ Data map[string]any }
	if err := json.Unmarshal(r.bodies[0], &body); err != nil {
		t.Fatal(err)
	}
	for _, k := range []string{"code", "locale", "expires_at"} {
		if _, ok := body.Data[k]; ok {
			t.Errorf("data has %q", k)
		}
	}
}

func TestOT10RetryCarriesTheSameID(t *testing.T) {
	first := true
	r := listen(t, func(w http.ResponseWriter, req *http.Request) {
		if first {
			first = false
			<-req.Context().Done() // took it; the answer is lost
			return
		}
		w.WriteHeader(http.StatusAccepted)
	})
	send := r.sender(t, oldKey)
	q, words := sms()
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	_, err := send.Send(ctx, q, words)
	var f *message.Failure
	if !errors.As(err, &f) || f.Code != "timeout" || f.Final {
		t.Fatalf("got %v, want a timeout worth another try", err)
	}
	q.Attempts = 2
	if _, err := send.Send(t.Context(), q, words); err != nil {
		t.Fatal(err)
	}
	if len(r.ids) != 2 || r.ids[0] != q.ID || r.ids[1] != q.ID {
		t.Errorf("ids: got %v, want %s twice", r.ids, q.ID)
	}
}

func TestAnswers(t *testing.T) {
	tests := []struct {
		name   string
		status int
		header string
		body   string
		code   string // empty: taken
		final  bool
		after  time.Duration
	}{
		{"200 without JSON", 200, "", "thanks", "", false, 0},
		{"202", 202, "", "", "", false, 0},
		{"400", 400, "", "", "webhook_400", true, 0},
		{"422", 422, "", `{"error":"+447700900123 is a landline"}`, "webhook_422", true, 0},
		{"401", 401, "", "", "webhook_401", false, 0},
		{"404", 404, "", "", "webhook_404", false, 0},
		{"410", 410, "", "", "webhook_410", false, 0},
		{"a redirect is not followed", 307, "", "", "webhook_307", false, 0},
		{"429 with Retry-After", 429, "30", "", "webhook_429", false, 30 * time.Second},
		{"500", 500, "", "canary", "webhook_500", false, 0},
		{"503 until a date", 503, "Sun, 01 Mar 2026 12:01:00 GMT", "", "webhook_503", false, time.Minute},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := listen(t, func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Retry-After", tt.header)
				w.Header().Set("Location", "/elsewhere")
				w.WriteHeader(tt.status)
				_, _ = w.Write([]byte(tt.body))
			})
			q, words := sms()
			_, err := r.sender(t, oldKey).Send(t.Context(), q, words)
			var f *message.Failure
			if tt.code == "" {
				if err != nil {
					t.Errorf("got %v, want it taken", err)
				}
				return
			}
			if !errors.As(err, &f) || f.Code != tt.code || f.Final != tt.final || f.After != tt.after {
				t.Fatalf("got %+v (%v), want %s, final %t, after %v", f, err, tt.code, tt.final, tt.after)
			}
			if len(r.ids) != 1 || strings.Contains(err.Error(), "canary") || strings.Contains(err.Error(), "7700900123") {
				t.Errorf("%d requests, error %v; want one request and no echo", len(r.ids), err)
			}
		})
	}
}

func TestUnknownAuthority(t *testing.T) {
	r := listen(t, nil)
	s, err := smswebhook.New(smswebhook.Settings{URL: r.URL, Secrets: []smswebhook.Secret{secret(t, oldKey)}, Clock: clock.System})
	if err != nil {
		t.Fatal(err)
	}
	q, words := sms()
	var f *message.Failure
	if _, err := s.Send(t.Context(), q, words); !errors.As(err, &f) || f.Code != "unreachable" || len(r.ids) != 0 {
		t.Errorf("got %v, want unreachable and nothing sent", err)
	}
}

func TestParseSecret(t *testing.T) {
	for in, ok := range map[string]bool{
		"whsec_" + oldKey: true, "whsec_" + newKey: true, oldKey: false, "": false, "whsec_": false, "whsec_%%%": false,
		"whsec_" + base64.StdEncoding.EncodeToString(make([]byte, 23)): false,
		"whsec_" + base64.StdEncoding.EncodeToString(make([]byte, 24)): true,
		"whsec_" + base64.StdEncoding.EncodeToString(make([]byte, 64)): true,
		"whsec_" + base64.StdEncoding.EncodeToString(make([]byte, 65)): false,
	} {
		_, err := smswebhook.ParseSecret(in)
		if (err == nil) != ok {
			t.Errorf("%q: got %v, want ok %t", in, err, ok)
		}
		if err != nil && in != "" && strings.Contains(err.Error(), in) {
			t.Errorf("AU-03 the error repeats the secret: %v", err)
		}
	}
}

func FuzzParseSecret(f *testing.F) {
	f.Add("whsec_" + oldKey)
	f.Add("whsec_=")
	f.Fuzz(func(t *testing.T, in string) {
		s, err := smswebhook.ParseSecret(in)
		if err == nil && !strings.HasPrefix(s.Sign("x", noon, nil), "v1,") {
			t.Errorf("%q gives no signature", in)
		}
	})
}

func TestAU03PrintingASecretShowsNothing(t *testing.T) {
	s := secret(t, newKey) // the bytes "canary-canary-…"
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%x"} {
		if got := fmt.Sprintf(verb, s); strings.Contains(got, "canary") || strings.Contains(got, "63616e617279") || strings.Contains(got, "99 97 110") {
			t.Errorf("%s: got %s", verb, got)
		}
	}
}

func TestNewRefuses(t *testing.T) {
	one := []smswebhook.Secret{secret(t, oldKey)}
	for _, tt := range []struct {
		name, url string
		secrets   []smswebhook.Secret
		ok        bool
	}{
		{"https", "https://sms.example/hook?tenant=1", one, true},
		{"loopback in the clear", "http://127.0.0.1:9/hook", one, true},
		{"in the clear", "http://sms.example/hook", one, false},
		{"a look-alike of loopback", "http://localhost.example/hook", one, false},
		{"relative", "/hook", one, false},
		{"credentials in the address", "https://a:b@sms.example/hook", one, false},
		{"a fragment", "https://sms.example/hook#x", one, false},
		{"no secret", "https://sms.example/hook", nil, false},
		{"empty", "", one, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := smswebhook.New(smswebhook.Settings{URL: tt.url, Secrets: tt.secrets, Clock: clock.System})
			if (err == nil) != tt.ok {
				t.Errorf("got %v, want ok %t", err, tt.ok)
			}
		})
	}
}
