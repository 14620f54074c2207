package twilio_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/sallyport/sallyport/internal/clock"
	"github.com/sallyport/sallyport/internal/message"
	"github.com/sallyport/sallyport/internal/message/messagetest"
	"github.com/sallyport/sallyport/internal/message/twilio"
)

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func settings(tw *messagetest.Twilio, c clock.Clock) twilio.Settings {
	return twilio.Settings{
		AccountSID: tw.AccountSID, AuthToken: tw.AuthToken, PhoneNumber: "+15005550006", BaseURL: tw.URL,
		StatusURL: "https://auth.example/hooks/twilio", Clock: c,
	}
}

func newSender(t *testing.T, s twilio.Settings) *twilio.Sender {
	t.Helper()
	out, err := twilio.New(s)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func codeSMS(to string, attempt int) (message.Queued, message.Rendered) {
	o := message.ToPhone(message.Code, "u1", to)
	o.Code, o.ExpiresAt = "493017", noon.Add(5*time.Minute)
	return message.Queued{Outgoing: o, Attempts: attempt, QueuedAt: noon},
		message.Rendered{Text: "Harbour: 493017 is your code.\n\n@auth.example #493017"}
}

func notice(to string, attempt int) (message.Queued, message.Rendered) {
	return message.Queued{Outgoing: message.ToPhone(message.PasswordChanged, "u1", to), Attempts: attempt, QueuedAt: noon},
		message.Rendered{Text: "Harbour: your password was changed."}
}

func soon(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	t.Cleanup(cancel)
	return ctx
}

func TestSend(t *testing.T) {
	c := clock.NewFake(noon)
	tests := []struct {
		name   string
		change func(*twilio.Settings)
		want   map[string]string
	}{
		{"from a number", nil, map[string]string{"From": "+15005550006", "MessagingServiceSid": "", "ValidityPeriod": "300"}},
		{"from a service", func(s *twilio.Settings) { s.PhoneNumber, s.MessagingServiceSID = "", "MG1" }, map[string]string{"From": "", "MessagingServiceSid": "MG1"}},
		{"without reports", func(s *twilio.Settings) { s.StatusURL = "" }, map[string]string{"StatusCallback": ""}},
		{"slash after the base", func(s *twilio.Settings) { s.BaseURL += "/" }, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			tw := messagetest.StartTwilio(t, c.Now)
			s := settings(tw, c.Now)
			if tt.change != nil {
				tt.change(&s)
			}
			q, r := codeSMS("+447700900123", 1)
			sid, err := newSender(t, s).Send(t.Context(), q, r)
			if err != nil {
				t.Fatal(err)
			}
			got := tw.SMS()[0]
			if sid != got.SID || got.To != q.To || got.Body != r.Text {
				t.Errorf("got %q for %+v", sid, got)
			}
			for name, want := range tt.want {
				if v := got.Form.Get(name); v != want {
					t.Errorf("%s: got %q, want %q", name, v, want)
				}
			}
			if s.StatusURL != "" && got.Form.Get("StatusCallback") != s.StatusURL+"?message="+q.ID {
				t.Errorf("StatusCallback: got %q", got.Form.Get("StatusCallback"))
			}
		})
	}
}

func TestValidityPeriod(t *testing.T) {
	for life, want := range map[time.Duration]string{
		0: "", 90 * time.Second: "90", 100 * time.Millisecond: "1", 24 * time.Hour: "14400",
	} {
		tw := messagetest.StartTwilio(t, clock.NewFake(noon).Now)
		q, r := codeSMS("+447700900123", 1)
		q.ExpiresAt = time.Time{}
		if life > 0 {
			q.ExpiresAt = noon.Add(life)
		}
		if _, err := newSender(t, settings(tw, clock.NewFake(noon).Now)).Send(t.Context(), q, r); err != nil {
			t.Fatal(err)
		}
		if got := tw.SMS()[0].Form.Get("ValidityPeriod"); got != want {
			t.Errorf("%v: got %q, want %q", life, got, want)
		}
	}
}

