package httpapi_test

import (
	"encoding/json"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
)

// FuzzFrame holds that whatever a client writes into an address, a header or a
// body, the frame answers JSON, a refusal is a problem document, and nothing is
// our fault.
func FuzzFrame(f *testing.F) {
	f.Add("/api/v1/auth/login", "", "application/json;q=0.5, */*;q=", "Bearer abc", "application/json; charset=utf-8", `{"email":"a@example.org","password":"pw"}`)
	f.Add("/api/v1/things/%2e%2e", "limit=5&limit=x", ",;,", "bearer spa_good", "text/plain", "")
	f.Add("//x", "%00", "q=0", "Bearer", "a/b;c", `{"email":{},"é":[1e400]}`)
	fr := newFrame(f)
	registerLogin(fr)
	h, err := fr.Build()
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, path, query, accept, auth, media, body string) {
		u, err := url.ParseRequestURI(path)
		if err != nil || u.Host != "" || u.Scheme != "" {
			return
		}
		u.RawQuery = query
		r := httptest.NewRequest("POST", "/", strings.NewReader(body))
		r.URL = u
		r.Header["Accept"], r.Header["Authorization"], r.Header["Content-Type"] = []string{accept}, []string{auth}, []string{media}
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if !json.Valid(w.Body.Bytes()) || w.Code >= 500 || w.Code >= 300 && w.Code < 400 {
			t.Errorf("got %d %s", w.Code, w.Body)
		}
		if w.Code >= 400 {
			problem(t, w.Code, w.Result().Header, w.Body)
		}
	})
}
