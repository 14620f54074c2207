package app

import (
	"context"
	"encoding/hex"
	"os"

	"github.com/sallyport/sallyport/internal/account"
	"github.com/sallyport/sallyport/internal/audit"
	"github.com/sallyport/sallyport/internal/enrolment"
	"github.com/sallyport/sallyport/internal/factor"
	"github.com/sallyport/sallyport/internal/factor/backupcode"
	"github.com/sallyport/sallyport/internal/factor/password"
	"github.com/sallyport/sallyport/internal/factor/totp"
	"github.com/sallyport/sallyport/internal/message"
	"github.com/sallyport/sallyport/internal/session"
	"github.com/sallyport/sallyport/internal/signin"
	"github.com/sallyport/sallyport/internal/token"
)

// passwords joins the hasher and the policy for the rooms.
type passwords struct {
	*password.Hasher
	policy password.Policy
}

// Check refuses a new password that policy does not allow.
func (p passwords) Check(pw string, words ...string) error { return p.policy.Check(pw, words...) }

// Verify compares and makes a new hash where the old one is weaker than policy.
func (p passwords) Verify(ctx context.Context, encoded, pw string) (match bool, rehash string, err error) {
	v, err := p.Hasher.Verify(ctx, encoded, pw)
	if err == nil && v.Match && v.Rehash {
		rehash, err = p.Hash(ctx, pw)
	}
	return v.Match, rehash, err
}

// Match compares a backup code.
func (p passwords) Match(ctx context.Context, encoded, secret string) (bool, error) {
	v, err := p.Hasher.Verify(ctx, encoded, secret)
	return v.Match, err
}

func (a *App) openPasswords() (passwords, error) {
	c := a.cfg.Password
	h, err := password.New(password.Options{
		Params:     password.Params{MemoryKiB: c.Argon2.MemoryKiB, Time: c.Argon2.Time, Threads: c.Argon2.Parallelism},
		Concurrent: c.Argon2.Concurrent, Pepper: c.Peppers,
		Alarm: func(reason string) { a.log.Error("a stored password hash cannot be used", "reason", reason) },
	})
	if err != nil {
		return passwords{}, err
	}
	if err := a.metrics.Register(gateGauge{h}); err != nil {
		return passwords{}, err
	}
	p := passwords{h, password.Policy{MinLength: c.MinLength, Context: []string{a.cfg.App.Name}}}
	if c.BreachedFile != "" {
		f, err := os.Open(c.BreachedFile)
		if err != nil {
			return p, err
		}
		defer func() { _ = f.Close() }()
		if p.policy.Breached, err = password.LoadBreached(f); err != nil {
			return p, err
		}
	}
	return p, nil
}

// policy is what the settings say about signing in.
func (a *App) policy() signin.Policy {
	return signin.Policy{
		MFA:           signin.Requirement(a.cfg.MFA.Policy),
		VerifiedEmail: a.cfg.Account.EmailVerification == "required",
		Methods:       a.offered(),
		StepUpAge:     a.cfg.Session.StepUpMaxAge,
		FurtherFactor: a.cfg.WebAuthn.FurtherFactor,
	}
}

// openRooms wires accounts, sessions, sign-in and enrolment.
func (a *App) openRooms(context.Context) error {
	pw, err := a.openPasswords()
	if err != nil {
		return err
	}
	keys, err := a.openPasskeys()
	if err != nil {
		return err
	}
	nudge := a.outbox.Nudge
	a.Sessions = session.New(session.Parts{
		Store: a.Store, Signer: token.NewSigner(a.keys, a.clock), Revocations: a.revocations, Publisher: a.bus,
		Clock: a.clock, Log: a.log, Notifier: notices{nudge}, StillGood: a.policy().StillGood, Allow: a.allowRefresh,
		Settings: session.Settings{
			Issuer: a.cfg.App.PublicURL, Audience: a.cfg.Token.Audience, AccessLife: a.cfg.Token.AccessLife,
			Life: a.cfg.Session.Life, Idle: a.cfg.Session.Idle, Grace: a.cfg.Session.RefreshGrace, Skew: token.MaxSkew,
		},
	})
	a.Accounts = account.New(account.Parts{
		Store: a.Store, Passwords: pw, Sessions: a.Sessions, Clock: a.clock, Log: a.log, Links: a.links(),
		Lives: account.DefaultLives, OpenSignUp: a.cfg.Account.SignUp == "open", EmailOptional: !a.policy().VerifiedEmail, Nudge: nudge,
		UnknownSubject: a.unknownSubject,
	})
	apps := totp.Factor{Store: a.Store, Clock: a.clock, Back: a.cfg.MFA.TOTPSkewSteps}
	enrol := enrolment.Parts{
		Store: a.Store, Counters: a.Store, Sessions: a.Sessions, TOTP: apps, Policy: a.policy(), Curve: signin.DefaultCurve,
		Clock: a.clock, Issuer: a.cfg.App.Name, Nudge: nudge, MayText: a.mayText,
		NewCodes:     func(ctx context.Context) ([]string, []factor.BackupCode, error) { return backupcode.New(ctx, pw) },
		PasskeyStore: a.Store, RPID: a.cfg.WebAuthn.RPID, Providers: func() []string { return a.Providers.Registry.Names() },
	}
	if keys != nil {
		enrol.Ceremonies = keys
	}
	a.Enrolment = enrolment.New(enrol)
	sign := signin.Parts{
		Store: a.Store, Held: a.Enrolment, Addresses: a.Enrolment, Devices: a.Store,
		RememberFor: a.cfg.MFA.RememberDevice, Passwords: pw, Sessions: a.Sessions, Warner: notices{nudge}, Policy: a.policy(),
		Curve: signin.DefaultCurve, Clock: a.clock, Log: a.log, AttemptLife: attemptLife, Tries: a.cfg.MFA.ChallengeTries,
		UnknownSubject: a.unknownSubject, Factors: a.factors(apps, pw, keys),
	}
	if keys != nil {
		sign.Passkeys = keys
	}
	a.SignIn = signin.New(sign)
	return nil
}

// unknownSubject stands for the user of an address that has no account.
func (a *App) unknownSubject(canonical string) string {
	return signin.UnknownPrefix + hex.EncodeToString(a.keyring.MAC("unknown-subject", []byte(canonical))[:16])
}

func (a *App) allowRefresh(ctx context.Context, sessionID string) error {
	d, err := a.limiter.Take(ctx, a.rate("refresh_session", a.cfg.Limits.RefreshSession), sessionID)
	if err != nil {
		return err
	}
	return d.Err()
}

// links are the pages that mails lead to.
func (a *App) links() account.Links {
	page := func(path string) string { return a.cfg.App.FrontendURL + path }
	return account.Links{
		Verify: page("/verify-email"), Reset: page("/reset-password"), ConfirmEmail: page("/confirm-email"),
		UndoEmail: page("/undo-email"), Setup: page("/setup"), SignIn: page("/"),
	}
}

// notices builds the messages that tell users what happened to them.
type notices struct{ nudge func() }

func (n notices) TokenReused(h session.Holder) audit.Trail {
	defer n.nudge()
	return audit.Trail{Messages: []message.Outgoing{message.ToMail(message.TokenReused, h.ID, h.Email)}}
}

func (n notices) LoginAfterFails(u account.User) audit.Trail {
	defer n.nudge()
	return audit.Trail{Messages: []message.Outgoing{message.ToMail(message.LoginAfterFails, u.ID, u.Email)}}
}
