package microsoft

import (
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/sallyport/sallyport/internal/clock"
	"github.com/sallyport/sallyport/internal/provider"
	"github.com/sallyport/sallyport/internal/provider/oidc"
)

// Settings describe the application that was registered with Microsoft.
type Settings struct {
	URL          string // of the authority: https://login.microsoftonline.com
	Tenant       string // a directory's id, in lower case, or common, organizations, consumers
	Allowed      []string
	ClientID     string
	ClientSecret string
	Scopes       []string
	MFA          string // see oidc.Settings
	Client       *http.Client
	Clock        clock.Clock
}

// consumers is the directory of personal accounts.
const consumers = "9188040d-6c67-4b5b-b112-36a304b66dad"

// placeholder stands for the directory in the issuer of shared metadata.
const placeholder = "{tenantid}"

var directoryID = regexp.MustCompile(`^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$`)

// New returns the provider.
func New(s Settings) *oidc.Provider {
	// Shared metadata name an issuer with a placeholder; those of one directory,
	// and of the personal accounts, name it in full.
	inIssuer := placeholder
	if directoryID.MatchString(s.Tenant) {
		inIssuer = s.Tenant
	}
	if s.Tenant == "consumers" {
		inIssuer = consumers
	}
	return oidc.New(oidc.Settings{
		About:  provider.About{Name: "microsoft", Title: "Microsoft"},
		Issuer: s.issuer(inIssuer), DiscoveryURL: s.URL + "/" + s.Tenant + "/v2.0/.well-known/openid-configuration",
		ClientID: s.ClientID, ClientSecret: s.ClientSecret, Scopes: s.Scopes, MFA: s.MFA, Client: s.Client, Clock: s.Clock,
		Accept: s.accept, Vouch: vouch, Params: url.Values{"prompt": {"select_account"}}, OfflineScope: "offline_access",
	})
}

func (s Settings) issuer(directory string) string { return s.URL + "/" + directory + "/v2.0" }

// accept checks that the token's issuer is that of its directory, that its key
// may sign for it, and that the directory is let in.
func (s Settings) accept(c oidc.Claims, keyIssuer string) error {
	switch {
	case !directoryID.MatchString(c.Tenant):
		return provider.Rejected("the ID token names no directory")
	case c.Issuer != s.issuer(c.Tenant):
		return provider.Rejected("the ID token comes from another issuer than its directory's")
	case keyIssuer != "" && strings.ReplaceAll(keyIssuer, placeholder, c.Tenant) != c.Issuer:
		return provider.Rejected("the ID token is signed with a key of another issuer")
	case !s.admits(c.Tenant):
		return provider.Rejected("the directory is not allowed")
	}
	return nil
}

func (s Settings) admits(directory string) bool {
	switch {
	case directoryID.MatchString(s.Tenant):
		return directory == s.Tenant
	case s.Tenant == "consumers":
		return directory == consumers
	case s.Tenant == "organizations" && directory == consumers:
		return false
	default:
		return len(s.Allowed) == 0 || slices.Contains(s.Allowed, directory)
	}
}

// vouch reads xms_edov, an optional claim of the registration: the directory has
// shown to own the domain of the address, so it also runs the mailbox.
func vouch(c oidc.Claims) (verified, authoritative bool) {
	return bool(c.DomainOwner), bool(c.DomainOwner)
}
