package web_test

import (
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/sallyport/sallyport/web"
)

var pages = fstest.MapFS{
	"index.html":          {Data: []byte("<!doctype html><title>t</title>")},
	"start.css":           {Data: []byte("p { color: red }")},
	"assets/app-1a2b.js":  {Data: []byte("export {}")},
	"assets/.hidden":      {Data: []byte("no")},
	".gitkeep":            {Data: nil},
	"assets/logo-9f.svg":  {Data: []byte("<svg xmlns='http://www.w3.org/2000/svg'/>")},
	"assets/type-9f.woff": {Data: []byte("wOFF")},
}

func get(h http.Handler, method, path string, header ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, path, nil)
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

func TestFiles(t *testing.T) {
	h := web.NewFiles(pages)
	tests := []struct {
		name, method, path string
		status             int
		kind, cache, body  string
	}{
		{"the root is the index page", "GET", "/", 200, "text/html; charset=utf-8", "no-cache", "<!doctype html><title>t</title>"},
		{"by its own name too", "GET", "/index.html", 200, "text/html; charset=utf-8", "no-cache", "<!doctype html><title>t</title>"},
		{"a file without hash is asked for again", "GET", "/start.css", 200, "text/css; charset=utf-8", "no-cache", "p { color: red }"},
		{"a file with hash is kept", "GET", "/assets/app-1a2b.js", 200, "text/javascript; charset=utf-8", "public, max-age=31536000, immutable", "export {}"},
		{"a picture", "GET", "/assets/logo-9f.svg", 200, "image/svg+xml", "public, max-age=31536000, immutable", "<svg xmlns='http://www.w3.org/2000/svg'/>"},
		{"HEAD has no body", "HEAD", "/", 200, "text/html; charset=utf-8", "no-cache", ""},
		{"an unknown path", "GET", "/nothing", 404, "text/plain; charset=utf-8", "", "not found\n"},
		{"a folder", "GET", "/assets/", 404, "text/plain; charset=utf-8", "", "not found\n"},
		{"a hidden file", "GET", "/assets/.hidden", 404, "text/plain; charset=utf-8", "", "not found\n"},
		{"the placeholder", "GET", "/.gitkeep", 404, "text/plain; charset=utf-8", "", "not found\n"},
		{"a way out", "GET", "/../files.go", 404, "text/plain; charset=utf-8", "", "not found\n"},
		{"another method", "POST", "/", 405, "text/plain; charset=utf-8", "", "method not allowed\n"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := get(h, tt.method, tt.path)
			got := []any{w.Code, w.Header().Get("Content-Type"), w.Header().Get("Cache-Control"), w.Body.String()}
			want := []any{tt.status, tt.kind, tt.cache, tt.body}
			for i := range want {
				if got[i] != want[i] {
					t.Errorf("%s %s: got %q, want %q", tt.method, tt.path, got[i], want[i])
				}
			}
		})
	}
}

func TestFilesAnswersAKnownTagWithoutBody(t *testing.T) {
	h := web.NewFiles(pages)
	tag := get(h, "GET", "/").Header().Get("ETag")
	w := get(h, "GET", "/", "If-None-Match", tag)
	if w.Code != http.StatusNotModified || w.Body.Len() != 0 {
		t.Errorf("If-None-Match %s: got %d with %d bytes, want 304 without", tag, w.Code, w.Body.Len())
	}
	if other := get(h, "GET", "/start.css").Header().Get("ETag"); other == tag || other == "" {
		t.Errorf("entity tag of another file: got %q, want one that differs from %q", other, tag)
	}
	if w := get(h, "GET", "/", "If-None-Match", `"old"`); w.Code != http.StatusOK {
		t.Errorf("If-None-Match of an old tag: got %d, want 200", w.Code)
	}
}

func TestFilesWithoutPagesSaysSo(t *testing.T) {
	w := get(web.NewFiles(fstest.MapFS{".gitkeep": {}}), "GET", "/")
	if w.Code != http.StatusNotFound || !strings.Contains(w.Body.String(), "make build") {
		t.Errorf("GET /: got %d %q, want 404 and what to do", w.Code, w.Body)
	}
}

func TestHandlerServesWhatIsEmbedded(t *testing.T) {
	_, err := os.Stat("dist/index.html")
	built := err == nil
	if w := get(web.Pages(), "GET", "/"); (w.Code == http.StatusOK) != built {
		t.Errorf("GET /: got %d with the pages built: %v", w.Code, built)
	}
}

// The start page has to work under the policy of OP-06: nothing inline, nothing
// from elsewhere.
func TestStartPageKeepsTheContentPolicy(t *testing.T) {
	refused := map[string]*regexp.Regexp{
		"an inline script":        regexp.MustCompile(`(?i)<script(?:\s[^>]*)?>\s*[^<\s]`),
		"an inline style":         regexp.MustCompile(`(?i)<style|\sstyle\s*=`),
		"an event attribute":      regexp.MustCompile(`(?i)\son[a-z]+\s*=`),
		"something from outside":  regexp.MustCompile(`(?i)(?:src|href)\s*=\s*["']?(?:[a-z]+:)?//`),
		"a style sheet's import":  regexp.MustCompile(`(?i)@import|url\(`),
		"a script address inside": regexp.MustCompile(`(?i)javascript:`),
	}
	start := os.DirFS("start")
	names, err := fs.Glob(start, "*")
	if err != nil || len(names) == 0 {
		t.Fatalf("files of the start page: got %v, %v", names, err)
	}
	for _, name := range names {
		content, err := fs.ReadFile(start, name)
		if err != nil {
			t.Fatal(err)
		}
		for what, pattern := range refused {
			if found := pattern.Find(content); found != nil {
				t.Errorf("OP-06 %s has %s: %q", name, what, found)
			}
		}
	}
}

func TestPagesHaveNoEnding(t *testing.T) {
	h := web.NewFiles(fstest.MapFS{"reset-password.html": {Data: []byte("a page")}})
	for path, want := range map[string]int{"/reset-password": 200, "/reset-password.html": 200, "/reset": 404, "/reset-password/": 404} {
		rec := httptest.NewRecorder()
		h.ServeHTTP(rec, httptest.NewRequest("GET", path, nil))
		if rec.Code != want {
			t.Errorf("%s: got %d, want %d", path, rec.Code, want)
		}
	}
}
