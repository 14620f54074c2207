package google_test

import (
	"net/url"
	"testing"
	"time"

	"github.com/sallyport/sallyport/internal/clock"
	"github.com/sallyport/sallyport/internal/provider"
	"github.com/sallyport/sallyport/internal/provider/google"
	"github.com/sallyport/sallyport/internal/provider/providertest"
)

func TestGoogle(t *testing.T) {
	c := clock.NewFake(time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC))
	op := providertest.NewOP(t, c.Now)
	p := google.New(google.Settings{
		Issuer: op.Issuer, ClientID: providertest.ClientID, ClientSecret: providertest.ClientSecret, Client: provider.NewClient(nil), Clock: c.Now,
	})
	for _, tc := range []struct {
		name                        string
		account                     map[string]any
		wantVerified, authoritative bool
	}{
		{"Gmail", map[string]any{"sub": "1", "email": "ada@gmail.com", "email_verified": true}, true, true},
		{"Gmail in capitals", map[string]any{"sub": "1", "email": "Ada@GMAIL.com", "email_verified": true}, true, true},
		{"googlemail.com", map[string]any{"sub": "1", "email": "ada@googlemail.com", "email_verified": true}, true, true},
		{"Workspace", map[string]any{"sub": "1", "email": "ada@corp.example", "email_verified": true, "hd": "corp.example"}, true, true},
		{"an outside mailbox", map[string]any{"sub": "1", "email": "ada@corp.example", "email_verified": true}, true, false},
		{"not verified", map[string]any{"sub": "1", "email": "ada@gmail.com", "email_verified": false, "hd": "corp.example"}, false, false},
		{"a look-alike of Gmail", map[string]any{"sub": "1", "email": "ada@notgmail.com", "email_verified": true}, true, false},
		{"a name below Gmail", map[string]any{"sub": "1", "email": "ada@x.gmail.com", "email_verified": true}, true, false},
	} {
		t.Run("OA-07 OA-08 "+tc.name, func(t *testing.T) {
			pass := provider.Passage{State: "s", Nonce: "n", Verifier: "verifier-0123456789-0123456789-0123456789-x", RedirectURI: "https://auth.example/cb", Offline: true}
			address, err := p.AuthorizeURL(t.Context(), pass)
			if err != nil {
				t.Fatal(err)
			}
			asked, err := url.Parse(address)
			if err != nil {
				t.Fatal(err)
			}
			if q := asked.Query(); q.Get("access_type") != "offline" || q.Get("prompt") != "consent select_account" || q.Get("scope") != "openid email profile" {
				t.Errorf("request: got %v", q)
			}
			back := providertest.Walk(t, address, tc.account)
			id, err := p.Redeem(t.Context(), pass, provider.Reply{Code: back.Get("code")})
			if err != nil || id.EmailVerified != tc.wantVerified || id.Authoritative != tc.authoritative {
				t.Errorf("Redeem: got %+v %v, want verified %v, authoritative %v", id, err, tc.wantVerified, tc.authoritative)
			}
		})
	}
}
