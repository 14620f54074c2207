package config

import (
	"regexp"
	"slices"
	"strings"

	"github.com/sallyport/sallyport/internal/provider"
)

// ProviderSignUp says who gets an account by a first sign-in with a provider.
type ProviderSignUp string

// The policies.
const (
	ProviderSignUpOpen    ProviderSignUp = "open"
	ProviderSignUpDomains ProviderSignUp = "domains"
	ProviderSignUpOff     ProviderSignUp = "off"
)

// OAuth is which providers one can sign in with, and what that may do.
type OAuth struct {
	SignUp        ProviderSignUp // OAUTH_SIGNUP
	SignUpDomains []string       // OAUTH_SIGNUP_DOMAINS: lower case
	ReturnTo      []string       // OAUTH_RETURN_TO: paths, and addresses of native apps
	KeepTokens    bool           // OAUTH_KEEP_TOKENS
	TrustMFA      []string       // OAUTH_TRUST_MFA: "name" or "name=acr"

	Google    Client // GOOGLE_…
	Microsoft Client // MICROSOFT_…
	GitHub    Client // GITHUB_…
	OIDC      []OIDC // OIDC_PROVIDERS and OIDC_<NAME>_…

	GoogleIssuer     string   // GOOGLE_ISSUER
	MicrosoftURL     string   // MICROSOFT_URL
	MicrosoftTenant  string   // MICROSOFT_TENANT_ID
	MicrosoftTenants []string // MICROSOFT_ALLOWED_TENANTS: lower case
	GitHubURL        string   // GITHUB_URL
	GitHubAPIURL     string   // GITHUB_API_URL
	GoogleScopes     []string // GOOGLE_SCOPES
	MicrosoftScopes  []string // MICROSOFT_SCOPES
	GitHubScopes     []string // GITHUB_SCOPES
}

// Client is what a provider knows this server by.
type Client struct {
	ID     string
	Secret Secret
}

// Configured reports whether the provider is offered.
func (c Client) Configured() bool { return c.ID != "" }

// OIDC is one OpenID Connect provider.
type OIDC struct {
	Name         string // as in OIDC_PROVIDERS
	Client       Client
	Issuer       string
	Title        string
	Icon         string
	Scopes       []string
	EmailDomains []string // lower case
}

// prefix begins the names of the provider's settings.
func (p *OIDC) prefix() string {
	return "OIDC_" + strings.ToUpper(strings.ReplaceAll(p.Name, "-", "_")) + "_"
}

// announce reads OIDC_PROVIDERS ahead of everything else: each name in it brings
// settings. Bad names are told by the setting itself.
func (o *OAuth) announce(environ []string, file map[string]string) {
	const setting = "OIDC_PROVIDERS"
	given := file[setting]
	for _, kv := range environ {
		if v, ok := strings.CutPrefix(kv, setting+"="); ok && strings.TrimSpace(v) != "" {
			given = v
		}
	}
	for _, name := range items(given) {
		if oidcName(name) == nil && !slices.ContainsFunc(o.OIDC, func(p OIDC) bool { return p.Name == name }) {
			o.OIDC = append(o.OIDC, OIDC{Name: name})
		}
	}
}

// blankOIDC reports whether a line of the env file is an empty setting of some
// OpenID Connect provider, as in the example file: it asks for nothing.
func blankOIDC(name, value string) bool {
	return strings.HasPrefix(name, "OIDC_") && strings.TrimSpace(value) == ""
}

// oidcName refuses a name that cannot stand in addresses or belongs to somebody
// else.
func oidcName(s string) *refusal {
	if !provider.GoodName(s) {
		return refuse(quoted(s)+" is no usable name", "Use lower-case letters, digits and hyphens, a letter first, such as corp")
	}
	if slices.Contains([]string{"google", "microsoft", "github"}, s) {
		return refuse(quoted(s)+" has settings of its own", "Use another name")
	}
	return nil
}

func (o *OAuth) names() value {
	return value{
		form: "comma list of names",
		set: func(s string) *refusal {
			for i, name := range items(s) {
				if bad := oidcName(name); bad != nil {
					return bad
				}
				if i >= len(o.OIDC) || o.OIDC[i].Name != name {
					return refuse(quoted(name)+" stands there twice", "Name each provider once")
				}
			}
			return nil
		},
		show: func() string {
			var words []string
			for _, p := range o.OIDC {
				words = append(words, p.Name)
			}
			return strings.Join(words, ", ")
		},
	}
}

// words binds a comma list of words that good accepts.
func words(to *[]string, form string, good *regexp.Regexp, example string) value {
	return list(to, form, func(s string) (string, *refusal) {
		if !good.MatchString(s) {
			return "", refuse(quoted(s)+" is not accepted here", "Write it like "+example)
		}
		return s, nil
	}, func(s string) string { return s })
}

// domains binds a list of domains, kept in lower case.
func domains(to *[]string) value {
	v := words(to, "comma list of domains", mailDomain, "example.org")
	set := v.set
	v.set = func(s string) *refusal { return set(strings.ToLower(s)) }
	return v
}

var (
	mailDomain = regexp.MustCompile(`^([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)+[a-z][a-z0-9-]*[a-z0-9]$`)
	tenantID   = regexp.MustCompile(`^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$`)
	scopeName  = regexp.MustCompile(`^[!#-\[\]-~]+$`)
	trustedMFA = regexp.MustCompile(`^[a-z][a-z0-9-]{0,31}(=[!-<>-~]+)?$`)
	appTarget  = regexp.MustCompile(`^[a-z][a-z0-9+-]*(\.[a-z0-9+-]+)+:/{0,3}[A-Za-z0-9_~./-]*$`)
)

// target accepts a path of the front end, with or without everything below it,
// and the address of a native app: a scheme that is a domain turned round (RFC
// 8252 §7.1).
func target(s string) (string, *refusal) {
	tree, below := strings.CutSuffix(s, "/*")
	if provider.GoodPath(s) || below && (tree == "" || provider.GoodPath(tree)) || appTarget.MatchString(s) {
		return s, nil
	}
	return "", refuse(quoted(s)+" is neither a path nor the address of an app", "Write it like /welcome, /app/* or com.example.app:/signed-in")
}
