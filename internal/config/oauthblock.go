package config

import (
	"slices"
	"strings"
)

func (o *OAuth) block() block {
	settings := slices.Concat(o.policySettings(), o.knownSettings(), []Setting{{
		Name: "OIDC_PROVIDERS", into: o.names(),
		Help: "Names of further OpenID Connect providers, such as corp. Each brings the settings below with its name in capitals and a hyphen as an underscore: OIDC_CORP_ISSUER. The name stands in the redirect address and in the database, so keep it.",
	}})
	for i := range o.OIDC {
		settings = append(settings, o.OIDC[i].settings()...)
	}
	return block{
		title:    "Sign-in with a provider",
		about:    "Which providers people can sign in with: those that have a client id. Register PUBLIC_URL/api/v1/oauth/NAME/callback with the provider as the redirect address, where NAME is google, microsoft, github or a name from OIDC_PROVIDERS. docs/oauth.md has the steps for each.",
		settings: settings,
		derive: func(c *Config) {
			c.OAuth.MicrosoftTenant = strings.ToLower(c.OAuth.MicrosoftTenant)
			for i := range c.OAuth.OIDC {
				if p := &c.OAuth.OIDC[i]; p.Title == "" {
					p.Title = p.Name
				}
			}
			if !c.Given("OAUTH_SIGNUP") && c.Account.SignUp == SignUpOff {
				c.OAuth.SignUp = ProviderSignUpOff
			}
		},
		check: func(c *Config) []Problem { return c.OAuth.check(c) },
	}
}

func (o *OAuth) policySettings() []Setting {
	return []Setting{
		{
			Name: "OAUTH_SIGNUP", Default: "open", Derived: "off where SIGNUP is off", into: choice(&o.SignUp, ProviderSignUpOpen, ProviderSignUpDomains, ProviderSignUpOff),
			Help: "Who gets an account by a first sign-in. open: anybody. domains: whoever has an e-mail address of OAUTH_SIGNUP_DOMAINS that the provider has verified. off: nobody; users link a provider to the account they have.",
		},
		{
			Name: "OAUTH_SIGNUP_DOMAINS", into: domains(&o.SignUpDomains),
			Help: "The domains for OAUTH_SIGNUP=domains. A domain under one of them is not among them.",
		},
		{
			Name: "OAUTH_RETURN_TO", Default: "/*", into: list(&o.ReturnTo, "comma list of paths and app addresses", target, func(s string) string { return s }),
			Help: "Where a sign-in may lead: paths of FRONTEND_URL (/welcome, or /app/* for everything below /app), and addresses of native apps as they stand (com.example.app:/signed-in). Anything else leads to the first page.",
		},
		{
			Name: "OAUTH_KEEP_TOKENS", Default: "false", into: flag(&o.KeepTokens),
			Help: "Whether to keep the providers' own tokens, sealed, for your backends to call the providers with (POST /api/v1/oauth/token). Google and Microsoft are asked for a refresh token then.",
		},
		{
			Name: "OAUTH_TRUST_MFA", into: words(&o.TrustMFA, "comma list of names", trustedMFA, "corp or corp=urn:example:mfa"),
			Help: "Providers whose own second factor counts here: by the value mfa in their amr claim, or, written name=value, by that value of acr. Without an entry a provider sign-in is one factor.",
		},
	}
}

func (o *OAuth) knownSettings() []Setting {
	return []Setting{
		{Name: "GOOGLE_CLIENT_ID", into: text(&o.Google.ID), Help: "The OAuth client of Google. Giving it offers Google."},
		{Name: "GOOGLE_CLIENT_SECRET", Secret: true, into: secret(&o.Google.Secret), Help: "Its secret."},
		{Name: "GOOGLE_ISSUER", Default: "https://accounts.google.com", into: site(&o.GoogleIssuer, true), Help: "Another address is for tests."},
		{Name: "GOOGLE_SCOPES", into: words(&o.GoogleScopes, "comma list of scopes", scopeName, "https://www.googleapis.com/auth/calendar.readonly"), Help: "Scopes to ask Google for beyond openid, email and profile."},
		{Name: "MICROSOFT_CLIENT_ID", into: text(&o.Microsoft.ID), Help: "The application id in Microsoft Entra. Giving it offers Microsoft."},
		{Name: "MICROSOFT_CLIENT_SECRET", Secret: true, into: secret(&o.Microsoft.Secret), Help: "A client secret of the application: its value, not its id."},
		{Name: "MICROSOFT_TENANT_ID", Default: "common", into: text(&o.MicrosoftTenant), Help: "Who may sign in: the id of one directory; organizations for work and school accounts of any directory; consumers for personal accounts; common for all of them."},
		{Name: "MICROSOFT_ALLOWED_TENANTS", into: words(&o.MicrosoftTenants, "comma list of directory ids", tenantID, "72f988bf-86f1-41af-91ab-2d7cd011db47"), Help: "With common or organizations, the directories whose accounts may sign in; without it, those of every directory."},
		{Name: "MICROSOFT_URL", Default: "https://login.microsoftonline.com", into: site(&o.MicrosoftURL, true), Help: "The authority, where it is that of a national cloud. Another address is for tests."},
		{Name: "MICROSOFT_SCOPES", into: words(&o.MicrosoftScopes, "comma list of scopes", scopeName, "Calendars.Read"), Help: "Scopes to ask Microsoft for beyond openid, email and profile."},
		{Name: "GITHUB_CLIENT_ID", into: text(&o.GitHub.ID), Help: "The OAuth app at GitHub. Giving it offers GitHub."},
		{Name: "GITHUB_CLIENT_SECRET", Secret: true, into: secret(&o.GitHub.Secret), Help: "Its secret."},
		{Name: "GITHUB_URL", Default: "https://github.com", into: site(&o.GitHubURL, true), Help: "Where GitHub is; for GitHub Enterprise Server its own address."},
		{Name: "GITHUB_API_URL", Default: "https://api.github.com", into: site(&o.GitHubAPIURL, true), Help: "Where its API is; for GitHub Enterprise Server its address and /api/v3."},
		{Name: "GITHUB_SCOPES", into: words(&o.GitHubScopes, "comma list of scopes", scopeName, "repo"), Help: "Scopes to ask GitHub for beyond read:user and user:email."},
	}
}

