package twilio

import (
	"context"
	"crypto/x509"
	"errors"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/sallyport/sallyport/internal/clock"
	"github.com/sallyport/sallyport/internal/message"
	"github.com/sallyport/sallyport/internal/message/courier"
)

// longestValidity is the longest time Twilio is asked to hold an SMS; the API's
// own limit was four hours once and is ten today.
const longestValidity = 4 * time.Hour

// Settings is what a Sender is made of.
type Settings struct {
	AccountSID          string
	AuthToken           string
	PhoneNumber         string // E.164; this or MessagingServiceSID
	MessagingServiceSID string
	BaseURL             string // "https://api.twilio.com", without a slash at the end
	// StatusURL is the address to which Twilio reports, as the outside world
	// reaches it; empty: no reports. It is never taken from a request.
	StatusURL string
	Roots     *x509.CertPool // nil: the system's
	Clock     clock.Clock
}

// Sender is a message.Sender for SMS. It is safe for concurrent use.
type Sender struct {
	Settings
	client *courier.Client
}

// New checks the settings; it makes no call.
func New(s Settings) (*Sender, error) {
	base, err := url.Parse(s.BaseURL)
	switch {
	case s.AccountSID == "" || s.AuthToken == "":
		return nil, errors.New("twilio: the account or its auth token is missing")
	case (s.PhoneNumber == "") == (s.MessagingServiceSID == ""):
		return nil, errors.New("twilio: exactly one of phone number and messaging service is needed")
	case err != nil || base.Host == "" || base.Scheme != "https" && (base.Scheme != "http" || !loopback(base.Hostname())):
		return nil, errors.New("twilio: the base URL is not an absolute https address")
	case strings.ContainsAny(s.StatusURL, "?#"):
		return nil, errors.New("twilio: the status URL has a query or fragment")
	}
	s.BaseURL = strings.TrimRight(s.BaseURL, "/")
	return &Sender{Settings: s, client: courier.New(s.Roots)}, nil
}

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// Send implements message.Sender. The carrier's name of an SMS is its message
// SID. The API knows no idempotency key, so from the second attempt on the
// account's log is asked first whether an earlier one got through (OT-10).
func (s *Sender) Send(ctx context.Context, q message.Queued, r message.Rendered) (string, error) {
	if q.Attempts > 1 {
		sid, err := s.alreadyTaken(ctx, q, r)
		if sid != "" || err != nil {
			return sid, err
		}
	}
	answer, err := s.call(ctx, http.MethodPost, "", s.form(q, r))
	if err != nil {
		return "", err
	}
	return verdict(answer, s.Clock())
}

// form says what to send. ValidityPeriod keeps Twilio from delivering a code
// that has expired in its queue.
func (s *Sender) form(q message.Queued, r message.Rendered) url.Values {
	f := url.Values{"To": {q.To}, "Body": {r.Text}}
	if s.MessagingServiceSID != "" {
		f.Set("MessagingServiceSid", s.MessagingServiceSID)
	} else {
		f.Set("From", s.PhoneNumber)
	}
	if s.StatusURL != "" {
		f.Set("StatusCallback", s.callback(q.ID))
	}
	if !q.ExpiresAt.IsZero() {
		left := min(q.ExpiresAt.Sub(s.Clock()), longestValidity)
		f.Set("ValidityPeriod", strconv.Itoa(max(int(left/time.Second), 1)))
	}
	return f
}

// callback is the address Twilio reports to about the message of that id.
func (s *Sender) callback(id string) string {
	return s.StatusURL + "?" + url.Values{"message": {id}}.Encode()
}

// Check asks for the account, for `sallyport doctor`. Nothing is sent.
func (s *Sender) Check(ctx context.Context) error {
	answer, err := s.call(ctx, http.MethodGet, "?PageSize=1", nil)
	if err != nil {
		return err
	}
	if !answer.OK() {
		_, err = verdict(answer, s.Clock())
	}
	return err
}

// call reaches the account's messages.
func (s *Sender) call(ctx context.Context, method, query string, form url.Values) (courier.Answer, error) {
	address := s.BaseURL + "/2010-04-01/Accounts/" + url.PathEscape(s.AccountSID) + "/Messages.json" + query
	req, err := http.NewRequestWithContext(ctx, method, address, strings.NewReader(form.Encode()))
	if err != nil {
		return courier.Answer{}, message.Refused("twilio_compose", errors.New("the base URL cannot be called"))
	}
	req.SetBasicAuth(s.AccountSID, s.AuthToken)
	req.Header.Set("Accept", "application/json")
	req.Header.Set("User-Agent", "sallyport")
	if form != nil {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	return s.client.Do(req)
}
