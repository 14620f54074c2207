package twilio

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/sallyport/sallyport/internal/message"
	"github.com/sallyport/sallyport/internal/message/courier"
)

// resource is a message as the API describes it, as far as it matters here.
type resource struct {
	SID         string `json:"sid"`
	Body        string `json:"body"`
	Direction   string `json:"direction"`
	Status      string `json:"status"`
	DateCreated string `json:"date_created"` // RFC 2822
}

// final reports whether an error code is about this recipient or this text, so
// that another try fails the same way.
func final(code int) bool {
	return slices.Contains([]int{
		21211, // the number is not valid
		21214, // it cannot be reached
		21408, // its region is not enabled for this account
		21608, // a trial account may not text it
		21610, // its owner opted out
		21612, // there is no route from our number to it
		21614, // it is not a mobile number
		21617, // the text is too long
		21635, // it is a landline
	}, code)
}

// verdict reads the answer to a message that was posted. What is wrong with the
// account or its settings (20003 and the like) is worth another try: it is the
// operator's to mend, not the message's fault. The API's own sentence is left
// out, since it repeats the number.
func verdict(a courier.Answer, now time.Time) (string, error) {
	if a.OK() {
		var m resource
		if err := json.Unmarshal(a.Body, &m); err != nil || m.SID == "" {
			return "", message.Postponed("twilio_odd", 0, errors.New("the answer names no message"))
		}
		return message.OneLine(m.SID, 200), nil
	}
	var problem struct {
		Code int `json:"code"`
	}
	_ = json.Unmarshal(a.Body, &problem) // a proxy's page has no code
	if problem.Code == 0 {
		code := fmt.Sprintf("twilio_http_%d", a.Status)
		return "", message.Postponed(code, courier.RetryAfter(a.Header, now), nil)
	}
	code := fmt.Sprintf("twilio_%d", problem.Code)
	why := fmt.Errorf("see https://www.twilio.com/docs/api/errors/%d", problem.Code)
	if final(problem.Code) {
		return "", message.Refused(code, why)
	}
	return "", message.Postponed(code, courier.RetryAfter(a.Header, now), why)
}

// alreadyTaken looks through the latest messages to that number for one that an
// earlier attempt left, and returns its SID. Where the account may not read its
// log, nothing is found.
func (s *Sender) alreadyTaken(ctx context.Context, q message.Queued, r message.Rendered) (string, error) {
	query := "?" + url.Values{"To": {q.To}, "PageSize": {"20"}}.Encode()
	a, err := s.call(ctx, http.MethodGet, query, nil)
	switch {
	case err != nil:
		return "", err
	case a.Status == http.StatusTooManyRequests || a.Status >= 500:
		_, err = verdict(a, s.Clock())
		return "", err
	case !a.OK():
		return "", nil
	}
	var log struct {
		Messages []resource `json:"messages"`
	}
	if err := json.Unmarshal(a.Body, &log); err != nil {
		return "", message.Postponed("twilio_odd", 0, errors.New("the log of messages cannot be read"))
	}
	for _, m := range log.Messages {
		if m.is(q, r) {
			return m.SID, nil
		}
	}
	return "", nil
}

// is reports whether m came from an earlier attempt of q: made since q was
// queued, not given up, and with its code, or its words where it has none. (The
// words around a code change as its time runs down.)
func (m resource) is(q message.Queued, r message.Rendered) bool {
	made, err := time.Parse(time.RFC1123Z, m.DateCreated)
	if err != nil || made.Before(q.QueuedAt.Add(-10*time.Second)) || !strings.HasPrefix(m.Direction, "outbound") {
		return false
	}
	if slices.Contains([]string{"failed", "canceled", "undelivered"}, m.Status) {
		return false
	}
	if q.Code != "" {
		return strings.HasSuffix(m.Body, " #"+q.Code)
	}
	return strings.HasSuffix(m.Body, r.Text) // a trial account's text has a note in front
}
