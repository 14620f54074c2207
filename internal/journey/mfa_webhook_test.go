package journey_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/sallyport/sallyport/internal/message/smswebhook"
)

// receiver is somebody's own SMS gateway: it takes what is signed, once.
type receiver struct {
	t      *testing.T
	secret smswebhook.Secret

	mu    sync.Mutex
	calls int
	taken map[string]smswebhook.Data // by webhook-id
}

func (r *receiver) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	body, err := io.ReadAll(req.Body)
	if err != nil {
		r.t.Error(err)
	}
	id, seconds := req.Header.Get("webhook-id"), req.Header.Get("webhook-timestamp")
	at, err := strconv.ParseInt(seconds, 10, 64)
	if err != nil || req.Header.Get("webhook-signature") != r.secret.Sign(id, time.Unix(at, 0), body) {
		r.t.Errorf("signature: got %q at %q, want that of the shared secret", req.Header.Get("webhook-signature"), seconds)
	}
	var sms smswebhook.Body
	if err := json.Unmarshal(body, &sms); err != nil {
		r.t.Error(err)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.calls++
	r.taken[id] = sms.Data
	if r.calls == 1 { // taken, but the answer is lost
		w.WriteHeader(http.StatusBadGateway)
	}
}

// code returns the code of the SMS that came, if one did.
func (r *receiver) code() (code string, calls, messages int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, d := range r.taken {
		code = d.Code
	}
	return code, r.calls, len(r.taken)
}

// TestSMSThroughAWebhook sends SMS codes through any provider: signed, and under
// one id however often they are tried.
func TestSMSThroughAWebhook(t *testing.T) {
	engines(t, func(t *testing.T, databaseURL string) {
		const text = "whsec_n4bQgYhMfWWaL+qgxVrQFaO/TxsrC4Is0V1sFbDwCgg="
		secret, err := smswebhook.ParseSecret(text)
		if err != nil {
			t.Fatal(err)
		}
		gate := &receiver{t: t, secret: secret, taken: map[string]smswebhook.Data{}}
		web := httptest.NewServer(gate)
		t.Cleanup(web.Close)
		s := start(t, databaseURL, append(generous, "SMS_WEBHOOK_URL="+web.URL+"/sms", "SMS_WEBHOOK_SECRET="+text, "SMS_COUNTRIES=GB")...)
		s.member(t, "ada@example.org")
		access := s.login(t, "ada@example.org").text("access_token")
		s.want(t, 202, "POST", "/api/v1/mfa/sms/send", access, map[string]any{"phone": "+447400123456"})
		waitFor(t, "the second try", func() bool { _, calls, _ := gate.code(); return calls == 2 })
		code, _, messages := gate.code()
		if messages != 1 {
			t.Errorf("OT-10 after a lost answer: got %d webhook ids, want one", messages)
		}
		s.want(t, 200, "POST", "/api/v1/mfa/sms/verify", access, map[string]any{"code": code})
	})
}
