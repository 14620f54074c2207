package middleware_test

import (
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"

	"github.com/sallyport/sallyport/internal/audit"
	"github.com/sallyport/sallyport/internal/httpapi/middleware"
)

// FuzzOrigin holds that no origin but the listed ones, letter by letter, is told
// that it may read an answer (OP-07), and that a page of another origin changes
// nothing, whatever its browser sends (TK-15).
func FuzzOrigin(f *testing.F) {
	listed := []string{"https://app.example.org", "http://localhost:5173"}
	cors, err := middleware.CORS(listed, refuse)
	if err != nil {
		f.Fatal(err)
	}
	csrf, err := middleware.CSRF(listed, refuse)
	if err != nil {
		f.Fatal(err)
	}
	both := middleware.Chain(cors, csrf)
	for _, o := range []string{
		"", "null", "https://app.example.org", "https://app.example.org.evil.test", "HTTPS://APP.example.org", "https://example.com",
		"https://app.example.org:443", "https://app.example.org,https://evil.test", "http://example.com", "%", "*",
	} {
		f.Add("POST", o, "", "")
		f.Add("OPTIONS", o, "cross-site", "PUT")
		f.Add("DELETE", o, "same-origin", "")
	}
	f.Fuzz(func(t *testing.T, method, origin, site, asked string) {
		r := httptest.NewRequest(http.MethodGet, "https://example.com/x", nil)
		r.Method = method
		for name, value := range map[string]string{"Origin": origin, "Sec-Fetch-Site": site, "Access-Control-Request-Method": asked} {
			if value != "" {
				r.Header[name] = []string{value}
			}
		}
		reached := false
		w := serve(both, func(http.ResponseWriter, *http.Request) { reached = true }, r)
		ok := slices.Contains(listed, origin)
		if got := w.Header().Values("Access-Control-Allow-Origin"); ok != slices.Equal(got, []string{origin}) || !ok && len(got) > 0 {
			t.Errorf("OP-07 %q: got allowed %q", origin, got)
		}
		safe := slices.Contains([]string{"GET", "HEAD", "OPTIONS"}, method)
		ours := ok || site == "same-origin" || site == "none" || site == "" && (origin == "" || origin == "https://example.com" || origin == "http://example.com")
		if reached && !safe && !ours {
			t.Errorf("TK-15 %s from %q, %q: got through", method, origin, site)
		}
	})
}

// FuzzRequestID holds that an id from outside is kept only from a trusted peer,
// and only if it can stand in a header, a log line and an audit row as it is.
func FuzzRequestID(f *testing.F) {
	for _, s := range []string{"abcdefgh", "a-b_c.d9", "abc", "abcdefg\n", "abcdefg\x00", "abcdefgé", "{}[]@`{}", ""} {
		f.Add(s, true)
	}
	f.Add("abcdefgh", false)
	f.Fuzz(func(t *testing.T, sent string, trusted bool) {
		m := middleware.RequestID(func(*http.Request) bool { return trusted })
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.Header[middleware.RequestIDHeader] = []string{sent}
		inside := ""
		w := serve(m, func(_ http.ResponseWriter, r *http.Request) { inside = audit.OriginOf(r.Context()).RequestID }, r)
		id := w.Header().Get(middleware.RequestIDHeader)
		if id != inside || len(id) < 8 || len(id) > 64 || audit.CleanText(id, 64) != id || !trusted && id == sent {
			t.Errorf("%q, trusted %v: got %q outside and %q inside", sent, trusted, id, inside)
		}
	})
}
