package httpapi_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/sallyport/sallyport/internal/fault"
	"github.com/sallyport/sallyport/internal/httpapi"
)

// FuzzBearer holds that a bearer token is the whole of one Authorization header
// behind its scheme, of characters that no log or header can stumble over.
func FuzzBearer(f *testing.F) {
	for _, s := range []string{"Bearer abc", "bearer  abc", "Bearer a b", "Bearer a=", "Bearer =", "Basic abc", "Bearer", "Bearer \x00", "BEARER é"} {
		f.Add(s, "")
	}
	f.Add("Bearer a", "Bearer b")
	f.Fuzz(func(t *testing.T, first, second string) {
		r := &http.Request{Header: http.Header{"Authorization": {first}}}
		if second != "" {
			r.Header.Add("Authorization", second)
		}
		got, err := httpapi.Bearer(r)
		if err != nil {
			if c := fault.Of(err); got != "" || c != fault.CodeUnauthenticated && c != fault.CodeInvalidToken {
				t.Errorf("%q: got %q, %v, want a refusal of 401", first, got, err)
			}
			return
		}
		scheme, rest, _ := strings.Cut(first, " ")
		if second != "" || !strings.EqualFold(scheme, "Bearer") || rest != got || got == "" || len(got) > 8<<10 {
			t.Errorf("%q and %q: got %q", first, second, got)
		}
		if strings.ContainsFunc(got, func(c rune) bool { return c <= ' ' || c > '~' || strings.ContainsRune(`"'\<>,;`, c) }) {
			t.Errorf("%q: got a token of other characters", got)
		}
	})
}

// FuzzReturnTo holds that whatever a page asks, it gets a listed origin and
// nothing that a browser may read otherwise (OA-11).
func FuzzReturnTo(f *testing.F) {
	origins := []string{"https://app.example.org", "http://localhost:5173"}
	for _, s := range []string{
		"https://app.example.org/a?b#c", "https://app.example.org", "https://app.example.org@evil.test/", `https://app.example.org\@evil.test/`,
		"https://app.example.org.evil.test/", "https://app.example.org:443/", "HTTPS://app.example.org/", "//app.example.org/", "javascript:alert(1)",
		"https:app.example.org", "https://app.example.org%2f@evil.test/", "https://app.example.org/\t//evil.test", "http://localhost:5173/%0d%0a",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, to string) {
		got, err := httpapi.ReturnTo(origins, to)
		if err != nil {
			return
		}
		fits := slices.ContainsFunc(origins, func(o string) bool {
			rest, ok := strings.CutPrefix(got, o)
			return ok && (rest == "" || strings.ContainsRune("/?#", rune(rest[0])))
		})
		if !fits || strings.ContainsFunc(got, func(r rune) bool { return r <= ' ' || r >= 0x7f || r == '\\' }) {
			t.Errorf("%q: got %q, want a page of %v", to, got, origins)
		}
		if again, err := httpapi.ReturnTo(origins, got); err != nil || again != got {
			t.Errorf("%q: got %q, which is given back as %q, %v", to, got, again, err)
		}
	})
}

// FuzzIntrospected holds that one token is read of a form or a JSON object as
// another reader reads it, and that everything else is refused.
func FuzzIntrospected(f *testing.F) {
	const form = "application/x-www-form-urlencoded"
	for _, s := range [][2]string{
		{form, "token=abc&token_type_hint=access_token"}, {form, "token=a&token=b"}, {form, "token=%zz"}, {form, "a;token=b"}, {form, ""},
		{"application/json", `{"token":"abc"}`}, {"application/json; charset=utf-8", `{"token":1}`}, {"application/json", `{"token":"a","token":"b"}`},
		{"text/plain", "token=abc"}, {"a/b/c", ""},
	} {
		f.Add(s[0], s[1])
	}
	f.Fuzz(func(t *testing.T, media, body string) {
		r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(body))
		r.Header["Content-Type"] = []string{media}
		got, err := httpapi.Introspected(r)
		if err != nil {
			refusals := []fault.Code{fault.CodeMalformed, fault.CodeUnsupportedMedia, fault.CodeInvalidRequest}
			if got != "" || !slices.Contains(refusals, fault.Of(err)) {
				t.Errorf("%s %q: got %q, %v, want one of %v", media, body, got, err, refusals)
			}
			return
		}
		values, err := url.ParseQuery(body)
		if strings.HasPrefix(strings.ToLower(strings.TrimSpace(media)), form) {
			if err != nil || !slices.Equal(values["token"], []string{got}) || got == "" {
				t.Errorf("%q: got %q, want the one token of %v", body, got, values)
			}
		} else if !utf8.ValidString(got) || got == "" || !strings.Contains(body, `"`) {
			t.Errorf("%s %q: got %q, want the token of a JSON object", media, body, got)
		}
	})
}

// FuzzPassageQuery holds that of a provider's redirect each parameter is read
// once or not at all: no second value and none too long gets in beside the first.
func FuzzPassageQuery(f *testing.F) {
	for _, s := range []string{"state=a&code=b", "state=a&state=b", "code=%00&iss=https%3A%2F%2Fop.example", "state=a;b&code", "%zz=1&state=x", "state=" + strings.Repeat("a", 4097)} {
		f.Add(s)
	}
	names := []string{"state", "code", "iss", "error", "error_description"}
	f.Fuzz(func(t *testing.T, query string) {
		got, err := httpapi.OnlyOnce(&http.Request{URL: &url.URL{RawQuery: query}}, names...)
		values, _ := url.ParseQuery(query)
		if err != nil {
			odd := func(n string) bool { return len(values[n]) > 1 || len(values.Get(n)) > 4096 }
			if fault.Of(err) != fault.CodeMalformed || !slices.ContainsFunc(names, odd) {
				t.Errorf("%q: got %v, want it read", query, err)
			}
			return
		}
		for name, value := range got {
			if !slices.Contains(names, name) || !slices.Equal(values[name], []string{value}) || len(value) > 4096 {
				t.Errorf("%q: got %s %q, want what stands there once", query, name, value)
			}
		}
	})
}
