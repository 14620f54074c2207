package journey_test

import (
	"io"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/sallyport/sallyport/internal/clock"
	"github.com/sallyport/sallyport/internal/message"
	"github.com/sallyport/sallyport/internal/message/messagetest"
)

// sixDigits finds the code in a message.
var sixDigits = regexp.MustCompile(`\b[0-9]{6}\b`)

// TestMailThroughAServer sends e-mail codes through a real mail server and reads
// them back from there.
func TestMailThroughAServer(t *testing.T) {
	pit := messagetest.StartMailpit(t)
	engines(t, func(t *testing.T, databaseURL string) {
		s := start(t, databaseURL, append(generous,
			"SMTP_SERVER="+pit.Host, "SMTP_PORT="+strconv.Itoa(pit.Port), "SMTP_TLS=none", "SMTP_FROM=Acme <no-reply@acme.example>")...)
		email := "ada-" + strings.ToLower(s.url[strings.LastIndex(s.url, ":")+1:]) + "@example.org"
		s.want(t, 202, "POST", "/api/v1/auth/register", "", map[string]any{"email": email, "password": goodPassword})
		link := pit.WaitFor(t, email, "Confirm")
		token := regexp.MustCompile(`spv_[A-Za-z0-9_-]+`).FindString(link.Text)
		s.want(t, 200, "POST", "/api/v1/auth/email/verify", "", map[string]any{"token": token})
		access := s.login(t, email).text("access_token")

		s.want(t, 202, "POST", "/api/v1/mfa/email/send", access, nil)
		mail := pit.WaitFor(t, email, "code")
		code := sixDigits.FindString(mail.Text)
		if mail.From.Address != "no-reply@acme.example" || code == "" || !strings.Contains(mail.HTML, code) {
			t.Fatalf("mail: got %+v, want a code in both parts from no-reply@acme.example", mail)
		}
		s.want(t, 200, "POST", "/api/v1/mfa/email/verify", access, map[string]any{"code": code})
		pit.WaitFor(t, email, "sign-in method was added")
	})
}

// smsTo returns the SMS the stand-in took for a number.
func smsTo(tw *messagetest.Twilio, number string) []messagetest.TwilioSMS {
	var out []messagetest.TwilioSMS
	for _, sms := range tw.SMS() {
		if sms.To == number {
			out = append(out, sms)
		}
	}
	return out
}

// TestSMSThroughTwilio sends SMS codes to a stand-in for Twilio that answers late,
// refuses and breaks like the real one, and reports what became of them.
func TestSMSThroughTwilio(t *testing.T) {
	tw := messagetest.StartTwilio(t, clock.System)
	for number, code := range messagetest.TwilioErrors() {
		tw.Refuse(number, code)
	}
	engines(t, func(t *testing.T, databaseURL string) {
		before := len(smsTo(tw, "+447400123456"))
		s := start(t, databaseURL, append(generous, "TWILIO_ACCOUNT_SID="+tw.AccountSID, "TWILIO_AUTH_TOKEN="+tw.AuthToken,
			"TWILIO_PHONE_NUMBER=+15005550006", "TWILIO_BASE_URL="+tw.URL, "SMS_COUNTRIES=GB")...)
		const email, number = "ada@example.org", "+447400123456"
		s.member(t, email)
		access := s.login(t, email).text("access_token")
		arrived := func(n int) messagetest.TwilioSMS {
			t.Helper()
			waitFor(t, "an SMS at Twilio", func() bool { return len(smsTo(tw, number)) >= before+n })
			return smsTo(tw, number)[before+n-1]
		}

		s.want(t, 202, "POST", "/api/v1/mfa/sms/send", access, map[string]any{"phone": number})
		sms := arrived(1)
		if !strings.HasSuffix(sms.Body, "#"+sixDigits.FindString(sms.Body)) || sms.Form.Get("ValidityPeriod") == "" {
			t.Errorf("SMS: got %q with validity %q, want a code bound to the host, and an end", sms.Body, sms.Form.Get("ValidityPeriod"))
		}
		access = s.want(t, 200, "POST", "/api/v1/mfa/sms/verify", access, map[string]any{"code": sixDigits.FindString(sms.Body)}).text("access_token")

		t.Run("the carrier reports and is believed only if it signed", func(t *testing.T) {
			for _, tc := range []struct {
				spoil  bool
				status string
				want   int
			}{{true, "delivered", 403}, {false, "undelivered", 204}, {false, "undelivered", 204}} {
				req, err := tw.Report(t.Context(), sms, tc.status, "30003")
				if err != nil {
					t.Fatal(err)
				}
				if tc.spoil {
					req.Header.Set("X-Twilio-Signature", "bm90IHNpZ25lZA==")
				}
				res, err := http.DefaultClient.Do(req)
				if err != nil {
					t.Fatal(err)
				}
				text, _ := io.ReadAll(res.Body)
				_ = res.Body.Close()
				if res.StatusCode != tc.want {
					t.Errorf("report, spoilt %v: got %d %s, want %d", tc.spoil, res.StatusCode, text, tc.want)
				}
			}
			sent, err := s.Store.ListMessages(t.Context(), message.StateSent, "", 100)
			if err != nil {
				t.Fatal(err)
			}
			found := false
			for _, e := range sent {
				found = found || e.Channel == message.SMS && e.CarrierID == sms.SID && e.Delivery == message.Undelivered && e.DeliveryCode == "twilio_30003"
			}
			if !found {
				t.Errorf("outbox: got %+v, want the SMS undelivered with twilio_30003", sent)
			}
		})
		t.Run("the answer does not wait for a silent carrier", func(t *testing.T) {
			tw.SetMode(messagetest.Silent)
			defer tw.SetMode(messagetest.Healthy)
			began := time.Now()
			s.want(t, 202, "POST", "/api/v1/mfa/sms/send", access, map[string]any{"phone": "+447400654321"})
			if took := time.Since(began); took > 2*time.Second {
				t.Errorf("answer: got after %v, want at once", took)
			}
		})
		t.Run("OT-10 a busy carrier is asked again, and the code arrives once", func(t *testing.T) {
			now := len(smsTo(tw, number)) - before
			tw.SetMode(messagetest.Broken)
			s.want(t, 202, "POST", "/api/v1/mfa/sms/send", access, nil)
			calls := tw.Calls()
			waitFor(t, "a try that fails", func() bool { return tw.Calls() > calls })
			tw.SetMode(messagetest.Healthy)
			sms := arrived(now + 1)
			s.want(t, 200, "POST", "/api/v1/mfa/sms/verify", access, map[string]any{"code": sixDigits.FindString(sms.Body)})
		})
		t.Run("OT-06 other countries", func(t *testing.T) {
			a := s.want(t, 422, "POST", "/api/v1/mfa/sms/send", access, map[string]any{"phone": "+33 6 12 34 56 78"})
			if !strings.Contains(strings.Join(fieldCodes(a), " "), "country_not_allowed") {
				t.Errorf("got %v, want country_not_allowed", a.body)
			}
		})
	})
}

// fieldCodes returns the codes of the fields of a problem.
func fieldCodes(a answer) (out []string) {
	fields, _ := a.body["fields"].([]any)
	for _, f := range fields {
		m, _ := f.(map[string]any)
		code, _ := m["code"].(string)
		out = append(out, code)
	}
	return out
}
