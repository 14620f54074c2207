package messagetest

import (
	"context"
	"crypto/hmac"
	"crypto/sha1"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/sallyport/sallyport/internal/clock"
)

// Twilio is a stand-in for Twilio's Messages API on loopback. It follows the
// documentation in what it checks, in its error codes and in its reports.
type Twilio struct {
	URL        string
	AccountSID string
	AuthToken  string

	clock clock.Clock
	mu    sync.Mutex
	sms   []TwilioSMS
	mode  TwilioMode
	calls int
	codes map[string]int // recipients that are refused
}

// TwilioSMS is a message the stand-in took.
type TwilioSMS struct {
	SID       string     `json:"sid"`
	To        string     `json:"to"`
	From      string     `json:"from"`
	Body      string     `json:"body"`
	Status    string     `json:"status"`
	Direction string     `json:"direction"`
	Created   string     `json:"date_created"`
	Form      url.Values `json:"-"` // as it was posted
}

// TwilioMode is how the stand-in treats posts.
type TwilioMode int

// The modes.
const (
	Healthy     TwilioMode = iota
	Busy                   // 429 with code 20429 and Retry-After: 7
	Broken                 // 503 with a page that is no JSON
	Silent                 // takes nothing and never answers
	TakesSilent            // takes the message and never answers: the line broke
)

// TwilioErrors are the magic recipients and the error code each one gets, after
// Twilio's own test numbers.
func TwilioErrors() map[string]int {
	return map[string]int{
		"+15005550001": 21211, "+15005550002": 21612, "+15005550003": 21408,
		"+15005550004": 21610, "+15005550008": 21608, "+15005550009": 21614,
	}
}

// StartTwilio runs the stand-in until the test ends.
func StartTwilio(t *testing.T, c clock.Clock) *Twilio {
	t.Helper()
	tw := &Twilio{AccountSID: "AC" + strings.Repeat("0a", 16), AuthToken: "canary-twilio-token", clock: c, codes: TwilioErrors()}
	s := httptest.NewServer(tw)
	t.Cleanup(s.Close)
	tw.URL = s.URL
	return tw
}

// SetMode changes how posts are treated from now on.
func (tw *Twilio) SetMode(m TwilioMode) {
	tw.mu.Lock()
	defer tw.mu.Unlock()
	tw.mode = m
}

// Refuse makes the stand-in refuse that recipient with that error code from now
// on; code 0 accepts it again.
func (tw *Twilio) Refuse(to string, code int) {
	tw.mu.Lock()
	defer tw.mu.Unlock()
	tw.codes[to] = code
}

// SMS returns what was taken, oldest first.
func (tw *Twilio) SMS() []TwilioSMS {
	tw.mu.Lock()
	defer tw.mu.Unlock()
	return slices.Clone(tw.sms)
}

// Calls is how many requests there were, whatever became of them.
func (tw *Twilio) Calls() int {
	tw.mu.Lock()
	defer tw.mu.Unlock()
	return tw.calls
}

// ServeHTTP is the API.
func (tw *Twilio) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	_ = r.ParseForm() // before waiting: the server notices a caller's leaving only then
	tw.mu.Lock()
	tw.calls++
	mode := tw.mode
	tw.mu.Unlock()
	user, pass, _ := r.BasicAuth()
	switch {
	case user != tw.AccountSID || pass != tw.AuthToken:
		refuse(w, http.StatusUnauthorized, 20003, "Authenticate")
	case r.URL.Path != "/2010-04-01/Accounts/"+tw.AccountSID+"/Messages.json":
		refuse(w, http.StatusNotFound, 20404, "The requested resource was not found")
	case r.Method == http.MethodGet:
		tw.list(w, r.Form.Get("To"))
	case mode == Busy:
		w.Header().Set("Retry-After", "7")
		refuse(w, http.StatusTooManyRequests, 20429, "Too Many Requests")
	case mode == Broken:
		http.Error(w, "<h1>upstream is down</h1>", http.StatusServiceUnavailable)
	case mode == Silent:
		<-r.Context().Done()
	default:
		tw.take(w, r, mode)
	}
}

func refuse(w http.ResponseWriter, status, code int, text string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(map[string]any{
		"code": code, "message": text, "status": status,
		"more_info": fmt.Sprintf("https://www.twilio.com/docs/errors/%d", code),
	})
}

// take checks a post as the API does and keeps it.
func (tw *Twilio) take(w http.ResponseWriter, r *http.Request, mode TwilioMode) {
	f := r.PostForm
	to, from := f.Get("To"), f.Get("From")+f.Get("MessagingServiceSid")
	tw.mu.Lock()
	code := tw.codes[to]
	tw.mu.Unlock()
	if code != 0 {
		refuse(w, http.StatusBadRequest, code, "The 'To' number "+to+" is refused")
		return
	}
	switch {
	case to == "":
		refuse(w, http.StatusBadRequest, 21604, "A 'To' phone number is required.")
		return
	case from == "":
		refuse(w, http.StatusBadRequest, 21603, "A 'From' phone number is required.")
		return
	case f.Get("Body") == "":
		refuse(w, http.StatusBadRequest, 21602, "Message body is required.")
		return
	case len([]rune(f.Get("Body"))) > 1600:
		refuse(w, http.StatusBadRequest, 21617, "The concatenated message body exceeds the 1600 character limit.")
		return
	}
	tw.mu.Lock()
	sms := TwilioSMS{
		SID: fmt.Sprintf("SM%032x", len(tw.sms)+1), To: to, From: from, Body: f.Get("Body"), Status: "queued",
		Direction: "outbound-api", Created: tw.clock().UTC().Format(time.RFC1123Z), Form: f,
	}
	tw.sms = append(tw.sms, sms)
	tw.mu.Unlock()
	if mode == TakesSilent {
		<-r.Context().Done()
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(http.StatusCreated)
	_ = json.NewEncoder(w).Encode(sms)
}

// list answers the messages to that number, newest first.
func (tw *Twilio) list(w http.ResponseWriter, to string) {
	all := slices.DeleteFunc(tw.SMS(), func(s TwilioSMS) bool { return to != "" && s.To != to })
	slices.Reverse(all)
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(map[string]any{"messages": append([]TwilioSMS{}, all...), "page": 0})
}

// Report builds the request by which Twilio reports that status of that message
// to its StatusCallback, signed; errorCode may be empty.
func (tw *Twilio) Report(ctx context.Context, sms TwilioSMS, status, errorCode string) (*http.Request, error) {
	callback := sms.Form.Get("StatusCallback")
	form := url.Values{
		"MessageSid": {sms.SID}, "SmsSid": {sms.SID}, "MessageStatus": {status}, "SmsStatus": {status},
		"To": {sms.To}, "From": {sms.From}, "AccountSid": {tw.AccountSID}, "ApiVersion": {"2010-04-01"},
	}
	if errorCode != "" {
		form.Set("ErrorCode", errorCode)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, callback, strings.NewReader(form.Encode()))
	if err != nil {
		return nil, err
	}
	names := make([]string, 0, len(form))
	for n := range form {
		names = append(names, n)
	}
	slices.Sort(names)
	text := callback
	for _, n := range names {
		text += n + form.Get(n)
	}
	mac := hmac.New(sha1.New, []byte(tw.AuthToken))
	mac.Write([]byte(text))
	req.Header.Set("X-Twilio-Signature", base64.StdEncoding.EncodeToString(mac.Sum(nil)))
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return req, nil
}
