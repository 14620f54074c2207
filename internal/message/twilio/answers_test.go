package twilio_test

import (
	"encoding/json"
	"errors"
	"net/http"
	"testing"
	"time"

	"github.com/sallyport/sallyport/internal/message"
	"github.com/sallyport/sallyport/internal/message/courier"
	"github.com/sallyport/sallyport/internal/message/twilio"
)

// FuzzVerdict gives any answer as Twilio's: a message is taken only if the answer
// is a success that names it, in one line; else the failure says whether and when
// to try again, and repeats nothing of the answer's text.
func FuzzVerdict(f *testing.F) {
	for status, body := range map[int]string{
		201: `{"sid":"SM1"}`, 200: `{"sid":""}`, 202: `{"sid":"a\nb"}`, 400: `{"code":21610,"message":"canary"}`, 429: `{"code":20429}`,
		503: `<html>canary</html>`, 404: `{"code":"x"}`, 500: `{"code":-1}`, 204: ``,
	} {
		f.Add(status, body, "30")
	}
	f.Fuzz(func(t *testing.T, status int, body, after string) {
		sid, err := twilio.Verdict(courier.Answer{Status: status, Header: http.Header{"Retry-After": {after}}, Body: []byte(body)}, noon)
		var named struct{ SID string }
		readable := json.Unmarshal([]byte(body), &named) == nil && named.SID != ""
		if err == nil {
			if status/100 != 2 || !readable || sid != message.OneLine(sid, 200) {
				t.Errorf("%d %q: got taken as %q", status, body, sid)
			}
			return
		}
		var failure *message.Failure
		if !errors.As(err, &failure) || failure.Code == "" || failure.After < 0 || failure.After > time.Hour || sid != "" {
			t.Fatalf("%d %q: got %q, %v, want a failure with a code", status, body, sid, err)
		}
		if failure.Final && (status/100 == 2 || status >= 500 && body == "") {
			t.Errorf("%d %q: got given up, want another try", status, body)
		}
	})
}
