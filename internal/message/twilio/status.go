package twilio

import (
	"crypto/hmac"
	"crypto/sha1" //nolint:gosec // the algorithm of X-Twilio-Signature; HMAC does not rest on collisions
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/sallyport/sallyport/internal/ident"
	"github.com/sallyport/sallyport/internal/message"
)

// maxReport is how many bytes of a report are read.
const maxReport = 64 << 10

// ErrReport is returned for a report that is not Twilio's or cannot be read.
var ErrReport = errors.New("twilio: not a report of Twilio's")

// Report reads a delivery report from the request Twilio makes to StatusURL. It
// believes only what is signed with the account's auth token for that very
// address; the Host header has no say (RC-03). Every refusal is ErrReport.
func (s *Sender) Report(r *http.Request) (message.Delivery, error) {
	body, err := io.ReadAll(io.LimitReader(r.Body, maxReport+1))
	if err != nil || len(body) > maxReport {
		return message.Delivery{}, ErrReport
	}
	return s.report(r.URL.RawQuery, string(body), r.Header.Get("X-Twilio-Signature"))
}

func (s *Sender) report(query, body, signature string) (message.Delivery, error) {
	id, err := url.ParseQuery(query)
	if err != nil || s.StatusURL == "" {
		return message.Delivery{}, ErrReport
	}
	form, err := url.ParseQuery(body)
	if err != nil || !genuine(s.StatusURL+"?"+query, form, s.AuthToken, signature) {
		return message.Delivery{}, ErrReport
	}
	d := message.Delivery{
		MessageID: id.Get("message"),
		CarrierID: message.OneLine(form.Get("MessageSid"), 200),
		Status:    statusOf(form.Get("MessageStatus")),
		At:        s.Clock(),
	}
	if !ident.Valid(d.MessageID) {
		return message.Delivery{}, ErrReport
	}
	if code := form.Get("ErrorCode"); code != "" && code != "0" {
		d.Code = message.OneLine(fmt.Sprintf("twilio_%s", code), 40)
	}
	return d, nil
}

func statusOf(s string) message.DeliveryStatus {
	switch s {
	case "delivered", "read":
		return message.Delivered
	case "undelivered", "failed", "canceled":
		return message.Undelivered
	default:
		return message.Underway
	}
}

// genuine checks X-Twilio-Signature: base64 of the HMAC-SHA1, under the auth
// token, over the full address and the sorted form fields, name and value, with
// nothing between them.
func genuine(address string, form url.Values, token, signature string) bool {
	names := make([]string, 0, len(form))
	for name := range form {
		names = append(names, name)
	}
	slices.Sort(names)
	var b strings.Builder
	b.WriteString(address)
	for _, name := range names {
		values := slices.Clone(form[name])
		slices.Sort(values)
		for _, v := range slices.Compact(values) {
			b.WriteString(name + v)
		}
	}
	mac := hmac.New(sha1.New, []byte(token))
	mac.Write([]byte(b.String()))
	want := base64.StdEncoding.EncodeToString(mac.Sum(nil))
	return subtle.ConstantTimeCompare([]byte(want), []byte(signature)) == 1
}
