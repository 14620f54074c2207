package config_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/sallyport/sallyport/internal/config"
)

// corp is a provider as an operator gives it, with further or other settings.
func corp(more ...string) []string {
	return append([]string{
		"OIDC_PROVIDERS=corp, other-idp", "OIDC_CORP_ISSUER=https://login.corp.example/", "OIDC_CORP_CLIENT_ID=id", "OIDC_CORP_CLIENT_SECRET=secret",
		"OIDC_OTHER_IDP_ISSUER=https://idp.example/realms/one", "OIDC_OTHER_IDP_CLIENT_ID=id2", "OIDC_OTHER_IDP_CLIENT_SECRET=secret2",
	}, more...)
}

func TestProviders(t *testing.T) {
	c := load(t, corp("OIDC_CORP_DISPLAY_NAME=The Corp", "OIDC_CORP_EMAIL_DOMAINS=Corp.Example, corp.test", "OAUTH_TRUST_MFA=corp=urn:Example:MFA,other-idp,google",
		"GOOGLE_CLIENT_ID=g", "GOOGLE_CLIENT_SECRET=s", "OIDC_CORP_SCOPES=groups")...)
	o := c.OAuth
	if len(o.OIDC) != 2 || o.OIDC[0].Name != "corp" || o.OIDC[1].Name != "other-idp" || o.OIDC[1].Client.Secret.Reveal() != "secret2" {
		t.Fatalf("providers: got %+v", o.OIDC)
	}
	if p := o.OIDC[0]; p.Issuer != "https://login.corp.example/" || p.Title != "The Corp" || !slices.Equal(p.EmailDomains, []string{"corp.example", "corp.test"}) || !slices.Equal(p.Scopes, []string{"groups"}) {
		t.Errorf("corp: got %+v", p)
	}
	if got := o.OIDC[1].Title; got != "other-idp" {
		t.Errorf("a name without a title: got %q, want the name", got)
	}
	for name, want := range map[string]string{"corp": "urn:Example:MFA", "other-idp": "mfa", "google": "mfa", "github": ""} {
		if got := o.MFA(name); got != want {
			t.Errorf("MFA(%s): got %q, want %q", name, got, want)
		}
	}
	if got := shown(c, "OIDC_PROVIDERS") + " " + shown(c, "OIDC_CORP_CLIENT_SECRET"); got != "corp, other-idp (hidden)" {
		t.Errorf("shown: got %q", got)
	}
	t.Run("from the env file", func(t *testing.T) {
		c, err := config.Load(nil, envFile(t, strings.Join(corp(), "\n")))
		if err != nil || len(c.OAuth.OIDC) != 2 || len(c.Unknown) != 0 {
			t.Errorf("got %+v %v, unknown %v", c.OAuth.OIDC, err, c.Unknown)
		}
	})
	t.Run("the environment wins over the env file", func(t *testing.T) {
		environ := []string{"OIDC_PROVIDERS=one", "OIDC_ONE_ISSUER=https://one.example", "OIDC_ONE_CLIENT_ID=i", "OIDC_ONE_CLIENT_SECRET=s"}
		c, err := config.Load(environ, envFile(t, "OIDC_PROVIDERS=two"))
		if err != nil || len(c.OAuth.OIDC) != 1 || c.OAuth.OIDC[0].Name != "one" {
			t.Errorf("got %+v %v", c.OAuth.OIDC, err)
		}
	})
}

func TestProviderSignUpFollows(t *testing.T) {
	for _, tc := range []struct {
		give []string
		want config.ProviderSignUp
	}{
		{nil, config.ProviderSignUpOpen},
		{[]string{"SIGNUP=off"}, config.ProviderSignUpOff},
		{[]string{"SIGNUP=off", "OAUTH_SIGNUP=open"}, config.ProviderSignUpOpen},
		{[]string{"OAUTH_SIGNUP=domains", "OAUTH_SIGNUP_DOMAINS=corp.example"}, config.ProviderSignUpDomains},
	} {
		if got := load(t, tc.give...).OAuth.SignUp; got != tc.want {
			t.Errorf("%v: got %s, want %s", tc.give, got, tc.want)
		}
	}
}

