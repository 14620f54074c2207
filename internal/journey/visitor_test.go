package journey_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/sallyport/sallyport/internal/testbed"
)

// visitor keeps cookies and follows redirects as a browser does. Its jar heeds
// no Secure attribute, as browsers do not on this machine.
type visitor struct {
	t       *testing.T
	s       *server
	account string // what a CertifiedProvider is told

	mu      sync.Mutex
	cookies map[string]map[string]*http.Cookie // host → name
}

func (s *server) visitor(t *testing.T, claims map[string]any) *visitor {
	t.Helper()
	b := &visitor{t: t, s: s, cookies: map[string]map[string]*http.Cookie{}}
	if claims != nil {
		b.account = testbed.ProviderAccount(t, claims)
	}
	return b
}

// do makes one request with the host's cookies and keeps those it sets.
func (b *visitor) do(req *http.Request) (*http.Response, string) {
	b.t.Helper()
	b.mu.Lock()
	for _, c := range b.cookies[req.URL.Host] {
		req.AddCookie(&http.Cookie{Name: c.Name, Value: c.Value})
	}
	b.mu.Unlock()
	if b.account != "" && req.URL.Host != strings.TrimPrefix(b.s.url, "http://") {
		req.Header.Set("X-Account", b.account)
	}
	res, err := http.DefaultTransport.RoundTrip(req)
	if err != nil {
		b.t.Fatalf("%s %s: %v", req.Method, req.URL, err)
	}
	defer func() { _ = res.Body.Close() }()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.cookies[req.URL.Host] == nil {
		b.cookies[req.URL.Host] = map[string]*http.Cookie{}
	}
	for _, c := range res.Cookies() {
		if c.MaxAge < 0 || c.Value == "" {
			delete(b.cookies[req.URL.Host], c.Name)
			continue
		}
		b.cookies[req.URL.Host][c.Name] = c
	}
	return res, string(body)
}

func (b *visitor) get(address string) (*http.Response, string) {
	b.t.Helper()
	req, err := http.NewRequestWithContext(b.t.Context(), http.MethodGet, address, nil)
	if err != nil {
		b.t.Fatalf("%q: %v", address, err)
	}
	return b.do(req)
}

// visit follows redirects until the front end is reached, which is an address
// with a one-time code, or a page.
func (b *visitor) visit(address string) (final string, res *http.Response, body string) {
	b.t.Helper()
	for range 20 {
		res, body = b.get(address)
		location := res.Header.Get("Location")
		if res.StatusCode < 300 || res.StatusCode > 399 || location == "" {
			return address, res, body
		}
		next, err := res.Request.URL.Parse(location)
		if err != nil {
			b.t.Fatalf("location %q: %v", location, err)
		}
		if address = next.String(); strings.Contains(address, "#code=") {
			return address, res, body
		}
	}
	b.t.Fatalf("more than 20 redirects, at %s", address)
	return "", nil, ""
}

// codeOf returns the one-time code of an address, "" without one.
func codeOf(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	values, err := url.ParseQuery(u.Fragment)
	if err != nil {
		return ""
	}
	return values.Get("code")
}

// exchange posts a one-time code from this browser.
func (b *visitor) exchange(code, verifier, bearer string) answer {
	b.t.Helper()
	in := map[string]any{"code": code}
	if verifier != "" {
		in["code_verifier"] = verifier
	}
	raw, err := json.Marshal(in)
	if err != nil {
		b.t.Fatal(err)
	}
	req, err := http.NewRequestWithContext(b.t.Context(), http.MethodPost, b.s.url+"/api/v1/oauth/exchange", bytes.NewReader(raw))
	if err != nil {
		b.t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	if bearer != "" {
		req.Header.Set("Authorization", "Bearer "+bearer)
	}
	res, body := b.do(req)
	a := answer{status: res.StatusCode, header: res.Header}
	if err := json.Unmarshal([]byte(body), &a.body); err != nil {
		b.t.Fatalf("exchange: body %q: %v", body, err)
	}
	return a
}

// start is where a sign-in with a provider begins.
func (b *visitor) start(provider string, params ...string) string {
	q := url.Values{}
	for i := 0; i+1 < len(params); i += 2 {
		q.Set(params[i], params[i+1])
	}
	return b.s.url + "/api/v1/oauth/" + provider + "/authorize?" + q.Encode()
}

// signIn goes all the way with a provider and returns the exchange's answer.
func (b *visitor) signIn(provider string) answer {
	b.t.Helper()
	final, res, body := b.visit(b.start(provider))
	code := codeOf(final)
	if code == "" {
		b.t.Fatalf("sign-in with %s: got %d at %s, no code\n%s", provider, res.StatusCode, final, body)
	}
	return b.exchange(code, "", "")
}

func s256(verifier string) string {
	sum := sha256.Sum256([]byte(verifier))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}
