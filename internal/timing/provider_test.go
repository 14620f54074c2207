package timing_test

import (
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"

	"github.com/sallyport/sallyport/internal/provider/providertest"
)

// directory is the tenant of everybody who comes from the provider.
const directory = "11111111-2222-3333-4444-555555555555"

// exchange signs in at the provider as somebody who was never here before, with
// an address that the provider has not verified, and returns the last request of
// that sign-in: the one that decides.
func exchange(b *bench, k kind, n int) []byte {
	b.tb.Helper()
	newcomer := b.stranger()
	email := k.email(n)
	if k.name == "unknown" {
		email = newcomer
	}
	verifier := strings.Repeat("v", 50)
	sum := sha256.Sum256([]byte(verifier))
	base := "http://" + b.address + "/api/v1/oauth/microsoft/"
	start := b.redirect(base+"authorize?code_challenge_method=S256&code_challenge="+base64.RawURLEncoding.EncodeToString(sum[:]), nil)
	who := map[string]any{"sub": newcomer, "tid": directory, "email": email}
	back := providertest.Walk(b.tb, start.Header.Get("Location"), who)
	end := b.redirect(base+"callback?"+back.Encode(), start.Cookies())
	_, fragment, _ := strings.Cut(end.Header.Get("Location"), "#")
	values, err := url.ParseQuery(fragment)
	if err != nil || values.Get("code") == "" {
		b.tb.Fatalf("callback: got %d to %s", end.StatusCode, end.Header.Get("Location"))
	}
	return b.post("/api/v1/oauth/exchange", map[string]any{"code": values.Get("code"), "code_verifier": verifier})
}

// redirect asks as a browser with these cookies and follows nothing.
func (b *bench) redirect(address string, cookies []*http.Cookie) *http.Response {
	b.tb.Helper()
	req, err := http.NewRequestWithContext(b.tb.Context(), http.MethodGet, address, nil)
	if err != nil {
		b.tb.Fatal(err)
	}
	for _, c := range cookies {
		req.AddCookie(c)
	}
	res, err := http.DefaultTransport.RoundTrip(req)
	if err != nil {
		b.tb.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	if body, err := io.ReadAll(res.Body); err != nil || res.StatusCode != http.StatusSeeOther {
		b.tb.Fatal(fmt.Errorf("%s: got %d %s %w", address, res.StatusCode, body, err))
	}
	return res
}
