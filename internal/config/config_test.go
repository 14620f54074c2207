package config_test

import (
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/sallyport/sallyport/internal/config"
)

// goodKey is 32 bytes in base64 that are as good as random.
const goodKey = "n4bQgYhMfWWaL+qgxVrQFaO/TxsrC4Is0V1sFbDwCgg="

// remote is the least a run that is not local needs.
func remote(more ...string) []string {
	return append([]string{
		"PUBLIC_URL=https://auth.example.org",
		"SMTP_SERVER=mail.example.org",
		"SECRET_KEY=" + goodKey,
	}, more...)
}

func load(t *testing.T, environ ...string) config.Config {
	t.Helper()
	c, err := config.Load(environ, "")
	if err != nil {
		t.Fatalf("Load(%q): got %v, want no problem", environ, err)
	}
	return c
}

// problems loads settings that are expected to be refused.
func problems(t *testing.T, environ ...string) config.Problems {
	t.Helper()
	_, err := config.Load(environ, "")
	var ps config.Problems
	if err != nil && !errors.As(err, &ps) {
		t.Fatalf("Load: got error %T, want config.Problems", err)
	}
	return ps
}

func names(ps config.Problems) []string {
	var out []string
	for _, p := range ps {
		out = append(out, p.Name)
	}
	return out
}

// envFile writes a file of settings and returns its path.
func envFile(t *testing.T, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), ".env.auth")
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestDefaults(t *testing.T) {
	c := load(t)
	for _, tc := range []struct {
		name      string
		got, want any
	}{
		{"public URL", c.App.PublicURL, "http://localhost:8000"},
		{"frontend follows the public URL", c.App.FrontendURL, "http://localhost:8000"},
		{"a local run listens on loopback", c.HTTP.ListenAddr, "127.0.0.1:8000"},
		{"a local run logs text", c.Log.Format, config.LogText},
		{"RL-08 no proxy is trusted", len(c.HTTP.TrustedProxies), 0},
		{"RL-07 IPv6 clients are /64", c.HTTP.IPv6Prefix, 64},
		{"PW-01 password length", c.Password.MinLength, 15},
		{"PW-06 argon2 memory", c.Password.Argon2.MemoryKiB, uint32(19456)},
		{"PW-06 argon2 passes", c.Password.Argon2.Time, uint32(2)},
		{"TO-03 one earlier step", c.MFA.TOTPSkewSteps, 1},
		{"TK-04 access token life", c.Token.AccessLife, 10 * time.Minute},
		{"TK-09 session life", c.Session.Life, 30 * 24 * time.Hour},
		{"TK-09 session idle", c.Session.Idle, 7 * 24 * time.Hour},
		{"RL-13 sign-in by address", c.Limits.LoginIP, config.Rate{N: 10, Per: time.Minute}},
		{"RL-13 sign-in by account", c.Limits.LoginAccount, config.Rate{N: 5, Per: time.Minute}},
		{"RL-13 sign-up", c.Limits.RegisterIP, config.Rate{N: 5, Per: time.Hour}},
		{"RL-13 forgot by account", c.Limits.ForgotAccount, config.Rate{N: 3, Per: time.Hour}},
		{"RL-13 forgot by address", c.Limits.ForgotIP, config.Rate{N: 10, Per: time.Hour}},
		{"RL-13 refresh", c.Limits.RefreshSession, config.Rate{N: 30, Per: time.Minute}},
		{"RL-13 tries of a challenge", c.MFA.ChallengeTries, 5},
		{"WS-03 time to show a token", c.Gateway.AuthTimeout, 5 * time.Second},
		{"WS-06 largest message", c.Gateway.MessageMaxBytes, 64 << 10},
		{"WS-07 queue", c.Gateway.QueueBytes, 256 << 10},
		{"RP ID is the public host", c.WebAuthn.RPID, "localhost"},
		{"the dev inbox takes mail", c.DevInbox(), true},
		{"the data folder", c.DataDir(), "data"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if !reflect.DeepEqual(tc.got, tc.want) {
				t.Errorf("got %v, want %v", tc.got, tc.want)
			}
		})
	}
}