func TestProviderRefusals(t *testing.T) {
	for _, tc := range []struct {
		name, variable string
		give           []string
	}{
		{"an id without a secret", "GOOGLE_CLIENT_SECRET", []string{"GOOGLE_CLIENT_ID=x"}},
		{"a secret without an id", "GITHUB_CLIENT_SECRET", []string{"GITHUB_CLIENT_SECRET=x"}},
		{"OA-13 an authority by http", "MICROSOFT_URL", []string{"MICROSOFT_URL=http://login.example"}},
		{"OA-13 an issuer by http", "GOOGLE_ISSUER", []string{"GOOGLE_ISSUER=http://accounts.example"}},
		{"OA-13 an API by http", "GITHUB_API_URL", []string{"GITHUB_API_URL=http://api.example"}},
		{"OA-06 a tenant that is none", "MICROSOFT_TENANT_ID", []string{"MICROSOFT_TENANT_ID=corp"}},
		{"OA-06 a tenant with a path", "MICROSOFT_TENANT_ID", []string{"MICROSOFT_TENANT_ID=common/../x"}},
		{"OA-06 an allowed tenant that is none", "MICROSOFT_ALLOWED_TENANTS", []string{"MICROSOFT_ALLOWED_TENANTS=corp"}},
		{"OA-06 one tenant and a list", "MICROSOFT_ALLOWED_TENANTS", []string{
			"MICROSOFT_TENANT_ID=11111111-2222-3333-4444-555555555555", "MICROSOFT_ALLOWED_TENANTS=11111111-2222-3333-4444-555555555555",
		}},
		{"a name in capitals", "OIDC_PROVIDERS", []string{"OIDC_PROVIDERS=Corp"}},
		{"a name with a slash", "OIDC_PROVIDERS", []string{"OIDC_PROVIDERS=a/b"}},
		{"a name that is taken", "OIDC_PROVIDERS", []string{"OIDC_PROVIDERS=google"}},
		{"a name twice", "OIDC_PROVIDERS", append([]string{"OIDC_PROVIDERS=corp,corp"}, corp()[1:4]...)},
		{"no issuer", "OIDC_X_ISSUER", []string{"OIDC_PROVIDERS=x", "OIDC_X_CLIENT_ID=i", "OIDC_X_CLIENT_SECRET=s"}},
		{"OA-13 an issuer by http", "OIDC_X_ISSUER", []string{"OIDC_PROVIDERS=x", "OIDC_X_CLIENT_ID=i", "OIDC_X_CLIENT_SECRET=s", "OIDC_X_ISSUER=http://x.example"}},
		{"an issuer with a query", "OIDC_X_ISSUER", []string{"OIDC_PROVIDERS=x", "OIDC_X_CLIENT_ID=i", "OIDC_X_CLIENT_SECRET=s", "OIDC_X_ISSUER=https://x.example?a=b"}},
		{"no client", "OIDC_X_CLIENT_ID", []string{"OIDC_PROVIDERS=x", "OIDC_X_ISSUER=https://x.example"}},
		{"a domain that is none", "OAUTH_SIGNUP_DOMAINS", []string{"OAUTH_SIGNUP=domains", "OAUTH_SIGNUP_DOMAINS=@corp.example"}},
		{"domains without any", "OAUTH_SIGNUP_DOMAINS", []string{"OAUTH_SIGNUP=domains"}},
		{"domains without effect", "OAUTH_SIGNUP_DOMAINS", []string{"OAUTH_SIGNUP_DOMAINS=corp.example"}},
		{"another policy", "OAUTH_SIGNUP", []string{"OAUTH_SIGNUP=invited"}},
		{"MF-02 trust in nobody", "OAUTH_TRUST_MFA", []string{"OAUTH_TRUST_MFA=google"}},
		{"OA-11 a target elsewhere", "OAUTH_RETURN_TO", []string{"OAUTH_RETURN_TO=https://evil.example"}},
		{"OA-11 a target of any scheme", "OAUTH_RETURN_TO", []string{"OAUTH_RETURN_TO=javascript:alert"}},
		{"OA-11 two slashes", "OAUTH_RETURN_TO", []string{"OAUTH_RETURN_TO=//evil.example"}},
		{"OA-11 a pattern inside", "OAUTH_RETURN_TO", []string{"OAUTH_RETURN_TO=/*/x"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if ps := problems(t, tc.give...); !slices.Equal(names(ps), []string{tc.variable}) {
				t.Errorf("got problems %v, want one with %s", ps, tc.variable)
			}
		})
	}
}

func TestProviderTargets(t *testing.T) {
	c := load(t, "OAUTH_RETURN_TO=/welcome, /app/*, com.example.app:/signed-in, com.example.app://x/y")
	if want := []string{"/welcome", "/app/*", "com.example.app:/signed-in", "com.example.app://x/y"}; !slices.Equal(c.OAuth.ReturnTo, want) {
		t.Errorf("got %v, want %v", c.OAuth.ReturnTo, want)
	}
}
