package web

import (
	"crypto/sha256"
	"encoding/base64"
	"io"
	"io/fs"
	"net/http"
	"path"
	"strings"
	"time"
)

// Caching: a file under assets/ carries a hash of its content in its name, so
// its address never means anything else. Every other file is asked for again
// each time, which costs an empty answer while its entity tag holds.
const (
	assets   = "assets/"
	forever  = "public, max-age=31536000, immutable"
	askAgain = "no-cache"
)

// notBuilt is said where the index page would be.
const notBuilt = "This build of Sallyport carries no web pages; `make build` adds them. The API is documented at /docs."

// Files serves files by their path, to GET and HEAD.
type Files struct {
	fsys fs.FS
	tags map[string]string // path → entity tag; holds every file that is served
}

// NewFiles serves the files of fsys, which must not change afterwards: entity tags
// are computed here, once. Names that begin with a dot are not served. It panics
// if a file cannot be read, as an embedded one always can.
func NewFiles(fsys fs.FS) *Files {
	h := &Files{fsys: fsys, tags: map[string]string{}}
	err := fs.WalkDir(fsys, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || strings.HasPrefix(path.Base(name), ".") {
			return err
		}
		content, err := fs.ReadFile(fsys, name)
		if err != nil {
			return err
		}
		sum := sha256.Sum256(content)
		h.tags[name] = `"` + base64.RawURLEncoding.EncodeToString(sum[:12]) + `"`
		return nil
	})
	if err != nil {
		panic(err)
	}
	return h
}

// Has reports whether there is something to say at that path: a file, or the
// sentence that the pages were not built.
func (h *Files) Has(path string) bool {
	name, _ := h.find(path)
	return name != "" || path == "/"
}

// find returns the name and entity tag of the file at a path, which is "" if
// there is none. A page's address has no ending: /reset-password.
func (h *Files) find(path string) (name, tag string) {
	name = strings.TrimPrefix(path, "/")
	if name == "" {
		name = "index.html"
	}
	for _, n := range []string{name, name + ".html"} {
		if tag := h.tags[n]; tag != "" {
			return n, tag
		}
	}
	return "", ""
}

// ServeHTTP answers with the file of that path, and 404 in plain text where
// there is none.
func (h *Files) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		http.Error(w, "method not allowed", http.StatusMethodNotAllowed)
		return
	}
	name, tag := h.find(r.URL.Path)
	if name == "" {
		http.Error(w, absent(r.URL.Path), http.StatusNotFound)
		return
	}
	h.serve(w, r, name, tag)
}

// serve answers with a file that is there.
func (h *Files) serve(w http.ResponseWriter, r *http.Request, name, tag string) {
	f, err := h.fsys.Open(name)
	if err != nil {
		http.Error(w, "internal error", http.StatusInternalServerError)
		return
	}
	defer func() { _ = f.Close() }()
	content, ok := f.(io.ReadSeeker)
	if !ok {
		http.Error(w, "internal error", http.StatusInternalServerError)
		return
	}
	w.Header().Set("ETag", tag)
	w.Header().Set("Cache-Control", askAgain)
	if strings.HasPrefix(name, assets) {
		w.Header().Set("Cache-Control", forever)
	}
	http.ServeContent(w, r, name, time.Time{}, content)
}

// absent is the sentence for a path that no file has.
func absent(path string) string {
	if path == "/" {
		return notBuilt
	}
	return "not found"
}
