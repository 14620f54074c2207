package app_test

import (
	"encoding/json"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/sallyport/sallyport/internal/app"
	"github.com/sallyport/sallyport/internal/apptest"
	"github.com/sallyport/sallyport/internal/config"
	"github.com/sallyport/sallyport/internal/storetest"
)

func TestBrand(t *testing.T) {
	logo := filepath.Join(t.TempDir(), "logo.svg")
	if err := os.WriteFile(logo, []byte(`<svg xmlns="http://www.w3.org/2000/svg"/>`), 0o600); err != nil {
		t.Fatal(err)
	}
	plain := apptest.Open(t, storetest.SQLite(t))
	own := apptest.Open(t, storetest.SQLite(t), "APP_NAME=House", "THEME_COLOR=#123456", "THEME_LOGO="+logo, "SIGNUP=off")
	type brand struct {
		Name, Logo string
		SignUp     bool `json:"sign_up"`
	}
	for _, tt := range []struct {
		r    *apptest.Rig
		want brand
		css  string
	}{{plain, brand{"Sallyport", "/favicon.svg", true}, ""}, {own, brand{"House", "/brand/logo", false}, "#123456"}} {
		var got brand
		if err := json.Unmarshal(fetch(t, tt.r, "/api/v1/brand", 200).Body.Bytes(), &got); err != nil || got != tt.want {
			t.Errorf("got %+v, %v; want %+v", got, err, tt.want)
		}
		css := fetch(t, tt.r, "/brand/theme.css", 200)
		if got := css.Body.String(); (got == "") != (tt.css == "") || !strings.Contains(got, tt.css) || !strings.HasPrefix(css.Header().Get("Content-Type"), "text/css") {
			t.Errorf("theme: got %s %q, want one with %q", css.Header().Get("Content-Type"), got, tt.css)
		}
	}
	if w := fetch(t, own, "/brand/logo", 200); w.Header().Get("Content-Type") != "image/svg+xml" || w.Header().Get("Content-Security-Policy") == "" {
		t.Errorf("logo: got %v, want an SVG under the content policy", w.Header())
	}
	fetch(t, plain, "/brand/logo", 404)

	cfg, err := config.Load([]string{"DATABASE_URL=sqlite:" + filepath.Join(t.TempDir(), "c.db"), "THEME_LOGO=" + logo + ".gone.png", "METRICS_ADDR=", "SECRET_KEY=Zq7v0Y1m3o5Kc8Xw2Rt6Ub4Ne9Lp1Js0Hd5Ga7Fi3k8"}, "")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := app.Open(t.Context(), cfg, app.Options{}); err == nil || !strings.Contains(err.Error(), "THEME_LOGO") {
		t.Errorf("a logo that is not there: got %v, want an error that names the setting", err)
	}
}

// fetch asks a public address.
func fetch(t *testing.T, r *apptest.Rig, path string, status int) *httptest.ResponseRecorder {
	t.Helper()
	w := httptest.NewRecorder()
	r.Handler().ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), "GET", path, nil))
	if w.Code != status {
		t.Fatalf("%s: got %d %s, want %d", path, w.Code, w.Body, status)
	}
	return w
}

func TestReturnTo(t *testing.T) {
	r := apptest.Open(t, storetest.SQLite(t), "CORS_ORIGINS=https://app.example.org,https://app.example.org:8443")
	for _, tt := range []struct {
		to     string
		status int
	}{
		{"https://app.example.org", 200},
		{"https://app.example.org/orders?x=1#y", 200},
		{"https://app.example.org:8443/", 200},
		{"http://localhost:8000/account", 200},
		{"http://app.example.org/", 422},
		{"https://app.example.org.evil.example/", 422},
		{"https://app.example.org@evil.example/", 422},
		{"https://user@app.example.org/", 422},
		{"https://app.example.org:444/", 422},
		{"https://evil.example/https://app.example.org", 422},
		{"//app.example.org/", 422},
		{"/account", 422},
		{"javascript:alert(1)//https://app.example.org", 422},
		{"https://app.example.org\\@evil.example/", 422},
		{"https://evil.example\\.app.example.org/", 422},
		{"https://app.example.org/\tx", 422},
		{"https:app.example.org", 422},
		{"", 422},
	} {
		if got := fetchStatus(t, r, "/api/v1/return-to?to="+url.QueryEscape(tt.to)); got != tt.status {
			t.Errorf("OA-11 %q: got %d, want %d", tt.to, got, tt.status)
		}
	}
}

func fetchStatus(t *testing.T, r *apptest.Rig, path string) int {
	t.Helper()
	w := httptest.NewRecorder()
	r.Handler().ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), "GET", path, nil))
	return w.Code
}
