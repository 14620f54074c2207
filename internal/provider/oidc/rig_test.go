package oidc_test

import (
	"net/url"
	"testing"
	"time"

	"github.com/sallyport/sallyport/internal/clock"
	"github.com/sallyport/sallyport/internal/provider"
	"github.com/sallyport/sallyport/internal/provider/oidc"
	"github.com/sallyport/sallyport/internal/provider/providertest"
)

var start = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// rig is a provider package and the stand-in it talks to.
type rig struct {
	*oidc.Provider
	op    *providertest.OP
	clock *clock.Fake
}

func newRig(t testing.TB, change ...func(*oidc.Settings)) rig {
	t.Helper()
	c := clock.NewFake(start)
	op := providertest.NewOP(t, c.Now)
	s := oidc.Settings{
		About: provider.About{Name: "corp", Title: "Corp"}, Issuer: op.Issuer, ClientID: providertest.ClientID,
		ClientSecret: providertest.ClientSecret, EmailDomains: []string{"corp.example"}, Client: provider.NewClient(nil), Clock: c.Now,
	}
	for _, f := range change {
		f(&s)
	}
	return rig{oidc.New(s), op, c}
}

// passage is one round trip with fixed values.
func passage() provider.Passage {
	return provider.Passage{
		State: "the-state", Nonce: "the-nonce-of-this-sign-in", Verifier: "verifier-0123456789-0123456789-0123456789-x",
		RedirectURI: "https://auth.example.org/api/v1/oauth/corp/callback",
	}
}

// walk opens the authorisation address as that account and returns what the
// redirect brings back.
func (r rig) walk(t testing.TB, pass provider.Passage, account map[string]any) url.Values {
	t.Helper()
	address, err := r.AuthorizeURL(t.Context(), pass)
	if err != nil {
		t.Fatal(err)
	}
	return providertest.Walk(t, address, account)
}

// redeem goes the whole way.
func (r rig) redeem(t testing.TB, account map[string]any) (provider.Identity, error) {
	t.Helper()
	q := r.walk(t, passage(), account)
	return r.Redeem(t.Context(), passage(), provider.Reply{Code: q.Get("code")})
}

func ada() map[string]any {
	return map[string]any{"sub": "1001", "email": "ada@corp.example", "email_verified": true, "name": "Ada"}
}
