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

	"github.com/sallyport/sallyport/internal/app"
	"github.com/sallyport/sallyport/internal/clock"
	"github.com/sallyport/sallyport/internal/config"
	"github.com/sallyport/sallyport/internal/message/smtp"
)

type doctorCmd struct{}

// Help teaches.
func (doctorCmd) Help() string {
	return "Each line says ok, warn or FAIL, and what to do. The exit code is 1 when something fails. Run it with the same settings as the server."
}

// finding is one line of the doctor's report.
type finding struct {
	level, name, what, mend string
}

func ok(name, what string) finding                  { return finding{"ok", name, what, ""} }
func warn(name, what, mend string) finding          { return finding{"warn", name, what, mend} }
func fail(name string, err error, m string) finding { return finding{"FAIL", name, err.Error(), m} }

// checkLimit bounds each check that talks to somebody.
const checkLimit = 10 * time.Second

func (doctorCmd) Run(ctx context.Context, t terminal, s settings) error {
	cfg, err := s.load()
	var problems config.Problems
	if errors.As(err, &problems) {
		for _, p := range problems {
			printFinding(t, finding{"FAIL", "setting " + p.Name, p.What, p.Mend})
		}
		return errReported
	}
	if err != nil {
		return err
	}
	bad := false
	for _, check := range []func(context.Context, config.Config) finding{
		checkSettings, checkDatabase, checkClock, checkSMTP, checkTwilio, checkRPID, checkProxies,
	} {
		limited, cancel := context.WithTimeout(ctx, checkLimit)
		f := check(limited, cfg)
		cancel()
		printFinding(t, f)
		bad = bad || f.level == "FAIL"
	}
	if bad {
		return errReported
	}
	return nil
}

func printFinding(t terminal, f finding) {
	t.printf("%-4s  %-10s %s\n", f.level, f.name, f.what)
	if f.mend != "" {
		t.printf("      what to do: %s\n", f.mend)
	}
}

func checkSettings(_ context.Context, cfg config.Config) finding {
	if len(cfg.Unknown) > 0 {
		return warn("settings", "the env file sets variables that are no settings: "+strings.Join(cfg.Unknown, ", "), "compare them with docs/settings.md")
	}
	return ok("settings", "every value can be used")
}

func checkDatabase(ctx context.Context, cfg config.Config) finding {
	cfg.Database.AutoMigrate = false
	a, err := app.Open(ctx, cfg, app.Options{Version: version})
	if err != nil {
		return fail("database", err, "check DATABASE_URL, and that the server it names runs and lets you in")
	}
	defer func() { _ = a.Close() }()
	all, err := a.Store.Migrations(ctx)
	if err != nil {
		return fail("database", err, "check that the database user may read and write")
	}
	pending := 0
	for _, m := range all {
		if m.AppliedAt.IsZero() {
			pending++
		}
	}
	if pending > 0 {
		return warn("database", fmt.Sprintf("%s answers; %d migrations are pending", a.Store.Engine(), pending), "`sallyport serve` applies them, or run `sallyport migrate up`")
	}
	return ok("database", fmt.Sprintf("%s answers and is up to date", a.Store.Engine()))
}

// checkClock compares this machine's clock with the database's: codes of
// authenticator apps and tokens depend on it.
func checkClock(ctx context.Context, cfg config.Config) finding {
	cfg.Database.AutoMigrate = false
	a, err := app.Open(ctx, cfg, app.Options{Version: version})
	if err != nil {
		return warn("clock", "not compared: the database does not answer", "mend the database first")
	}
	defer func() { _ = a.Close() }()
	there, err := a.Store.Now(ctx)
	if err != nil {
		return warn("clock", "not compared: the database does not tell the time", "mend the database first")
	}
	off := clock.System().Sub(there).Abs()
	if off > 5*time.Second {
		return fail("clock", fmt.Errorf("this machine and the database differ by %v", off.Round(time.Second)), "run an NTP client on both; codes and tokens depend on the time")
	}
	return ok("clock", "within 5 s of the database's")
}

func checkSMTP(ctx context.Context, cfg config.Config) finding {
	m := cfg.SMTP
	if m.Server == "" {
		return warn("mail", "no SMTP_SERVER: mails go to the dev inbox", "set SMTP_SERVER before real people use this")
	}
	s, err := smtp.New(smtp.Settings{
		Host: m.Server, Port: m.Port, TLS: smtp.Protection(m.TLS), Username: m.Username, Password: m.Password.Reveal(), From: m.From, Clock: clock.System,
	})
	if err == nil {
		err = s.Check(ctx)
	}
	if err != nil {
		return fail("mail", err, "check SMTP_SERVER, SMTP_PORT, SMTP_TLS, SMTP_USERNAME and SMTP_PASSWORD")
	}
	return ok("mail", m.Server+" answers and lets us in")
}

func checkTwilio(ctx context.Context, cfg config.Config) finding {
	c := cfg.Twilio
	if c.AccountSID == "" {
		return ok("sms", "not set up")
	}
	const mend = "check TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN in the Twilio console"
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, c.BaseURL+"/2010-04-01/Accounts/"+url.PathEscape(c.AccountSID)+".json", nil)
	if err != nil {
		return fail("sms", err, mend)
	}
	req.SetBasicAuth(c.AccountSID, c.AuthToken.Reveal())
	res, err := (&http.Client{Timeout: checkLimit}).Do(req)
	if err != nil {
		return fail("sms", errors.New("no answer from Twilio"), "check TWILIO_BASE_URL and that this machine may connect to it")
	}
	defer func() { _ = res.Body.Close() }()
	var account struct {
		Status string `json:"status"`
	}
	if err := json.NewDecoder(io.LimitReader(res.Body, 1<<20)).Decode(&account); err != nil || res.StatusCode != http.StatusOK {
		return fail("sms", fmt.Errorf("the answer of Twilio was %d", res.StatusCode), mend)
	}
	if account.Status != "active" {
		return fail("sms", fmt.Errorf("the Twilio account is %s", account.Status), "open the Twilio console")
	}
	return ok("sms", "the Twilio account is active")
}

// checkRPID holds the passkey domain against the origins that use it (WA-05).
func checkRPID(_ context.Context, cfg config.Config) finding {
	id := cfg.WebAuthn.RPID
	for _, o := range append([]string{cfg.App.PublicURL, cfg.App.FrontendURL}, cfg.WebAuthn.Origins...) {
		u, err := url.Parse(o)
		if err != nil {
			return fail("passkeys", errors.New("an origin cannot be read"), "check WEBAUTHN_ORIGINS")
		}
		if h := u.Hostname(); h != id && !strings.HasSuffix(h, "."+id) {
			return fail("passkeys", fmt.Errorf("%s is not below the domain %s", o, id), "set WEBAUTHN_RP_ID to a domain that all origins share")
		}
	}
	return ok("passkeys", "domain "+id+" fits every origin")
}

func checkProxies(_ context.Context, cfg config.Config) finding {
	if !cfg.Local() && len(cfg.HTTP.TrustedProxies) == 0 {
		return warn("proxies", "no TRUSTED_PROXIES: behind a proxy every client would share one address and its limits", "set TRUSTED_PROXIES to the addresses of your reverse proxy")
	}
	if cfg.Local() && len(cfg.HTTP.TrustedProxies) > 0 {
		return warn("proxies", "TRUSTED_PROXIES is set on a local run", "leave it empty unless a proxy stands in front")
	}
	return ok("proxies", fmt.Sprintf("%d trusted", len(cfg.HTTP.TrustedProxies)))
}