func wantFailure(t *testing.T, err error, code string, final bool, after time.Duration) {
	t.Helper()
	var f *message.Failure
	if !errors.As(err, &f) || f.Code != code || f.Final != final || f.After != after {
		t.Errorf("got %+v (%v), want %s, final %t, after %v", f, err, code, final, after)
	}
	for _, canary := range []string{"canary", "500555", "7700900123", "493017"} {
		if err != nil && strings.Contains(err.Error(), canary) {
			t.Errorf("AU-03 the error says %q: %v", canary, err)
		}
	}
}

func TestRefusedRecipients(t *testing.T) {
	c := clock.NewFake(noon)
	tw := messagetest.StartTwilio(t, c.Now)
	for to, code := range messagetest.TwilioErrors() {
		q, r := codeSMS(to, 1)
		_, err := newSender(t, settings(tw, c.Now)).Send(t.Context(), q, r)
		wantFailure(t, err, fmt.Sprintf("twilio_%d", code), true, 0)
	}
	q, r := codeSMS("+447700900123", 1)
	r.Text = strings.Repeat("x", 1601)
	_, err := newSender(t, settings(tw, c.Now)).Send(t.Context(), q, r)
	wantFailure(t, err, "twilio_21617", true, 0)
}

func TestFailuresWorthAnotherTry(t *testing.T) {
	c := clock.NewFake(noon)
	tests := []struct {
		name  string
		mode  messagetest.TwilioMode
		set   func(*twilio.Settings)
		code  string
		after time.Duration
	}{
		{"429 honours Retry-After", messagetest.Busy, nil, "twilio_20429", 7 * time.Second},
		{"503 from a proxy", messagetest.Broken, nil, "twilio_http_503", 0},
		{"OT-10 no answer", messagetest.Silent, nil, "timeout", 0},
		{"wrong auth token", messagetest.Healthy, func(s *twilio.Settings) { s.AuthToken = "canary-wrong" }, "twilio_20003", 0},
		{"wrong account", messagetest.Healthy, func(s *twilio.Settings) { s.BaseURL += "/x" }, "twilio_20404", 0},
		{"nobody there", messagetest.Healthy, func(s *twilio.Settings) { s.BaseURL = "http://127.0.0.1:1" }, "unreachable", 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			tw := messagetest.StartTwilio(t, c.Now)
			tw.SetMode(tt.mode)
			s := settings(tw, c.Now)
			if tt.set != nil {
				tt.set(&s)
			}
			q, r := codeSMS("+447700900123", 1)
			_, err := newSender(t, s).Send(soon(t), q, r)
			wantFailure(t, err, tt.code, false, tt.after)
		})
	}
}

func TestOT10NoSecondSMSAfterALostAnswer(t *testing.T) {
	for name, sms := range map[string]func(string, int) (message.Queued, message.Rendered){"code": codeSMS, "notice": notice} {
		t.Run(name, func(t *testing.T) {
			c := clock.NewFake(noon)
			tw := messagetest.StartTwilio(t, c.Now)
			send := newSender(t, settings(tw, c.Now))
			tw.SetMode(messagetest.TakesSilent)
			q, r := sms("+447700900123", 1)
			if _, err := send.Send(soon(t), q, r); err == nil {
				t.Fatal("first try: got no error")
			}
			tw.SetMode(messagetest.Healthy)
			c.Advance(70 * time.Second)
			q.Attempts = 2
			if q.Code != "" { // the words change with the time left
				r.Text = strings.Replace(r.Text, "your code", "still your code", 1)
			}
			sid, err := send.Send(t.Context(), q, r)
			if err != nil || sid != tw.SMS()[0].SID || len(tw.SMS()) != 1 {
				t.Errorf("retry: got %q, %v with %d SMS; want the first one's SID and one SMS", sid, err, len(tw.SMS()))
			}
		})
	}
}

