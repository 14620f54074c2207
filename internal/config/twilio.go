package config

import "regexp"

// TwilioAPI is where Twilio's API is.
const TwilioAPI = "https://api.twilio.com"

// Twilio is how SMS leave.
type Twilio struct {
	AccountSID          string // TWILIO_ACCOUNT_SID; empty: no SMS
	AuthToken           Secret // TWILIO_AUTH_TOKEN
	PhoneNumber         string // TWILIO_PHONE_NUMBER: E.164; this or MessagingServiceSID
	MessagingServiceSID string // TWILIO_MESSAGING_SERVICE_SID
	BaseURL             string // TWILIO_BASE_URL: no trailing slash
}

// Configured reports whether SMS can be sent.
func (t Twilio) Configured() bool { return t.AccountSID != "" }

func (t *Twilio) block() block {
	return block{
		title: "SMS with Twilio",
		about: "How SMS leave. Without TWILIO_ACCOUNT_SID and SMS_WEBHOOK_URL a local run delivers to the dev inbox, and any other run offers no SMS.",
		settings: []Setting{
			{Name: "TWILIO_ACCOUNT_SID", into: text(&t.AccountSID), Help: "The account, AC and 32 hex digits."},
			{Name: "TWILIO_AUTH_TOKEN", Secret: true, into: secret(&t.AuthToken), Help: "Its auth token."},
			{Name: "TWILIO_PHONE_NUMBER", into: text(&t.PhoneNumber), Help: "The number SMS come from, in E.164: +15005550006. This or TWILIO_MESSAGING_SERVICE_SID."},
			{Name: "TWILIO_MESSAGING_SERVICE_SID", into: text(&t.MessagingServiceSID), Help: "The messaging service that picks the number, MG and 32 hex digits."},
			{Name: "TWILIO_BASE_URL", Default: TwilioAPI, into: site(&t.BaseURL, true), Help: "Where the API is; another address is for tests and proxies."},
		},
		check: func(c *Config) []Problem { return c.Twilio.check(c) },
	}
}

var (
	accountSID = regexp.MustCompile(`^AC[0-9a-fA-F]{32}$`)
	serviceSID = regexp.MustCompile(`^MG[0-9a-fA-F]{32}$`)
	e164       = regexp.MustCompile(`^\+[1-9][0-9]{6,14}$`)
)

func (t *Twilio) check(c *Config) []Problem {
	var ps []Problem
	add := func(name, what, mend string) { ps = append(ps, Problem{name, what, mend}) }
	if !t.Configured() {
		for _, name := range []string{"TWILIO_AUTH_TOKEN", "TWILIO_PHONE_NUMBER", "TWILIO_MESSAGING_SERVICE_SID"} {
			if c.Given(name) {
				add(name, "it is given without TWILIO_ACCOUNT_SID", "Give TWILIO_ACCOUNT_SID too, or take it out")
			}
		}
		return ps
	}
	if !accountSID.MatchString(t.AccountSID) {
		add("TWILIO_ACCOUNT_SID", "it is not an account SID", "Copy it from the Twilio console: AC and 32 hex digits")
	}
	if t.AuthToken.Empty() {
		add("TWILIO_AUTH_TOKEN", "it is missing", "Copy it from the Twilio console")
	}
	if (t.PhoneNumber == "") == (t.MessagingServiceSID == "") {
		add("TWILIO_PHONE_NUMBER", "exactly one of TWILIO_PHONE_NUMBER and TWILIO_MESSAGING_SERVICE_SID is needed", "Give the one that SMS are to come from")
	}
	if t.PhoneNumber != "" && !e164.MatchString(t.PhoneNumber) {
		add("TWILIO_PHONE_NUMBER", "it is not a number in E.164", "Write it like +15005550006: no blanks, no brackets")
	}
	if t.MessagingServiceSID != "" && !serviceSID.MatchString(t.MessagingServiceSID) {
		add("TWILIO_MESSAGING_SERVICE_SID", "it is not a messaging service SID", "Copy it from the Twilio console: MG and 32 hex digits")
	}
	if !isHTTPS(t.BaseURL) && !isLoopback(hostOf(t.BaseURL)) {
		add("TWILIO_BASE_URL", "the auth token would travel in the clear", "Use https://")
	}
	return ps
}
