package google

import (
	"net/http"
	"net/url"
	"strings"

	"github.com/sallyport/sallyport/internal/clock"
	"github.com/sallyport/sallyport/internal/provider"
	"github.com/sallyport/sallyport/internal/provider/oidc"
)

// Settings describe the client that was registered with Google.
type Settings struct {
	Issuer       string // https://accounts.google.com
	ClientID     string
	ClientSecret string
	Scopes       []string
	MFA          string // see oidc.Settings
	Client       *http.Client
	Clock        clock.Clock
}

// New returns the provider.
func New(s Settings) *oidc.Provider {
	return oidc.New(oidc.Settings{
		About:  provider.About{Name: "google", Title: "Google"},
		Issuer: s.Issuer, ClientID: s.ClientID, ClientSecret: s.ClientSecret, Scopes: s.Scopes, MFA: s.MFA, Client: s.Client, Clock: s.Clock,
		Vouch:  vouch,
		Params: url.Values{"prompt": {"select_account"}},
		// Google hands a refresh token out only with a fresh consent.
		Offline: url.Values{"access_type": {"offline"}, "prompt": {"consent select_account"}},
	})
}

// vouch follows Google's own rule: a verified address is Google's to vouch for
// if it is a Gmail address, or if the account belongs to a Workspace domain (hd).
// Any other address is that of an outside mailbox, which may have changed hands
// since it was verified.
func vouch(c oidc.Claims) (verified, authoritative bool) {
	_, domain, _ := strings.Cut(strings.ToLower(c.Email), "@")
	gmail := domain == "gmail.com" || domain == "googlemail.com"
	verified = bool(c.EmailVerified)
	return verified, verified && (gmail || c.HostedDomain != "")
}
