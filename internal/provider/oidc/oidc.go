package oidc

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"golang.org/x/oauth2"

	"github.com/sallyport/sallyport/internal/clock"
	"github.com/sallyport/sallyport/internal/provider"
)

// Settings describe one provider.
type Settings struct {
	About        provider.About
	Issuer       string // exactly as in the provider's metadata and tokens
	ClientID     string
	ClientSecret string
	Scopes       []string // beyond openid, email and profile
	// EmailDomains are the domains, in lower case, whose addresses the provider's
	// word is the last one about.
	EmailDomains []string
	// MFA says what counts as a second factor asked for by the provider: "" for
	// nothing, "mfa" for that value in amr (RFC 8176), anything else for that acr.
	MFA    string
	Client *http.Client // of provider.NewClient
	Clock  clock.Clock

	// DiscoveryURL is where the metadata is; empty: below the issuer.
	DiscoveryURL string
	// Accept decides about the issuer of a token, with the issuer its signing key
	// is published for, if any; nil: exactly Issuer. It is for providers whose one
	// set of metadata serves many issuers.
	Accept func(c Claims, keyIssuer string) error
	// Vouch decides what the claims say about the address; nil: EmailVerified, and
	// EmailDomains.
	Vouch func(c Claims) (verified, authoritative bool)
	// Params are further parameters of the authorisation request; Offline those
	// that ask for a refresh token.
	Params, Offline url.Values
	// OfflineScope is the scope that asks for a refresh token, where the metadata
	// do not leave it out; empty: none.
	OfflineScope string
}

// Provider is one OpenID Connect provider. It is safe for concurrent use.
type Provider struct {
	Settings
	document *kept[document]
	keys     keySet
}

// New returns the provider. It asks nothing of it yet.
func New(s Settings) *Provider {
	if s.DiscoveryURL == "" {
		s.DiscoveryURL = strings.TrimSuffix(s.Issuer, "/") + "/.well-known/openid-configuration"
	}
	p := &Provider{Settings: s}
	p.document = keep(s.Clock, p.discover)
	p.keys = keySet{keep(s.Clock, p.fetchKeys)}
	return p
}

// About says how the provider is shown.
func (p *Provider) About() provider.About { return p.Settings.About }

// Ask fetches the metadata and the keys, and judges them as a sign-in would.
func (p *Provider) Ask(ctx context.Context) error {
	_, err := p.fetchKeys(ctx)
	return err
}

func (p *Provider) config(d document, redirect string) oauth2.Config {
	return oauth2.Config{
		ClientID: p.ClientID, ClientSecret: p.ClientSecret, RedirectURL: redirect,
		Endpoint: oauth2.Endpoint{AuthURL: d.AuthURL, TokenURL: d.TokenURL, AuthStyle: d.authStyle()},
		Scopes:   append([]string{"openid", "email", "profile"}, p.Scopes...),
	}
}

// AuthorizeURL returns the address of the authorisation request, with state,
// nonce and the S256 challenge.
func (p *Provider) AuthorizeURL(ctx context.Context, pass provider.Passage) (string, error) {
	d, _, err := p.document.get(ctx, time.Time{})
	if err != nil {
		return "", err
	}
	c := p.config(d, pass.RedirectURI)
	params := []oauth2.AuthCodeOption{oauth2.S256ChallengeOption(pass.Verifier), oauth2.SetAuthURLParam("nonce", pass.Nonce)}
	add := func(values url.Values) {
		for name := range values {
			params = append(params, oauth2.SetAuthURLParam(name, values.Get(name)))
		}
	}
	add(p.Params)
	if pass.Offline {
		add(p.Offline)
		if p.OfflineScope != "" && d.knows(p.OfflineScope) {
			c.Scopes = append(c.Scopes, p.OfflineScope)
		}
	}
	return c.AuthCodeURL(pass.State, params...), nil
}

