package app

import (
	"context"
	"net/url"
	"slices"
	"strings"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/sallyport/sallyport/internal/clock"
	"github.com/sallyport/sallyport/internal/config"
	"github.com/sallyport/sallyport/internal/factor"
	"github.com/sallyport/sallyport/internal/fault"
	"github.com/sallyport/sallyport/internal/provider"
	"github.com/sallyport/sallyport/internal/provider/github"
	"github.com/sallyport/sallyport/internal/provider/google"
	"github.com/sallyport/sallyport/internal/provider/microsoft"
	"github.com/sallyport/sallyport/internal/provider/oidc"
)

// Providers lists the providers that have a client id: a new kind is one entry
// here. It asks nothing of them yet.
func Providers(cfg config.Config, now clock.Clock) (provider.Registry, error) {
	o, client := cfg.OAuth, provider.NewClient(nil)
	var list []provider.Provider
	if c := o.Google; c.Configured() {
		list = append(list, google.New(google.Settings{
			Issuer: o.GoogleIssuer, ClientID: c.ID, ClientSecret: c.Secret.Reveal(), Scopes: o.GoogleScopes, MFA: o.MFA("google"), Client: client, Clock: now,
		}))
	}
	if c := o.Microsoft; c.Configured() {
		list = append(list, microsoft.New(microsoft.Settings{
			URL: o.MicrosoftURL, Tenant: o.MicrosoftTenant, Allowed: o.MicrosoftTenants, ClientID: c.ID, ClientSecret: c.Secret.Reveal(),
			Scopes: o.MicrosoftScopes, MFA: o.MFA("microsoft"), Client: client, Clock: now,
		}))
	}
	if c := o.GitHub; c.Configured() {
		list = append(list, github.New(github.Settings{
			URL: o.GitHubURL, APIURL: o.GitHubAPIURL, ClientID: c.ID, ClientSecret: c.Secret.Reveal(), Scopes: o.GitHubScopes, Client: client,
		}))
	}
	for _, p := range o.OIDC {
		about := provider.About{Name: p.Name, Title: p.Title, Icon: p.Icon}
		list = append(list, oidc.New(oidc.Settings{
			About: about, Issuer: p.Issuer, ClientID: p.Client.ID, ClientSecret: p.Client.Secret.Reveal(), Scopes: p.Scopes,
			EmailDomains: p.EmailDomains, MFA: o.MFA(p.Name), Client: client, Clock: now,
			OfflineScope: "offline_access", Offline: url.Values{"prompt": {"consent"}}, // OpenID Connect Core §11
		}))
	}
	return provider.NewRegistry(list...)
}

// targets splits the places a sign-in may lead to.
func targets(cfg config.Config) provider.Targets {
	t := provider.Targets{Base: cfg.App.FrontendURL}
	for _, s := range cfg.OAuth.ReturnTo {
		if strings.HasPrefix(s, "/") {
			t.Paths = append(t.Paths, s)
		} else {
			t.Apps = append(t.Apps, s)
		}
	}
	return t
}

// openProviders wires signing in with providers.
func (a *App) openProviders(context.Context) error {
	registry, err := Providers(a.cfg, a.clock)
	if err != nil {
		return err
	}
	steps := prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "sallyport_provider_steps_total", Help: "Steps of sign-ins with a provider, by provider, step and how it ended.",
	}, []string{"provider", "step", "outcome"})
	if err := a.metrics.Register(steps); err != nil {
		return err
	}
	a.Providers = provider.New(provider.Parts{
		Registry: registry, Store: a.Store, Sealer: a.keyring, Sessions: a.Sessions, Clock: a.clock, Log: a.log,
		Rules:   provider.Rules{SignUp: provider.SignUp(a.cfg.OAuth.SignUp), Domains: a.cfg.OAuth.SignUpDomains},
		Targets: targets(a.cfg), PublicURL: a.cfg.App.PublicURL, KeepTokens: a.cfg.OAuth.KeepTokens, VerifiedEmail: a.policy().VerifiedEmail,
		VerifyLink: a.Accounts.VerifyLink, SignInPage: a.links().SignIn, AllowMail: a.allowSignUpMail, Nudge: a.outbox.Nudge,
		HasPasskey: a.hasPasskey,
		Observe:    func(name, step, outcome string) { steps.WithLabelValues(name, step, outcome).Inc() },
	})
	return nil
}

// hasPasskey reports whether a user has a passkey that begins a sign-in: one that
// checks who uses it.
func (a *App) hasPasskey(ctx context.Context, userID string) (bool, error) {
	keys, err := a.Store.Passkeys(ctx, userID)
	return a.cfg.WebAuthn.Usable() && slices.ContainsFunc(keys, func(k factor.Passkey) bool { return k.UVInitialized }), err
}

// allowSignUpMail counts a mail to an address nobody has proved with those of
// forgotten passwords.
func (a *App) allowSignUpMail(ctx context.Context, canonical string) error {
	d, err := a.limiter.Take(ctx, a.rate("forgot_account", a.cfg.Limits.ForgotAccount), canonical)
	if err != nil {
		return fault.Because(fault.CodeUnavailable, err)
	}
	return d.Err()
}