func TestRetryIsNotFooledByOtherSMS(t *testing.T) {
	c := clock.NewFake(noon.Add(-time.Hour))
	tw := messagetest.StartTwilio(t, c.Now)
	send := newSender(t, settings(tw, c.Now))
	q, r := notice("+447700900123", 1)
	if _, err := send.Send(t.Context(), q, r); err != nil { // the same words, an hour ago
		t.Fatal(err)
	}
	c.Advance(time.Hour + time.Second)
	other, words := notice("+447700900999", 1)
	if _, err := send.Send(t.Context(), other, words); err != nil { // the same words, to another
		t.Fatal(err)
	}
	q.Attempts = 2
	sid, err := send.Send(t.Context(), q, r)
	if err != nil || len(tw.SMS()) != 3 || sid != tw.SMS()[2].SID {
		t.Errorf("got %q, %v with %d SMS, want a third one", sid, err, len(tw.SMS()))
	}
}

func TestRetryWhereTheLogIsClosed(t *testing.T) {
	posts := 0
	status := http.StatusForbidden
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodGet {
			w.WriteHeader(status)
			return
		}
		posts++
		w.WriteHeader(http.StatusCreated)
		_, _ = w.Write([]byte(`{"sid":"SM1"}`))
	}))
	defer s.Close()
	send := newSender(t, twilio.Settings{AccountSID: "AC1", AuthToken: "x", PhoneNumber: "+1", BaseURL: s.URL, Clock: clock.NewFake(noon).Now})
	q, r := codeSMS("+447700900123", 2)
	if sid, err := send.Send(t.Context(), q, r); err != nil || sid != "SM1" || posts != 1 {
		t.Errorf("log forbidden: got %q, %v after %d posts; want it sent", sid, err, posts)
	}
	status = http.StatusBadGateway
	if _, err := send.Send(t.Context(), q, r); err == nil || posts != 1 {
		t.Errorf("log unavailable: got %v after %d posts; want another try later", err, posts)
	}
}

func TestOddAnswers(t *testing.T) {
	for name, body := range map[string]string{"no JSON": "ok", "no sid": "{}", "an array": "[]", "nothing": ""} {
		t.Run(name, func(t *testing.T) {
			s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				w.WriteHeader(http.StatusCreated)
				_, _ = w.Write([]byte(body))
			}))
			defer s.Close()
			send := newSender(t, twilio.Settings{AccountSID: "AC1", AuthToken: "x", PhoneNumber: "+1", BaseURL: s.URL, Clock: clock.NewFake(noon).Now})
			q, r := codeSMS("+447700900123", 1)
			_, err := send.Send(t.Context(), q, r)
			wantFailure(t, err, "twilio_odd", false, 0)
		})
	}
}

func TestCheck(t *testing.T) {
	c := clock.NewFake(noon)
	tw := messagetest.StartTwilio(t, c.Now)
	s := settings(tw, c.Now)
	if err := newSender(t, s).Check(t.Context()); err != nil {
		t.Errorf("Check: %v", err)
	}
	s.AuthToken = "canary-wrong"
	wantFailure(t, newSender(t, s).Check(t.Context()), "twilio_20003", false, 0)
	if len(tw.SMS()) != 0 {
		t.Errorf("Check sent %d SMS", len(tw.SMS()))
	}
}

func TestNewRefuses(t *testing.T) {
	good := twilio.Settings{AccountSID: "AC1", AuthToken: "x", PhoneNumber: "+15005550006", BaseURL: "https://api.twilio.com", Clock: clock.System}
	for name, change := range map[string]func(*twilio.Settings){
		"no account":         func(s *twilio.Settings) { s.AccountSID = "" },
		"no token":           func(s *twilio.Settings) { s.AuthToken = "" },
		"no sender":          func(s *twilio.Settings) { s.PhoneNumber = "" },
		"two senders":        func(s *twilio.Settings) { s.MessagingServiceSID = "MG1" },
		"no base":            func(s *twilio.Settings) { s.BaseURL = "" },
		"base in the clear":  func(s *twilio.Settings) { s.BaseURL = "http://api.twilio.com" },
		"status with query":  func(s *twilio.Settings) { s.StatusURL = "https://auth.example/x?y=1" },
		"another URL scheme": func(s *twilio.Settings) { s.BaseURL = "ftp://api.twilio.com" },
	} {
		t.Run(name, func(t *testing.T) {
			s := good
			change(&s)
			if _, err := twilio.New(s); err == nil {
				t.Error("got no error")
			}
		})
	}
	newSender(t, good)
}
