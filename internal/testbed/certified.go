package testbed

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os/exec"
	"path/filepath"
	"runtime"
	"testing"
	"time"
)

// CertifiedProvider is a certified OpenID provider of one test's own, the npm
// package oidc-provider. It demands PKCE and verifies it. Its methods belong to
// the test's goroutine.
type CertifiedProvider struct {
	Issuer       string
	ClientID     string
	ClientSecret string
	// ClaimsInToken puts the address into the ID token; otherwise the user info
	// has to be asked, as OpenID Connect Core has it.
	ClaimsInToken bool

	tb      testing.TB
	port    int
	process *process
}

// OwnProvider prepares a provider for this test alone, whose issuer is known
// before it runs: the server under test has to be told of it first.
func OwnProvider(tb testing.TB) *CertifiedProvider {
	tb.Helper()
	port := FreePort(tb)
	return &CertifiedProvider{
		Issuer: fmt.Sprintf("http://127.0.0.1:%d", port), ClientID: "sallyport", ClientSecret: "the client's own secret, for one test",
		tb: tb, port: port,
	}
}

// Start runs the provider for a client with that redirect address. It is gone
// when the test ends, or after Stop.
func (p *CertifiedProvider) Start(redirectURI string) {
	p.tb.Helper()
	if err := p.start(redirectURI); err != nil {
		p.tb.Fatal(err)
	}
	p.tb.Cleanup(p.Stop)
}

// Stop ends the provider.
func (p *CertifiedProvider) Stop() { p.process.stop(false) }

func (p *CertifiedProvider) start(redirectURI string) error {
	node, err := exec.LookPath("node")
	if err != nil {
		return missing("node", "nodejs npm")
	}
	_, here, _, _ := runtime.Caller(0)
	folder := filepath.Join(filepath.Dir(here), "certified")
	if !isFile(filepath.Join(folder, "node_modules", "oidc-provider", "package.json")) {
		return errors.New("testbed: the certified provider is not installed; run: make setup-test")
	}
	settings, err := json.Marshal(map[string]any{
		"port": p.port, "issuer": p.Issuer, "claimsInToken": p.ClaimsInToken,
		"clients": []any{map[string]any{
			"client_id": p.ClientID, "client_secret": p.ClientSecret, "redirect_uris": []string{redirectURI},
			"grant_types": []string{"authorization_code", "refresh_token"}, "response_types": []string{"code"},
		}},
	})
	if err != nil {
		return err
	}
	if p.process, err = newProcess("TERM"); err != nil {
		return err
	}
	if err := p.process.start(node, filepath.Join(folder, "server.mjs"), string(settings)); err != nil {
		return err
	}
	client := &http.Client{Timeout: time.Second}
	return p.process.await(30*time.Second, func() error {
		resp, err := client.Get(p.Issuer + "/.well-known/openid-configuration")
		if err != nil {
			return err
		}
		return resp.Body.Close()
	})
}

// ProviderAccount is the value of the header X-Account with which a browser of a
// test says who it is at a CertifiedProvider. Without it the sign-in is
// cancelled there.
func ProviderAccount(tb testing.TB, claims map[string]any) string {
	tb.Helper()
	b, err := json.Marshal(claims)
	if err != nil {
		tb.Fatal(err)
	}
	return base64.StdEncoding.EncodeToString(b)
}
