package oidc

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"golang.org/x/oauth2"

	"github.com/sallyport/sallyport/internal/provider"
)

// document is what is read of a provider's metadata (OpenID Connect Discovery
// §3, RFC 8414, RFC 9207).
type document struct {
	Issuer      string   `json:"issuer"`
	AuthURL     string   `json:"authorization_endpoint"`
	TokenURL    string   `json:"token_endpoint"`
	KeysURL     string   `json:"jwks_uri"`
	UserInfoURL string   `json:"userinfo_endpoint"`
	RevokeURL   string   `json:"revocation_endpoint"`
	Scopes      []string `json:"scopes_supported"`
	TokenAuth   []string `json:"token_endpoint_auth_methods_supported"`
	SendsIssuer bool     `json:"authorization_response_iss_parameter_supported"`
}

// discover fetches the document, which must name exactly the issuer it was asked
// of, and only addresses as safe as the issuer's own.
func (p *Provider) discover(ctx context.Context) (document, error) {
	var d document
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, p.DiscoveryURL, nil)
	if err != nil {
		return d, err
	}
	if err := provider.FetchJSON(p.Client, req, &d); err != nil {
		return d, err
	}
	if d.Issuer != p.Issuer {
		return d, provider.Rejected("the metadata names another issuer")
	}
	for _, address := range []string{d.AuthURL, d.TokenURL, d.KeysURL} {
		if !p.safe(address) {
			return d, provider.Rejected("the metadata lacks an endpoint, or names one without https")
		}
	}
	for _, optional := range []*string{&d.UserInfoURL, &d.RevokeURL} {
		if !p.safe(*optional) {
			*optional = ""
		}
	}
	return d, nil
}

// safe accepts https, and http where the operator configured the issuer so.
func (p *Provider) safe(address string) bool {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || u.User != nil || u.Fragment != "" {
		return false
	}
	return u.Scheme == "https" || u.Scheme == "http" && strings.HasPrefix(p.DiscoveryURL, "http://")
}

// knows reports whether the provider can be asked for a scope: it need not list
// any.
func (d document) knows(scope string) bool {
	return len(d.Scopes) == 0 || slices.Contains(d.Scopes, scope)
}

// authStyle picks how the client secret travels: the header, which is the
// default of the specification, or the body where only that is supported.
func (d document) authStyle() oauth2.AuthStyle {
	if len(d.TokenAuth) > 0 && !slices.Contains(d.TokenAuth, "client_secret_basic") && slices.Contains(d.TokenAuth, "client_secret_post") {
		return oauth2.AuthStyleInParams
	}
	return oauth2.AuthStyleInHeader
}