func TestPrecedence(t *testing.T) {
	path := envFile(t, "APP_NAME=File\nLOG_LEVEL=debug\nLOCALE=de\n")
	c, err := config.Load([]string{"APP_NAME=Environment", "LOCALE="}, path)
	if err != nil {
		t.Fatal(err)
	}
	if c.App.Name != "Environment" {
		t.Errorf("environment over file: got %q, want Environment", c.App.Name)
	}
	if c.Log.Level != config.LogDebug {
		t.Errorf("file over default: got %q, want debug", c.Log.Level)
	}
	if c.App.Locale != "de" {
		t.Errorf("an empty variable gives nothing: got %q, want the file's de", c.App.Locale)
	}
	want := map[string]config.Source{"APP_NAME": config.FromEnvironment, "LOG_LEVEL": config.FromFile, "SIGNUP": config.FromDefault}
	for _, g := range c.Settings() {
		for _, s := range g.Settings {
			if src, ok := want[s.Name]; ok && s.Source != src {
				t.Errorf("source of %s: got %s, want %s", s.Name, s.Source, src)
			}
		}
	}
}

func TestForms(t *testing.T) {
	for _, tc := range []struct{ name, give, show string }{
		{"blanks around are dropped", "APP_NAME=  Acme ", "Acme"},
		{"an empty METRICS_ADDR is off", "METRICS_ADDR=", "off"},
		{"the word off is off", "METRICS_ADDR=Off", "off"},
		{"days", "SESSION_LIFE=20d", "480h"},
		{"a choice in capitals", "TOKEN_ALG=eddsa", "EdDSA"},
		{"a slash at the end goes", "FRONTEND_URL=http://localhost:3000/app/", "http://localhost:3000/app"},
		{"a host in capitals", "PUBLIC_URL=HTTP://LocalHost:8000", "http://localhost:8000"},
		{"a default port goes", "CORS_ORIGINS=https://a.example.org:443, http://b.example.org:80", "https://a.example.org, http://b.example.org"},
		{"an IPv6 host", "PUBLIC_URL=http://[::1]:8000", "http://[::1]:8000"},
		{"a bare proxy address", "TRUSTED_PROXIES=10.1.2.3, 2001:db8::1/32", "10.1.2.3/32, 2001:db8::/32"},
		{"RL-07 a mapped proxy address", "TRUSTED_PROXIES=::ffff:10.1.2.3", "10.1.2.3/32"},
		{"a rate without its one", "RATE_LOGIN_IP=7/s", "7/1s"},
		{"yes is true", "AUTO_MIGRATE=yes", "true"},
		{"any port, for tests", "LISTEN_ADDR=127.0.0.1:0", "127.0.0.1:0"},
		{"the password of a database is not shown", "DATABASE_URL=postgres://u:hunter2@db/x?sslpassword=hunter2", "postgres://u:hidden@db/x?sslpassword=hidden"},
		{"the password of Redis is not shown", "REDIS_URL=rediss://:hunter2@r:6379/0", "rediss://:hidden@r:6379/0"},
		{"a secret is not shown", "SECRET_KEY=" + goodKey, "(hidden)"},
		{"a SQLite file as a URL", "DATABASE_URL=sqlite:///var/lib/s/x.db", "sqlite:/var/lib/s/x.db"},
		{"a SQLite file", "DATABASE_URL=sqlite:/var/lib/s/x.db", "sqlite:/var/lib/s/x.db"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			c := load(t, tc.give)
			name, _, _ := strings.Cut(tc.give, "=")
			if got := shown(c, name); got != tc.show {
				t.Errorf("%s: got %q, want %q", tc.give, got, tc.show)
			}
		})
	}
}

// shown returns the value in force as the listing shows it.
func shown(c config.Config, name string) string {
	for _, g := range c.Settings() {
		for _, s := range g.Settings {
			if s.Name == name {
				return s.Value
			}
		}
	}
	return "no such setting"
}

func TestEveryFieldHasOneSetting(t *testing.T) {
	var c config.Config
	rows := 0
	seen := map[string]bool{}
	for _, g := range c.Settings() {
		for _, s := range g.Settings {
			rows++
			if seen[s.Name] {
				t.Errorf("%s stands in the table twice", s.Name)
			}
			seen[s.Name] = true
			if !strings.HasSuffix(s.Help, ".") || s.Form() == "" {
				t.Errorf("%s: help %q and form %q must say something, in whole sentences", s.Name, s.Help, s.Form())
			}
		}
	}
	fields := 0
	for _, f := range reflect.VisibleFields(reflect.TypeFor[config.Config]()) {
		if f.IsExported() && f.Type.Kind() == reflect.Struct {
			fields += leaves(f.Type)
		}
	}
	if rows != fields {
		t.Errorf("settings: got %d rows for %d fields, want one each", rows, fields)
	}
}