// settings are those of one provider of OIDC_PROVIDERS.
func (p *OIDC) settings() []Setting {
	name := p.prefix()
	return []Setting{
		{Name: name + "ISSUER", into: text(&p.Issuer), Help: "The issuer, exactly as the provider's metadata name it, a slash at the end included. The metadata are read below it at /.well-known/openid-configuration."},
		{Name: name + "CLIENT_ID", into: text(&p.Client.ID), Help: "The client that was registered with the provider."},
		{Name: name + "CLIENT_SECRET", Secret: true, into: secret(&p.Client.Secret), Help: "Its secret."},
		{Name: name + "DISPLAY_NAME", Derived: "the name", into: text(&p.Title), Help: "What stands on the button."},
		{Name: name + "ICON", into: site(&p.Icon, true), Help: "The address of an image for the button."},
		{Name: name + "SCOPES", into: words(&p.Scopes, "comma list of scopes", scopeName, "groups"), Help: "Scopes to ask for beyond openid, email and profile."},
		{Name: name + "EMAIL_DOMAINS", into: domains(&p.EmailDomains), Help: "The domains whose mailboxes this provider's organisation runs. Only for them does an identity link by itself to the account that has its verified address."},
	}
}

func (o *OAuth) check(c *Config) []Problem {
	var ps []Problem
	add := func(name, what, mend string) { ps = append(ps, Problem{name, what, mend}) }
	client := func(prefix string, cl Client) {
		if cl.Configured() == cl.Secret.Empty() {
			add(prefix+"CLIENT_SECRET", "the client id and its secret do not come together", "Give both, or neither")
		}
	}
	address := func(name, value string) {
		if value != "" && !isHTTPS(value) && !isLoopback(hostOf(value)) {
			add(name, "the client secret would travel in the clear", "Use https://")
		}
	}
	client("GOOGLE_", o.Google)
	client("MICROSOFT_", o.Microsoft)
	client("GITHUB_", o.GitHub)
	address("GOOGLE_ISSUER", o.GoogleIssuer)
	address("MICROSOFT_URL", o.MicrosoftURL)
	address("GITHUB_URL", o.GitHubURL)
	address("GITHUB_API_URL", o.GitHubAPIURL)
	if !slices.Contains([]string{"common", "organizations", "consumers"}, o.MicrosoftTenant) && !tenantID.MatchString(o.MicrosoftTenant) {
		add("MICROSOFT_TENANT_ID", quoted(o.MicrosoftTenant)+" is neither a directory id nor one of the three words", "Give the directory (tenant) id from Microsoft Entra, or common, organizations or consumers")
	}
	if tenantID.MatchString(o.MicrosoftTenant) && len(o.MicrosoftTenants) > 0 {
		add("MICROSOFT_ALLOWED_TENANTS", "MICROSOFT_TENANT_ID names the only directory already", "Take one of the two out")
	}
	for _, p := range o.OIDC {
		client(p.prefix(), p.Client)
		if !p.Client.Configured() {
			add(p.prefix()+"CLIENT_ID", "it is missing", "Give the client id that the provider issued, or take the name out of OIDC_PROVIDERS")
		}
		if u, bad := parseSite(p.Issuer); bad != nil || strings.TrimSuffix(u.String(), "/") != strings.TrimSuffix(p.Issuer, "/") {
			add(p.prefix()+"ISSUER", "it is missing or no address", "Write it like https://login.example.org")
		}
		address(p.prefix()+"ISSUER", p.Issuer)
	}
	if o.SignUp == ProviderSignUpDomains && len(o.SignUpDomains) == 0 {
		add("OAUTH_SIGNUP_DOMAINS", "OAUTH_SIGNUP is domains, and there are none", "List the domains, such as example.org")
	}
	if o.SignUp != ProviderSignUpDomains && c.Given("OAUTH_SIGNUP_DOMAINS") {
		add("OAUTH_SIGNUP_DOMAINS", "it has no effect unless OAUTH_SIGNUP is domains", "Set OAUTH_SIGNUP=domains, or take it out")
	}
	for _, entry := range o.TrustMFA {
		if name, _, _ := strings.Cut(entry, "="); !slices.Contains(o.offered(), name) {
			add("OAUTH_TRUST_MFA", quoted(name)+" is not a provider that is offered", "Name one that is, or take it out")
		}
	}
	return ps
}

// offered lists the names of the providers that are offered.
func (o *OAuth) offered() []string {
	var out []string
	if o.Google.Configured() {
		out = append(out, "google")
	}
	if o.Microsoft.Configured() {
		out = append(out, "microsoft")
	}
	if o.GitHub.Configured() {
		out = append(out, "github")
	}
	for _, p := range o.OIDC {
		out = append(out, p.Name)
	}
	return out
}

// MFA returns what counts as a second factor at that provider, in the words of
// its package: "mfa", an acr, or "" for nothing.
func (o *OAuth) MFA(name string) string {
	for _, entry := range o.TrustMFA {
		if of, acr, exact := strings.Cut(entry, "="); of == name {
			if exact {
				return acr
			}
			return "mfa"
		}
	}
	return ""
}
