package config

import (
	"log/slog"
	"strings"
)

// Config is every setting of one run. It is a plain value: copy it freely.
// Printing it, logging it or encoding it shows no secret.
type Config struct {
	App      App
	HTTP     HTTP
	Log      Log
	Database Database
	Redis    Redis
	Security Security
	Secrets  Secrets
	Account  Account
	Password Password
	Token    Token
	Session  Session
	Limits   Limits
	MFA      MFA
	WebAuthn WebAuthn
	OAuth    OAuth
	SMTP     SMTP
	SMS      SMS
	Twilio   Twilio
	Gateway  Gateway
	Audit    Audit

	// Unknown names the variables of the env file that are no settings. They
	// change nothing; whoever starts the program warns about them.
	Unknown []string

	source map[string]Source // who gave each value; missing: the default
}

// block is one group of settings: the rows of the table, bound to the fields of
// the Config they were asked from.
type block struct {
	title    string
	about    string // one or two sentences for the reference
	settings []Setting
	derive   func(c *Config)           // nil: nothing follows from other settings
	check    func(c *Config) []Problem // nil: any accepted values go together
}

// blocks is the table of contents, in the order of the reference. Defaults are
// derived in this order too.
func (c *Config) blocks() []block {
	return []block{
		c.App.block(),
		c.HTTP.block(),
		c.Log.block(),
		c.Database.block(),
		c.Redis.block(),
		c.Security.block(),
		c.Secrets.block(),
		c.Account.block(),
		c.Password.block(),
		c.Token.block(),
		c.Session.block(),
		c.Limits.block(),
		c.MFA.block(),
		c.WebAuthn.block(),
		c.OAuth.block(),
		c.SMTP.block(),
		c.SMS.block(),
		c.Twilio.block(),
		c.Gateway.block(),
		c.Audit.block(),
	}
}

// Strict reports whether SECURITY_PROFILE is strict.
func (c Config) Strict() bool { return c.Security.Profile == ProfileStrict }

// String lists the settings in force, one NAME=value a line, secrets hidden.
func (c Config) String() string {
	var b strings.Builder
	for _, g := range c.Settings() {
		for _, s := range g.Settings {
			b.WriteString(s.Name + "=" + s.Value + "\n")
		}
	}
	return b.String()
}

// GoString is String, so that %#v shows no secret either.
func (c Config) GoString() string { return c.String() }

// LogValue gives the settings that differ from their defaults to slog, secrets
// hidden.
func (c Config) LogValue() slog.Value {
	var attrs []slog.Attr
	for _, g := range c.Settings() {
		for _, s := range g.Settings {
			if s.Source != FromDefault {
				attrs = append(attrs, slog.String(s.Name, s.Value))
			}
		}
	}
	return slog.GroupValue(attrs...)
}