// leaves counts the fields a block is made of.
func leaves(t reflect.Type) int {
	n := 0
	for _, f := range reflect.VisibleFields(t) {
		if f.Type == reflect.TypeFor[config.Argon2]() || f.Type == reflect.TypeFor[config.Client]() {
			n += leaves(f.Type)
			continue
		}
		n++
	}
	return n
}

func TestDevInbox(t *testing.T) {
	twilio := []string{"TWILIO_ACCOUNT_SID=AC" + strings.Repeat("0", 32), "TWILIO_AUTH_TOKEN=t", "TWILIO_PHONE_NUMBER=+15005550006"}
	for _, tc := range []struct {
		name    string
		environ []string
		want    bool
	}{
		{"local, no carriers", nil, true},
		{"local, mail only", []string{"SMTP_SERVER=localhost"}, true},
		{"local, both carriers", append([]string{"SMTP_SERVER=localhost"}, twilio...), false},
		{"not local", remote(), false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if got := load(t, tc.environ...).DevInbox(); got != tc.want {
				t.Errorf("DevInbox: got %v, want %v", got, tc.want)
			}
		})
	}
}

func TestSMS(t *testing.T) {
	webhook := []string{"SMS_WEBHOOK_URL=https://sms.example.org/in", "SMS_WEBHOOK_SECRET=whsec_" + goodKey, "SMS_COUNTRIES=us, GB"}
	for _, tc := range []struct {
		name      string
		environ   []string
		offers    bool
		countries string
	}{
		{"a local run without carrier", nil, true, "*"},
		{"OT-06 a local run with a list", []string{"SMS_COUNTRIES=DE"}, true, "DE"},
		{"no carrier", remote(), false, ""},
		{"a webhook", remote(webhook...), true, "US, GB"},
		{"switched off", remote(append(webhook, "MFA_SMS=off")...), false, "US, GB"},
		{"the strict profile", []string{"SECURITY_PROFILE=strict"}, false, "*"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			c := load(t, tc.environ...)
			if c.OffersSMS() != tc.offers || shown(c, "SMS_COUNTRIES") != tc.countries {
				t.Errorf("got %v and %q, want %v and %q", c.OffersSMS(), shown(c, "SMS_COUNTRIES"), tc.offers, tc.countries)
			}
		})
	}
	if got := shown(load(t, "RATE_SMS_NUMBER=2/m, 7/1h"), "RATE_SMS_NUMBER"); got != "2/1m, 7/1h" {
		t.Errorf("RATE_SMS_NUMBER: got %q, want 2/1m, 7/1h", got)
	}
}

func TestLocal(t *testing.T) {
	for _, tc := range []struct {
		url  string
		want bool
	}{
		{"http://localhost:8000", true},
		{"http://auth.localhost", true},
		{"http://127.0.0.1", true},
		{"http://127.9.9.9:1", true},
		{"http://[::1]:8000", true},
		{"https://localhost.example.org", false},
		{"https://notlocalhost", false},
		{"https://10.0.0.1", false},
		{"https://128.0.0.1", false},
	} {
		t.Run(tc.url, func(t *testing.T) {
			c, _ := config.Load(append(remote(), "PUBLIC_URL="+tc.url), "")
			if got := c.Local(); got != tc.want {
				t.Errorf("Local: got %v, want %v", got, tc.want)
			}
		})
	}
}

func TestNonLocalListensEverywhere(t *testing.T) {
	c := load(t, remote()...)
	if c.HTTP.ListenAddr != ":8000" || c.Log.Format != config.LogJSON {
		t.Errorf("got %s and %s, want :8000 and json", c.HTTP.ListenAddr, c.Log.Format)
	}
	if got, want := c.SMTP.From, `"Sallyport" <no-reply@auth.example.org>`; got != want {
		t.Errorf("sender: got %s, want %s", got, want)
	}
	c = load(t, "LISTEN_ADDR=:8000")
	if c.HTTP.ListenAddr != ":8000" {
		t.Errorf("a local run that asks for it: got %s, want :8000", c.HTTP.ListenAddr)
	}
}

func TestValidateAfterChange(t *testing.T) {
	c := load(t, remote()...)
	if err := c.Validate(); err != nil {
		t.Fatalf("Validate: got %v, want no problem", err)
	}
	c.Secrets.Keys, c.SMTP.Server = nil, ""
	var ps config.Problems
	if err := c.Validate(); !errors.As(err, &ps) || !slices.Equal(names(ps), []string{"SECRET_KEY", "SMTP_SERVER"}) {
		t.Errorf("Validate: got %v, want problems with SECRET_KEY and SMTP_SERVER", err)
	}
}
