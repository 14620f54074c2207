package providertest

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/url"
	"testing"
)

// Account is the value of the header X-Account for whoever signs in at a
// stand-in with these claims.
func Account(tb testing.TB, claims map[string]any) string {
	tb.Helper()
	raw, err := json.Marshal(claims)
	if err != nil {
		tb.Fatal(err)
	}
	return base64.StdEncoding.EncodeToString(raw)
}

// Walk opens an authorisation address as that account and returns the parameters
// that the redirect back carries.
func Walk(tb testing.TB, address string, claims map[string]any) url.Values {
	tb.Helper()
	req, err := http.NewRequestWithContext(tb.Context(), http.MethodGet, address, nil)
	if err != nil {
		tb.Fatal(err)
	}
	req.Header.Set("X-Account", Account(tb, claims))
	res, err := http.DefaultTransport.RoundTrip(req)
	if err != nil {
		tb.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	back, err := res.Location()
	if err != nil {
		tb.Fatalf("authorize: got %d without a location", res.StatusCode)
	}
	return back.Query()
}
