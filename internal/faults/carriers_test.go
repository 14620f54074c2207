package faults_test

import (
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"
)

// TestMailServerBroken lets the mail server hang and refuse. Sign-in goes on, and
// what was acknowledged is told by mail in the end.
func TestMailServerBroken(t *testing.T) {
	engines(t, func(t *testing.T, databaseURL string) {
		b := newBench(t, 1, databaseURL)
		b.serve(t)
		c := newCrowd(b, 6)
		c.goesOn(t, time.Minute)
		for _, mode := range []string{"hang", "refuse"} {
			b.mail.turn(mode)
			<-time.After(time.Duration(either(1, 15)) * time.Second)
			c.goesOn(t, time.Minute)
		}
		b.mail.turn("")
		c.goesOn(t, time.Minute)
		c.judge(t)
		// Of what adds a factor only its confirmation is told, which is a step-up too.
		mailed := map[string]string{"password of your": "authn_password_change", "sign-in method was added": "session_step_up"}
		for _, p := range c.people {
			for subject, event := range mailed {
				told := func() (n int) {
					for _, m := range b.mail.to(p.email) {
						if head, _, _ := strings.Cut(m, "\n"); strings.Contains(strings.ToLower(head), subject) {
							n++
						}
					}
					return n
				}
				await(t, "mails of every "+event+" to "+p.email, 90*time.Second, func() bool { return told() >= p.acknowledged[event] })
			}
		}
	})
}

// carrier is Twilio's API on loopback.
type carrier struct {
	mu    sync.Mutex
	mode  string
	codes []string
	hangs chan struct{}
}

var sixDigits = regexp.MustCompile(`\b\d{6}\b`)

func (c *carrier) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	c.mu.Lock()
	mode := c.mode
	c.mu.Unlock()
	switch mode {
	case "hang":
		select {
		case <-c.hangs:
		case <-r.Context().Done():
		}
		return
	case "refuse":
		w.WriteHeader(http.StatusServiceUnavailable)
		return
	}
	if err := r.ParseForm(); err == nil {
		c.mu.Lock()
		c.codes = append(c.codes, sixDigits.FindString(r.PostForm.Get("Body")))
		c.mu.Unlock()
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(http.StatusCreated)
	_, _ = w.Write([]byte(`{"sid":"SM00000000000000000000000000000001","status":"queued"}`))
}

func (c *carrier) turn(mode string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.mode = mode
}

// TestTwilioBroken asks for an SMS code while Twilio hangs or fails: the answer
// comes at once, other sign-ins go on, and the code arrives when Twilio is back.
func TestTwilioBroken(t *testing.T) {
	for _, mode := range []string{"hang", "refuse"} {
		t.Run(mode, func(t *testing.T) {
			twilio := &carrier{hangs: make(chan struct{})}
			server := httptest.NewServer(twilio)
			t.Cleanup(server.Close)
			t.Cleanup(func() { close(twilio.hangs) })
			b := newBench(t, 1, sqlite(t), "TWILIO_BASE_URL="+server.URL, "TWILIO_ACCOUNT_SID=AC0123456789abcdef0123456789abcdef",
				"TWILIO_AUTH_TOKEN=violet-harbour-lantern-moss", "TWILIO_PHONE_NUMBER=+15005550006", "SMS_COUNTRIES=GB")
			b.serve(t)
			p := newPerson(b, "ada@example.org")
			await(t, "a sign-in", time.Minute, p.signIn)
			c := newCrowd(b, 2)
			twilio.turn(mode)
			if status, answer := b.call("POST", "/api/v1/mfa/sms/send", p.access, map[string]any{"phone": "+447400123456"}); status != 202 {
				t.Fatalf("send while Twilio %ss: got %d %v, want 202", mode, status, answer)
			}
			<-time.After(time.Duration(either(2, 12)) * time.Second)
			c.goesOn(t, time.Minute)
			twilio.turn("")
			var code string
			await(t, "the code by SMS", 2*time.Minute, func() bool {
				twilio.mu.Lock()
				defer twilio.mu.Unlock()
				if len(twilio.codes) > 0 {
					code = twilio.codes[len(twilio.codes)-1]
				}
				return code != ""
			})
			p.shown++
			p.secrets = append(p.secrets, code)
			if status, answer := b.call("POST", "/api/v1/mfa/sms/verify", p.access, map[string]any{"code": code}); status != 200 {
				t.Errorf("the code that came late: got %d %v, want 200", status, answer)
			}
			c.judge(t)
		})
	}
}
