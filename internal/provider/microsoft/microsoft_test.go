package microsoft_test

import (
	"errors"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/sallyport/sallyport/internal/clock"
	"github.com/sallyport/sallyport/internal/provider"
	"github.com/sallyport/sallyport/internal/provider/microsoft"
	"github.com/sallyport/sallyport/internal/provider/oidc"
	"github.com/sallyport/sallyport/internal/provider/providertest"
)

const (
	home     = "11111111-2222-3333-4444-555555555555"
	away     = "aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee"
	personal = "9188040d-6c67-4b5b-b112-36a304b66dad"
)

func pass() provider.Passage {
	return provider.Passage{State: "s", Nonce: "n", Verifier: "verifier-0123456789-0123456789-0123456789-x", RedirectURI: "https://auth.example/cb"}
}

// begin serves Microsoft for that setting of the tenant.
func begin(t *testing.T, tenant string, allowed ...string) (*oidc.Provider, *providertest.OP) {
	t.Helper()
	c := clock.NewFake(time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC))
	named := tenant
	if tenant == "consumers" {
		named = personal
	}
	op := providertest.NewMicrosoft(t, c.Now, named)
	op.Path = "/" + tenant + "/v2.0"
	return microsoft.New(microsoft.Settings{
		URL: op.URL, Tenant: tenant, Allowed: allowed, ClientID: providertest.ClientID, ClientSecret: providertest.ClientSecret,
		Client: provider.NewClient(nil), Clock: c.Now,
	}), op
}

func signIn(t *testing.T, p *oidc.Provider, account map[string]any) (provider.Identity, error) {
	t.Helper()
	address, err := p.AuthorizeURL(t.Context(), pass())
	if err != nil {
		t.Fatal(err)
	}
	return p.Redeem(t.Context(), pass(), provider.Reply{Code: providertest.Walk(t, address, account).Get("code")})
}

func account(tid string) map[string]any {
	return map[string]any{"sub": "AAAA", "oid": "00000000-0000-0000-0000-000000000001", "tid": tid, "email": "ada@corp.example", "name": "Ada"}
}

func TestDirectories(t *testing.T) {
	for _, tc := range []struct {
		name, tenant string
		allowed      []string
		tid          string
		ok           bool
	}{
		{"common, any directory", "common", nil, home, true},
		{"common, a personal account", "common", nil, personal, true},
		{"common, an allowed directory", "common", []string{home}, home, true},
		{"common, another directory", "common", []string{home}, away, false},
		{"common, a personal account where directories are listed", "common", []string{home}, personal, false},
		{"organizations, any directory", "organizations", nil, home, true},
		{"organizations, a personal account", "organizations", nil, personal, false},
		{"organizations, a personal account even if listed", "organizations", []string{personal}, personal, false},
		{"consumers, a personal account", "consumers", nil, personal, true},
		{"consumers, a directory", "consumers", nil, home, false},
		{"one directory, itself", home, nil, home, true},
		{"one directory, another", home, nil, away, false},
	} {
		t.Run("OA-06 "+tc.name, func(t *testing.T) {
			p, op := begin(t, tc.tenant, tc.allowed...)
			id, err := signIn(t, p, account(tc.tid))
			if (err == nil) != tc.ok || err != nil && !errors.Is(err, provider.ErrRejected) {
				t.Fatalf("Redeem: got %+v %v, want accepted: %v", id, err, tc.ok)
			}
			if tc.ok && (id.Issuer != op.URL+"/"+tc.tid+"/v2.0" || id.Subject != "AAAA") {
				t.Errorf("key: got %s %s, want the directory's issuer and sub", id.Issuer, id.Subject)
			}
		})
	}
}

func TestTamperedTokens(t *testing.T) {
	set := func(name string, value any) func(map[string]any) { return func(c map[string]any) { c[name] = value } }
	for _, tc := range []struct {
		name   string
		claims func(map[string]any)
		keys   string // the issuer the key is published for, below the authority
	}{
		{"wrong tid", set("tid", away), ""},
		{"no tid", func(c map[string]any) { delete(c, "tid") }, ""},
		{"a tid that is no id", set("tid", "common"), ""},
		{"a tid with a path in it", set("tid", home+"/../"+away), ""},
		{"a tid in capitals", func(c map[string]any) { c["tid"] = strings.ToUpper(away) }, ""},
		{"the placeholder as issuer", func(c map[string]any) {
			c["iss"] = strings.Replace(c["iss"].(string), home, "{tenantid}", 1)
		}, ""},
		{"the issuer of the first version", set("iss", "https://sts.windows.net/"+home+"/"), ""},
		{"another authority", set("iss", "https://evil.example/"+home+"/v2.0"), ""},
		{"a key of the personal accounts", nil, "/" + personal + "/v2.0"},
		{"a key of another directory", nil, "/" + away + "/v2.0"},
	} {
		t.Run("OA-06 "+tc.name, func(t *testing.T) {
			p, op := begin(t, "common")
			op.Claims = tc.claims
			if tc.keys != "" {
				op.KeyIssuer = op.URL + tc.keys
			}
			if id, err := signIn(t, p, account(home)); !errors.Is(err, provider.ErrRejected) {
				t.Errorf("Redeem: got %+v %v, want it rejected", id, err)
			}
		})
	}
}

func TestAddresses(t *testing.T) {
	for _, tc := range []struct {
		name string
		edov any
		want bool
	}{
		{"nothing said", nil, false},
		{"the domain is the directory's", true, true},
		{"the domain is not", false, false},
		{"a number", 1, false},
	} {
		t.Run("OA-07 "+tc.name, func(t *testing.T) {
			p, _ := begin(t, "common")
			a := account(home)
			a["email_verified"] = true // which Microsoft does not send, and an administrator might
			if tc.edov != nil {
				a["xms_edov"] = tc.edov
			}
			id, err := signIn(t, p, a)
			if err != nil || id.Email != "ada@corp.example" || id.EmailVerified != tc.want || id.Authoritative != tc.want {
				t.Errorf("Redeem: got %+v %v, want verified and authoritative %v", id, err, tc.want)
			}
		})
	}
}

func TestRequest(t *testing.T) {
	p, op := begin(t, "common")
	offline := pass()
	offline.Offline = true
	address, err := p.AuthorizeURL(t.Context(), offline)
	if err != nil {
		t.Fatal(err)
	}
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	if q := u.Query(); q.Get("scope") != "openid email profile offline_access" || q.Get("prompt") != "select_account" {
		t.Errorf("request: got %v", q)
	}
	if got := op.Calls("/common/v2.0/.well-known/openid-configuration"); got != 1 {
		t.Errorf("metadata: got %d calls, want 1", got)
	}
}
