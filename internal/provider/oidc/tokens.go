package oidc

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"time"

	"golang.org/x/oauth2"

	"github.com/sallyport/sallyport/internal/provider"
)

// Refresh returns fresh tokens for a refresh token (RFC 6749 §6).
func (p *Provider) Refresh(ctx context.Context, refreshToken string) (provider.Tokens, error) {
	d, _, err := p.document.get(ctx, time.Time{})
	if err != nil {
		return provider.Tokens{}, err
	}
	c := p.config(d, "")
	tok, err := c.TokenSource(p.with(ctx), &oauth2.Token{RefreshToken: refreshToken}).Token()
	if err != nil {
		return provider.Tokens{}, provider.TokenFailure(err)
	}
	return tokensOf(tok), nil
}

// Revoke takes the tokens back where the provider has an endpoint for it (RFC
// 7009): the refresh token, with which goes what was issued for it, or else the
// access token.
func (p *Provider) Revoke(ctx context.Context, t provider.Tokens) error {
	d, _, err := p.document.get(ctx, time.Time{})
	if err != nil || d.RevokeURL == "" {
		return err
	}
	form := url.Values{"token": {t.Refresh}, "token_type_hint": {"refresh_token"}}
	if t.Refresh == "" {
		form = url.Values{"token": {t.Access}, "token_type_hint": {"access_token"}}
	}
	if d.authStyle() == oauth2.AuthStyleInParams {
		form.Set("client_id", p.ClientID)
		form.Set("client_secret", p.ClientSecret)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, d.RevokeURL, strings.NewReader(form.Encode()))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if d.authStyle() == oauth2.AuthStyleInHeader {
		req.SetBasicAuth(url.QueryEscape(p.ClientID), url.QueryEscape(p.ClientSecret))
	}
	resp, err := p.Client.Do(req)
	if err != nil {
		return provider.TokenFailure(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return provider.Rejected("the revocation endpoint answered %d", resp.StatusCode)
	}
	return nil
}
