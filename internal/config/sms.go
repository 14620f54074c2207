package config

import (
	"encoding/base64"
	"slices"
	"strings"

	"github.com/sallyport/sallyport/internal/phone"
)

// SMS is where SMS may go, how many, and the carrier for every provider other
// than Twilio.
type SMS struct {
	Countries      []string // SMS_COUNTRIES: ISO 3166-1 alpha-2, in capitals; AnyCountry alone: no list
	Number         []Rate   // RATE_SMS_NUMBER: all of them hold
	IP             Rate     // RATE_SMS_IP
	Account        Rate     // RATE_SMS_ACCOUNT
	All            Rate     // RATE_SMS_ALL: the whole server; over it the breaker opens
	WebhookURL     string   // SMS_WEBHOOK_URL; empty: none
	WebhookSecrets []Secret // SMS_WEBHOOK_SECRET: whsec_…; each signs
}

// AnyCountry in SMS_COUNTRIES stands for every country.
const AnyCountry = "*"

// SendsSMS reports whether this run can send SMS: by Twilio, by the webhook, or
// in a local run to the dev inbox.
func (c Config) SendsSMS() bool { return c.hasSMSCarrier() || c.Local() }

func (c Config) hasSMSCarrier() bool { return c.Twilio.Configured() || c.SMS.WebhookURL != "" }

func (s *SMS) block() block {
	return block{
		title: "SMS",
		about: "Where SMS may go and how many. Codes by SMS can be intercepted, and every SMS costs money: an authenticator app or a passkey is safer and free.",
		settings: []Setting{
			{
				Name: "SMS_COUNTRIES", into: countries(&s.Countries),
				Help: "The countries whose numbers SMS may go to, as a comma list of two-letter codes (ISO 3166-1): US, CA, GB. " +
					"List the ones your users live in: fraudsters earn from SMS to far countries. * allows every country. A run that is not local and has a carrier needs it; a local run without it allows every country.",
			},
			{
				Name: "RATE_SMS_NUMBER", Default: "1/1m,5/1h,10/24h", into: rates(&s.Number),
				Help: "Codes to one phone number, as a comma list of which all hold.",
			},
			{Name: "RATE_SMS_IP", Default: "10/1h", into: rate(&s.IP), Help: "SMS codes asked for from one IP address."},
			{Name: "RATE_SMS_ACCOUNT", Default: "10/1h", into: rate(&s.Account), Help: "SMS codes asked for by one account."},
			{
				Name: "RATE_SMS_ALL", Default: "1000/24h", into: rate(&s.All),
				Help: "SMS codes of the whole server. When it is used up the breaker opens: no SMS code leaves for an hour, and the alarm sallyport_sms_breaker_open goes up.",
			},
			{
				Name: "SMS_WEBHOOK_URL", into: site(&s.WebhookURL, true),
				Help: "An address of yours that takes SMS as JSON, signed by the Standard Webhooks scheme, and hands them to any provider. In place of Twilio.",
			},
			{
				Name: "SMS_WEBHOOK_SECRET", Secret: true, into: webhookSecrets(&s.WebhookSecrets),
				Help: "What the requests to it are signed with: whsec_ and 24 to 64 random bytes in base64. More than one, comma-separated: each signs, so that the receiver can move to a new one.",
			},
		},
		derive: func(c *Config) {
			if len(c.SMS.Countries) == 0 && c.Local() {
				c.SMS.Countries = []string{AnyCountry}
			}
		},
		check: func(c *Config) []Problem { return c.SMS.check(c) },
	}
}

func (s *SMS) check(c *Config) []Problem {
	var ps []Problem
	add := func(name, what, mend string) { ps = append(ps, Problem{name, what, mend}) }
	if c.hasSMSCarrier() && len(s.Countries) == 0 {
		add("SMS_COUNTRIES", "it is missing, and this run sends SMS", "List the countries your users live in, such as US,CA; * allows every country")
	}
	if slices.Contains(s.Countries, AnyCountry) && len(s.Countries) > 1 {
		add("SMS_COUNTRIES", "it lists countries and * beside them", "Take out the *, or everything else")
	}
	switch {
	case s.WebhookURL == "" && len(s.WebhookSecrets) > 0:
		add("SMS_WEBHOOK_SECRET", "it is given without SMS_WEBHOOK_URL", "Give SMS_WEBHOOK_URL too, or take it out")
	case s.WebhookURL == "":
	case c.Twilio.Configured():
		add("SMS_WEBHOOK_URL", "TWILIO_ACCOUNT_SID is given too", "Choose one carrier and take the other out")
	case len(s.WebhookSecrets) == 0:
		add("SMS_WEBHOOK_SECRET", "it is missing", "Set it to whsec_ and what `openssl rand -base64 32` prints")
	}
	if s.WebhookURL != "" && !isHTTPS(s.WebhookURL) && !isLoopback(hostOf(s.WebhookURL)) {
		add("SMS_WEBHOOK_URL", "the codes would travel in the clear", "Use https://")
	}
	return ps
}

func countries(to *[]string) value {
	parse := func(s string) (string, *refusal) {
		if c := strings.ToUpper(s); c == AnyCountry || phone.Known(c) {
			return c, nil
		}
		return "", refuse(quoted(s)+" is not the code of a country", "Use two-letter codes such as US, CA, GB")
	}
	return unlessTwice(list(to, "comma list of two-letter country codes", parse, func(c string) string { return c }))
}

// rates binds a comma list of rates with at least one item.
func rates(to *[]Rate) value {
	parse := func(s string) (Rate, *refusal) {
		r, err := ParseRate(s)
		if err != nil {
			return Rate{}, refuse(quoted(s)+" is not a rate", `Write each as count/time, such as 10/1m: 1 to 1000000 tries in 1s to 24h`)
		}
		return r, nil
	}
	v := list(to, `comma list of rates such as "1/1m,5/1h"`, parse, Rate.String)
	set := v.set
	v.set = func(s string) *refusal {
		if len(items(s)) == 0 {
			return refuse("it is an empty list", "Give at least one rate, such as 5/1h")
		}
		return set(s)
	}
	return v
}

// The bounds of a webhook secret in bytes, as the Standard Webhooks scheme has
// them.
const (
	shortestWebhookSecret = 24
	longestWebhookSecret  = 64
)

func webhookSecrets(to *[]Secret) value {
	const mend = "Use whsec_ and what `openssl rand -base64 32` prints"
	parse := func(s string) (Secret, *refusal) {
		text, ok := strings.CutPrefix(s, "whsec_")
		if !ok {
			return Secret{}, refuse("it does not begin with whsec_", mend)
		}
		key, err := base64.StdEncoding.DecodeString(text)
		if err != nil {
			return Secret{}, refuse("what follows whsec_ is not base64", mend)
		}
		if len(key) < shortestWebhookSecret || len(key) > longestWebhookSecret {
			return Secret{}, refuse("it does not hold 24 to 64 bytes", mend)
		}
		return NewSecret(s), nil
	}
	return unlessTwice(list(to, "comma list of secrets", parse, Secret.String))
}
