package twilio_test

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/sallyport/sallyport/internal/clock"
	"github.com/sallyport/sallyport/internal/message"
	"github.com/sallyport/sallyport/internal/message/messagetest"
	"github.com/sallyport/sallyport/internal/message/twilio"
)

// The example of Twilio's documentation on validating requests.
func TestSignatureVector(t *testing.T) {
	form := url.Values{
		"CallSid": {"CA1234567890ABCDE"}, "Caller": {"+12349013030"}, "Digits": {"1234"}, "From": {"+12349013030"}, "To": {"+18005551212"},
	}
	const address, signature = "https://mycompany.com/myapp.php?foo=1&bar=2", "0/KCTR6DLpKmkAf8muzZqo1nDgQ="
	if !twilio.Genuine(address, form, "12345", signature) {
		t.Error("the documented signature was refused")
	}
	if twilio.Genuine(address+"&x=1", form, "12345", signature) || twilio.Genuine(address, form, "12346", signature) || twilio.Genuine(address, form, "12345", "") {
		t.Error("another address, another token or no signature was accepted")
	}
}

// sent sends one SMS and returns all that a report needs.
func sent(t *testing.T) (*twilio.Sender, *messagetest.Twilio, messagetest.TwilioSMS, message.Queued) {
	t.Helper()
	c := clock.NewFake(noon)
	tw := messagetest.StartTwilio(t, c.Now)
	send := newSender(t, settings(tw, c.Now))
	q, r := codeSMS("+447700900123", 1)
	if _, err := send.Send(t.Context(), q, r); err != nil {
		t.Fatal(err)
	}
	return send, tw, tw.SMS()[0], q
}

func TestReport(t *testing.T) {
	send, tw, sms, q := sent(t)
	tests := []struct {
		status, errorCode, wantCode string
		want                        message.DeliveryStatus
	}{
		{"accepted", "", "", message.Underway},
		{"queued", "0", "", message.Underway},
		{"sending", "", "", message.Underway},
		{"sent", "", "", message.Underway},
		{"delivered", "", "", message.Delivered},
		{"read", "", "", message.Delivered},
		{"undelivered", "30003", "twilio_30003", message.Undelivered},
		{"failed", "30008", "twilio_30008", message.Undelivered},
		{"canceled", "", "", message.Undelivered},
		{"a status of the future", "", "", message.Underway},
	}
	for _, tt := range tests {
		t.Run(tt.status, func(t *testing.T) {
			req, err := tw.Report(t.Context(), sms, tt.status, tt.errorCode)
			if err != nil {
				t.Fatal(err)
			}
			req.Host = "attacker.example" // RC-03: has no say
			got, err := send.Report(req)
			want := message.Delivery{MessageID: q.ID, CarrierID: sms.SID, Status: tt.want, Code: tt.wantCode, At: noon}
			if err != nil || got != want {
				t.Errorf("got %+v, %v; want %+v", got, err, want)
			}
		})
	}
}

func TestReportRefuses(t *testing.T) {
	send, tw, sms, _ := sent(t)
	for name, change := range map[string]func(*http.Request){
		"no signature":          func(r *http.Request) { r.Header.Del("X-Twilio-Signature") },
		"another signature":     func(r *http.Request) { r.Header.Set("X-Twilio-Signature", "0/KCTR6DLpKmkAf8muzZqo1nDgQ=") },
		"another message":       func(r *http.Request) { r.URL.RawQuery = "message=01890a5d-ac96-774b-bcce-b302099a8057" },
		"a changed body":        func(r *http.Request) { r.Body = io.NopCloser(strings.NewReader("MessageStatus=delivered")) },
		"a huge body":           func(r *http.Request) { r.Body = io.NopCloser(strings.NewReader(strings.Repeat("a", 1<<20))) },
		"a body that is cut":    func(r *http.Request) { r.Body = io.NopCloser(brokenBody{}) },
		"a body that is wrong":  func(r *http.Request) { r.Body = io.NopCloser(strings.NewReader("%zz")) },
		"a query that is wrong": func(r *http.Request) { r.URL.RawQuery = "%zz" },
	} {
		t.Run(name, func(t *testing.T) {
			req, err := tw.Report(t.Context(), sms, "delivered", "")
			if err != nil {
				t.Fatal(err)
			}
			change(req)
			if got, err := send.Report(req); !errors.Is(err, twilio.ErrReport) {
				t.Errorf("got %+v, %v; want ErrReport", got, err)
			}
		})
	}
	s := settings(tw, clock.NewFake(noon).Now)
	s.StatusURL = ""
	req, err := tw.Report(t.Context(), sms, "delivered", "")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := newSender(t, s).Report(req); !errors.Is(err, twilio.ErrReport) {
		t.Errorf("without a status URL: got %v, want ErrReport", err)
	}
}

type brokenBody struct{}

func (brokenBody) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

func FuzzReport(f *testing.F) {
	f.Add("message=01890a5d-ac96-774b-bcce-b302099a8057", "MessageSid=SM1&MessageStatus=delivered", "c2ln")
	f.Add("%zz", "a=b;c=d", "")
	send, err := twilio.New(twilio.Settings{
		AccountSID: "AC1", AuthToken: "t", PhoneNumber: "+1", BaseURL: "https://api.twilio.com",
		StatusURL: "https://auth.example/hooks/twilio", Clock: clock.System,
	})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, query, body, signature string) {
		r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(body))
		r.URL.RawQuery = query
		r.Header.Set("X-Twilio-Signature", signature)
		if d, err := send.Report(r); err == nil {
			t.Errorf("a forged report was believed: %+v", d)
		}
	})
}
