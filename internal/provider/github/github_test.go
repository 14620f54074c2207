package github_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/sallyport/sallyport/internal/provider"
	"github.com/sallyport/sallyport/internal/provider/github"
	"github.com/sallyport/sallyport/internal/provider/providertest"
)

func pass() provider.Passage {
	return provider.Passage{State: "s", Verifier: "verifier-0123456789-0123456789-0123456789-x", RedirectURI: "https://auth.example/cb"}
}

func begin(t *testing.T) (*github.Provider, *providertest.GitHub) {
	t.Helper()
	g := providertest.NewGitHub(t)
	return github.New(github.Settings{
		URL: g.URL, APIURL: g.URL + "/api", ClientID: providertest.ClientID, ClientSecret: providertest.ClientSecret, Client: provider.NewClient(nil),
	}), g
}

func signIn(t *testing.T, p *github.Provider, account map[string]any) (provider.Identity, error) {
	t.Helper()
	address, err := p.AuthorizeURL(t.Context(), pass())
	if err != nil {
		t.Fatal(err)
	}
	return p.Redeem(t.Context(), pass(), provider.Reply{Code: providertest.Walk(t, address, account).Get("code")})
}

func mails(list ...any) []any { return list }

func mail(address string, primary, verified bool) map[string]any {
	return map[string]any{"email": address, "primary": primary, "verified": verified, "visibility": nil}
}

func TestIdentity(t *testing.T) {
	for _, tc := range []struct {
		name     string
		emails   []any
		email    string
		verified bool
	}{
		{"OA-07 primary and verified, though private", mails(mail("old@x.example", false, true), mail("ada@x.example", true, true)), "ada@x.example", true},
		{"OA-07 primary, not verified", mails(mail("ada@x.example", true, false), mail("old@x.example", false, true)), "ada@x.example", false},
		{"OA-07 verified, not primary", mails(mail("ada@x.example", false, true)), "", false},
		{"OA-07 none", mails(), "", false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			p, g := begin(t)
			id, err := signIn(t, p, map[string]any{"id": 583231, "login": "ada", "name": "Ada", "emails": tc.emails})
			if err != nil || id.Issuer != g.URL || id.Subject != "583231" || id.Name != "Ada" {
				t.Fatalf("OA-06 Redeem: got %+v %v, want the numeric id", id, err)
			}
			if id.Email != tc.email || id.EmailVerified != tc.verified || id.Authoritative {
				t.Errorf("Redeem: got %+v, want %q, verified %v, never authoritative", id, tc.email, tc.verified)
			}
		})
	}
	t.Run("a login stands for a missing name", func(t *testing.T) {
		p, _ := begin(t)
		id, err := signIn(t, p, map[string]any{"id": 1, "login": "ada", "emails": mails()})
		if err != nil || id.Name != "ada" {
			t.Errorf("Redeem: got %+v %v", id, err)
		}
	})
	for name, bad := range map[string]any{"no id": nil, "zero": 0, "below zero": -1, "a text": "583231", "a fraction": 1.5} {
		t.Run("OA-06 "+name, func(t *testing.T) {
			p, _ := begin(t)
			if id, err := signIn(t, p, map[string]any{"id": bad, "login": "ada", "emails": mails()}); !errors.Is(err, provider.ErrRejected) {
				t.Errorf("Redeem: got %+v %v, want it rejected", id, err)
			}
		})
	}
}

func TestRequest(t *testing.T) {
	p, _ := begin(t)
	address, err := p.AuthorizeURL(t.Context(), pass())
	if err != nil {
		t.Fatal(err)
	}
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	q := u.Query()
	if q.Get("code_challenge") != pass().Challenge() || q.Get("code_challenge_method") != "S256" || q.Get("scope") != "read:user user:email" || q.Get("state") != "s" {
		t.Errorf("OA-02 request: got %v", q)
	}
}

func TestRefusals(t *testing.T) {
	t.Run("OA-02 another verifier: an error in a 200 body", func(t *testing.T) {
		p, _ := begin(t)
		address, err := p.AuthorizeURL(t.Context(), pass())
		if err != nil {
			t.Fatal(err)
		}
		code := providertest.Walk(t, address, map[string]any{"id": 1}).Get("code")
		other := pass()
		other.Verifier = strings.Repeat("x", 43)
		_, err = p.Redeem(t.Context(), other, provider.Reply{Code: code})
		if !errors.Is(err, provider.ErrRejected) || !strings.Contains(err.Error(), "bad_verification_code") {
			t.Errorf("Redeem: got %v, want bad_verification_code", err)
		}
	})
	t.Run("a wrong secret", func(t *testing.T) {
		p, _ := begin(t)
		p.ClientSecret = "wrong"
		_, err := signIn(t, p, map[string]any{"id": 1})
		if !errors.Is(err, provider.ErrRejected) || !strings.Contains(err.Error(), "incorrect_client_credentials") {
			t.Errorf("Redeem: got %v, want incorrect_client_credentials", err)
		}
	})
	for _, status := range []int{429, 500, 502, 503} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status) }))
		p := github.New(github.Settings{URL: server.URL, APIURL: server.URL, Client: provider.NewClient(nil)})
		if _, err := p.Redeem(t.Context(), pass(), provider.Reply{Code: "c"}); !errors.Is(err, provider.ErrUnavailable) {
			t.Errorf("a token endpoint with %d: got %v, want it unavailable", status, err)
		}
		server.Close()
		if _, err := p.Redeem(t.Context(), pass(), provider.Reply{Code: "c"}); !errors.Is(err, provider.ErrUnavailable) {
			t.Errorf("no server: got %v, want it unavailable", err)
		}
	}
}

func TestRevoke(t *testing.T) {
	p, g := begin(t)
	id, err := signIn(t, p, map[string]any{"id": 1, "emails": mails()})
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Revoke(t.Context(), id.Tokens); err != nil {
		t.Fatal(err)
	}
	if got := g.Ended(); len(got) != 1 || got[0] != id.Tokens.Access {
		t.Errorf("ended: got %v, want the access token", got)
	}
	p.ClientSecret = "wrong"
	if err := p.Revoke(t.Context(), id.Tokens); !errors.Is(err, provider.ErrRejected) {
		t.Errorf("with a wrong secret: got %v, want it rejected", err)
	}
}
