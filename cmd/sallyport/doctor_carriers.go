package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/sallyport/sallyport/internal/message"
	"github.com/sallyport/sallyport/internal/message/smtp"
)

// mail connects to the mail server and signs in; it sends nothing.
func (d *doctor) mail(ctx context.Context) []check {
	c := d.cfg.SMTP
	if !c.Configured() {
		return []check{fine("mail", "goes to the dev inbox, on the terminal and at "+d.cfg.App.PublicURL+"/dev/inbox")}
	}
	sender, err := smtp.New(smtp.Settings{
		Host: c.Server, Port: c.Port, TLS: smtp.Protection(c.TLS),
		Username: c.Username, Password: c.Password.Reveal(), From: c.From, Clock: d.now,
	})
	if err == nil {
		err = sender.Check(ctx)
	}
	if err == nil {
		return []check{fine("mail", fmt.Sprintf("%s:%d answers (%s), sender %s", c.Server, c.Port, c.TLS, c.From))}
	}
	mend := "Check SMTP_SERVER, SMTP_PORT and SMTP_TLS, and that nothing between blocks the port"
	if f, ok := errors.AsType[*message.Failure](err); ok && f.Code == "smtp_auth" {
		mend = "Check SMTP_USERNAME and SMTP_PASSWORD; many providers want a password made for this use"
	}
	return []check{failed("mail", fmt.Sprintf("%s:%d: %s", c.Server, c.Port, message.OneLine(err.Error(), 200)), mend)}
}

// maxAnswer is how much of an answer over HTTP is read, in bytes.
const maxAnswer = 1 << 20

// sms asks Twilio about the account; it sends nothing. A webhook of the
// operator's own cannot be asked without a message.
func (d *doctor) sms(ctx context.Context) []check {
	switch {
	case d.cfg.Twilio.Configured():
		return d.twilio(ctx)
	case d.cfg.SMS.WebhookURL != "":
		return []check{fine("sms", "goes to the webhook at "+hostOf(d.cfg.SMS.WebhookURL)+", which is not asked")}
	case d.cfg.DevInbox():
		return []check{fine("sms", "goes to the dev inbox")}
	default:
		return []check{fine("sms", "not offered: neither TWILIO_ACCOUNT_SID nor SMS_WEBHOOK_URL is set")}
	}
}

func (d *doctor) twilio(ctx context.Context) []check {
	t := d.cfg.Twilio
	address := t.BaseURL + "/2010-04-01/Accounts/" + url.PathEscape(t.AccountSID) + ".json"
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return []check{failed("sms", "TWILIO_BASE_URL cannot be used", "Leave it out to use api.twilio.com")}
	}
	req.SetBasicAuth(t.AccountSID, t.AuthToken.Reveal())
	client := &http.Client{
		Timeout:       patience,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	before := d.now()
	answer, err := client.Do(req)
	if err != nil {
		return []check{failed("sms", "Twilio cannot be reached: "+message.OneLine(err.Error(), 200), "Check the way out to "+hostOf(t.BaseURL)+", or TWILIO_BASE_URL")}
	}
	defer func() { _ = answer.Body.Close() }()
	if at, err := http.ParseTime(answer.Header.Get("Date")); err == nil {
		d.see("Twilio", at, before, time.Second)
	}
	return []check{twilioVerdict(answer)}
}

func twilioVerdict(answer *http.Response) check {
	var account struct {
		Status string `json:"status"`
	}
	switch {
	case answer.StatusCode == http.StatusUnauthorized, answer.StatusCode == http.StatusForbidden, answer.StatusCode == http.StatusNotFound:
		return failed("sms", "Twilio does not accept the account", "Check TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN")
	case answer.StatusCode != http.StatusOK:
		return failed("sms", fmt.Sprintf("Twilio answers %d", answer.StatusCode), "Try again later, or check TWILIO_BASE_URL")
	case json.NewDecoder(io.LimitReader(answer.Body, maxAnswer)).Decode(&account) != nil:
		return failed("sms", "the answer is not Twilio's", "Check TWILIO_BASE_URL")
	case account.Status != "active":
		return failed("sms", "the Twilio account is "+strings.ToLower(account.Status), "See the Twilio console")
	}
	return fine("sms", "Twilio accepts the account")
}

func hostOf(site string) string {
	u, err := url.Parse(site)
	if err != nil {
		return site
	}
	return u.Host
}