// Redeem exchanges the code and judges the ID token that comes for it.
func (p *Provider) Redeem(ctx context.Context, pass provider.Passage, r provider.Reply) (provider.Identity, error) {
	d, _, err := p.document.get(ctx, time.Time{})
	if err != nil {
		return provider.Identity{}, err
	}
	if err := p.checkSender(d, r); err != nil {
		return provider.Identity{}, err
	}
	c := p.config(d, pass.RedirectURI)
	tok, err := c.Exchange(p.with(ctx), r.Code, oauth2.VerifierOption(pass.Verifier))
	if err != nil {
		return provider.Identity{}, provider.TokenFailure(err)
	}
	claims, err := p.judge(ctx, tok, pass.Nonce)
	if err != nil {
		return provider.Identity{}, err
	}
	if claims.Email == "" && d.UserInfoURL != "" {
		if err := p.complete(ctx, d, tok, &claims); err != nil {
			return provider.Identity{}, err
		}
	}
	return p.identity(claims, tok), nil
}

// checkSender compares the iss parameter (RFC 9207), which must be there where
// the metadata announce it (OA-05).
func (p *Provider) checkSender(d document, r provider.Reply) error {
	switch {
	case r.Issuer == "" && d.SendsIssuer:
		return provider.Rejected("the answer lacks the iss parameter")
	case r.Issuer != "" && p.Accept == nil && r.Issuer != p.Issuer:
		return provider.Rejected("the answer comes from another issuer")
	}
	return nil
}

// with hands the bounded client to package oauth2.
func (p *Provider) with(ctx context.Context) context.Context {
	return context.WithValue(ctx, oauth2.HTTPClient, p.Client)
}

// judge verifies the ID token beside an access token.
func (p *Provider) judge(ctx context.Context, tok *oauth2.Token, nonce string) (Claims, error) {
	raw, _ := tok.Extra("id_token").(string)
	if raw == "" {
		return Claims{}, provider.Rejected("there is no ID token")
	}
	payload, signer, err := p.keys.verify(ctx, raw)
	if err != nil {
		return Claims{}, err
	}
	c, err := readClaims(payload)
	if err != nil {
		return c, err
	}
	if err := p.accept(c, signer.Issuer); err != nil {
		return c, err
	}
	if err := c.check(p.ClientID, nonce, p.Clock()); err != nil {
		return c, err
	}
	return c, c.checkAccessToken(tok.AccessToken)
}

func (p *Provider) accept(c Claims, keyIssuer string) error {
	if p.Accept != nil {
		return p.Accept(c, keyIssuer)
	}
	if c.Issuer != p.Issuer {
		return provider.Rejected("the ID token comes from another issuer")
	}
	return nil
}

// complete asks the user info for what the ID token does not say, which is how
// some providers hand out the address. It must be about the same subject.
func (p *Provider) complete(ctx context.Context, d document, tok *oauth2.Token, c *Claims) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, d.UserInfoURL, nil)
	if err != nil {
		return err
	}
	tok.SetAuthHeader(req)
	var info Claims
	if err := provider.FetchJSON(p.Client, req, &info); err != nil {
		return err
	}
	if info.Subject != c.Subject {
		return provider.Rejected("the user info is about somebody else")
	}
	c.Email, c.EmailVerified = info.Email, info.EmailVerified
	if c.Name == "" {
		c.Name = info.Name
	}
	return nil
}

// identity puts together who it is.
func (p *Provider) identity(c Claims, tok *oauth2.Token) provider.Identity {
	id := provider.Identity{
		Issuer: c.Issuer, Subject: c.Subject, Email: c.Email, Name: c.Name, Tokens: tokensOf(tok),
		Multi: p.MFA == "mfa" && slices.Contains(c.AMR, "mfa") || p.MFA != "" && p.MFA != "mfa" && c.ACR == p.MFA,
	}
	if c.Email == "" {
		return id
	}
	if p.Vouch != nil {
		id.EmailVerified, id.Authoritative = p.Vouch(c)
		return id
	}
	_, domain, _ := strings.Cut(c.Email, "@")
	id.EmailVerified = bool(c.EmailVerified)
	id.Authoritative = id.EmailVerified && slices.Contains(p.EmailDomains, strings.ToLower(domain))
	return id
}

func tokensOf(tok *oauth2.Token) provider.Tokens {
	return provider.Tokens{Access: tok.AccessToken, Refresh: tok.RefreshToken, ExpiresAt: tok.Expiry}
}
