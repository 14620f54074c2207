package smswebhook

import (
	"bytes"
	"context"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
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

// Settings is what a Sender is made of.
type Settings struct {
	URL string // https; http is accepted for loopback only
	// Secrets sign each request, one signature per secret, so that a receiver can
	// move to a new one. At least one.
	Secrets []Secret
	Roots   *x509.CertPool // nil: the system's
	Clock   clock.Clock
}

// Sender is a message.Sender for SMS. It is safe for concurrent use.
type Sender struct {
	Settings
	client *courier.Client
}

// New checks the settings; it makes no call.
func New(s Settings) (*Sender, error) {
	u, err := url.Parse(s.URL)
	switch {
	case err != nil || u.Host == "" || u.User != nil || u.Fragment != "":
		return nil, errors.New("smswebhook: the URL is not an absolute address without user and fragment")
	case u.Scheme != "https" && (u.Scheme != "http" || !loopback(u.Hostname())):
		return nil, errors.New("smswebhook: the URL does not begin with https://")
	case len(s.Secrets) == 0:
		return nil, errors.New("smswebhook: there is no secret to sign with")
	}
	return &Sender{Settings: s, client: courier.New(s.Roots)}, nil
}

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// Body is what is posted, as JSON.
type Body struct {
	Type      string    `json:"type"`      // "sms.send"
	Timestamp time.Time `json:"timestamp"` // of this try
	Data      Data      `json:"data"`
}

// Data is the SMS itself.
type Data struct {
	To        string    `json:"to"`   // E.164
	Text      string    `json:"text"` // as it is to arrive, to the last line
	Kind      string    `json:"kind"` // "code", "password_changed", …
	Locale    string    `json:"locale,omitempty"`
	Code      string    `json:"code,omitempty"`      // the code inside Text, for providers that use their own templates
	ExpiresAt time.Time `json:"expires_at,omitzero"` // not to be delivered after that
}

// Send implements message.Sender. The header webhook-id is the message's id and
// stays the same over retries: a receiver that remembers it sends nothing twice.
// Any 2xx means taken; the carrier's name of the SMS is "id" of a JSON answer,
// where there is one. 400 and 422 mean that this SMS will never be taken; every
// other answer is worth another try, no sooner than Retry-After says.
func (s *Sender) Send(ctx context.Context, q message.Queued, r message.Rendered) (string, error) {
	now := s.Clock()
	body, err := json.Marshal(Body{"sms.send", now, Data{
		To: q.To, Text: r.Text, Kind: string(q.Kind), Locale: q.Locale, Code: q.Code, ExpiresAt: q.ExpiresAt,
	}})
	if err != nil {
		return "", message.Refused("webhook_compose", err)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, s.URL, bytes.NewReader(body))
	if err != nil {
		return "", message.Refused("webhook_compose", errors.New("the URL cannot be called"))
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("User-Agent", "sallyport")
	req.Header.Set("webhook-id", q.ID)
	req.Header.Set("webhook-timestamp", strconv.FormatInt(now.Unix(), 10))
	req.Header.Set("webhook-signature", s.sign(q.ID, now, body))
	answer, err := s.client.Do(req)
	if err != nil {
		return "", err
	}
	return s.verdict(answer)
}

func (s *Sender) sign(id string, at time.Time, body []byte) string {
	var all []string
	for _, secret := range s.Secrets {
		all = append(all, secret.Sign(id, at, body))
	}
	return strings.Join(all, " ")
}

func (s *Sender) verdict(a courier.Answer) (string, error) {
	code := fmt.Sprintf("webhook_%d", a.Status)
	switch {
	case a.OK():
		var taken struct {
			ID string `json:"id"`
		}
		_ = json.Unmarshal(a.Body, &taken) // an id is welcome, not needed
		return message.OneLine(taken.ID, 200), nil
	case a.Status == http.StatusBadRequest || a.Status == http.StatusUnprocessableEntity:
		return "", message.Refused(code, nil)
	default:
		return "", message.Postponed(code, courier.RetryAfter(a.Header, s.Clock()), nil)
	}
}
