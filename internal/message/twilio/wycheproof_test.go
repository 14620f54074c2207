package twilio_test

import (
	"encoding/base64"
	"testing"

	"github.com/sallyport/sallyport/internal/message/twilio"
	"github.com/sallyport/sallyport/internal/vectortest"
)

// TestWycheproofSignature gives each message as the address of a report without
// fields, which is then all that is signed.
func TestWycheproofSignature(t *testing.T) {
	tally := vectortest.Tally{Set: "hmac_sha1", Code: "message/twilio: X-Twilio-Signature"}
	all, count := vectortest.LoadMACs(t, tally.Set, 160)
	for _, v := range all {
		signature := base64.StdEncoding.EncodeToString(v.Tag)
		tally.Judge(t, v.Vector, v.Rule, twilio.Genuine(string(v.Msg), nil, string(v.Key), signature))
	}
	tally.Done(t, count)
}
