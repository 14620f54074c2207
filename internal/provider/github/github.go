package github

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"

	"golang.org/x/oauth2"

	"github.com/sallyport/sallyport/internal/provider"
)

// Settings describe the OAuth app that was registered with GitHub.
type Settings struct {
	URL          string // https://github.com
	APIURL       string // https://api.github.com
	ClientID     string
	ClientSecret string
	Scopes       []string     // beyond read:user and user:email
	Client       *http.Client // of provider.NewClient
}

// Provider is GitHub. It is safe for concurrent use.
type Provider struct{ Settings }

// New returns the provider.
func New(s Settings) *Provider { return &Provider{s} }

// About says how GitHub is shown.
func (p *Provider) About() provider.About { return provider.About{Name: "github", Title: "GitHub"} }

// Ask fetches the API's root: GitHub publishes no metadata.
func (p *Provider) Ask(ctx context.Context) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, p.APIURL+"/", nil)
	if err != nil {
		return err
	}
	var root map[string]any
	return provider.FetchJSON(p.Client, req, &root)
}

func (p *Provider) config(redirect string) oauth2.Config {
	return oauth2.Config{
		ClientID: p.ClientID, ClientSecret: p.ClientSecret, RedirectURL: redirect, Scopes: append([]string{"read:user", "user:email"}, p.Scopes...),
		Endpoint: oauth2.Endpoint{
			AuthURL: p.URL + "/login/oauth/authorize", TokenURL: p.URL + "/login/oauth/access_token", AuthStyle: oauth2.AuthStyleInParams,
		},
	}
}

// AuthorizeURL returns the address of the authorisation request with the S256
// challenge. GitHub knows no nonce.
func (p *Provider) AuthorizeURL(_ context.Context, pass provider.Passage) (string, error) {
	c := p.config(pass.RedirectURI)
	return c.AuthCodeURL(pass.State, oauth2.S256ChallengeOption(pass.Verifier)), nil
}

// user is what is read of GET /user.
type user struct {
	ID    int64  `json:"id"`
	Login string `json:"login"`
	Name  string `json:"name"`
}

// address is one entry of GET /user/emails.
type address struct {
	Email    string `json:"email"`
	Primary  bool   `json:"primary"`
	Verified bool   `json:"verified"`
}

// Redeem exchanges the code and asks who it is.
func (p *Provider) Redeem(ctx context.Context, pass provider.Passage, r provider.Reply) (provider.Identity, error) {
	c := p.config(pass.RedirectURI)
	tok, err := c.Exchange(context.WithValue(ctx, oauth2.HTTPClient, p.Client), r.Code, oauth2.VerifierOption(pass.Verifier))
	if err != nil {
		return provider.Identity{}, provider.TokenFailure(err)
	}
	var u user
	if err := p.get(ctx, tok, "/user", &u); err != nil {
		return provider.Identity{}, err
	}
	if u.ID <= 0 {
		return provider.Identity{}, provider.Rejected("there is no numeric id")
	}
	var all []address
	if err := p.get(ctx, tok, "/user/emails?per_page=100", &all); err != nil {
		return provider.Identity{}, err
	}
	id := provider.Identity{
		Issuer: p.URL, Subject: strconv.FormatInt(u.ID, 10), Name: u.Name,
		Tokens: provider.Tokens{Access: tok.AccessToken, Refresh: tok.RefreshToken, ExpiresAt: tok.Expiry},
	}
	if id.Name == "" {
		id.Name = u.Login
	}
	for _, a := range all {
		if a.Primary {
			id.Email, id.EmailVerified = a.Email, a.Verified
		}
	}
	return id, nil
}

func (p *Provider) get(ctx context.Context, tok *oauth2.Token, path string, v any) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, p.APIURL+path, nil)
	if err != nil {
		return err
	}
	req.Header.Set("Authorization", "Bearer "+tok.AccessToken)
	req.Header.Set("X-GitHub-Api-Version", "2022-11-28")
	return provider.FetchJSON(p.Client, req, v)
}

// Refresh returns fresh tokens, for GitHub apps whose tokens expire.
func (p *Provider) Refresh(ctx context.Context, refreshToken string) (provider.Tokens, error) {
	c := p.config("")
	tok, err := c.TokenSource(context.WithValue(ctx, oauth2.HTTPClient, p.Client), &oauth2.Token{RefreshToken: refreshToken}).Token()
	if err != nil {
		return provider.Tokens{}, provider.TokenFailure(err)
	}
	return provider.Tokens{Access: tok.AccessToken, Refresh: tok.RefreshToken, ExpiresAt: tok.Expiry}, nil
}

// Revoke takes the whole grant back, as a person does in GitHub's settings.
func (p *Provider) Revoke(ctx context.Context, t provider.Tokens) error {
	body, err := json.Marshal(map[string]string{"access_token": t.Access})
	if err != nil {
		return err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodDelete, p.APIURL+"/applications/"+url.PathEscape(p.ClientID)+"/grant", bytes.NewReader(body))
	if err != nil {
		return err
	}
	req.SetBasicAuth(p.ClientID, p.ClientSecret)
	req.Header.Set("Accept", "application/vnd.github+json")
	req.Header.Set("Content-Type", "application/json")
	resp, err := p.Client.Do(req)
	if err != nil {
		return provider.TokenFailure(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusNoContent {
		return provider.Rejected("the revocation answered %d", resp.StatusCode)
	}
	return nil
}
