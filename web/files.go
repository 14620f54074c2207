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

type files struct {
	fsys fs.FS
	tags map[string]string // path → entity tag; holds every file that is served
}

// Files serves the files of fsys, which must not change afterwards: entity tags
// are computed here, once. Names that begin with a dot are not served. It panics
// if a file cannot be read, as an embedded one always can.
func Files(fsys fs.FS) http.Handler {
	h := &files{fsys: fsys, tags: map[string]string{}}
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

func (h *files) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		http.Error(w, "method not allowed", http.StatusMethodNotAllowed)
		return
	}
	name := strings.TrimPrefix(r.URL.Path, "/")
	if name == "" {
		name = "index.html"
	}
	tag, ok := h.tags[name]
	if page := name + ".html"; !ok && h.tags[page] != "" { // a page's address has no ending: /reset-password
		name, tag, ok = page, h.tags[page], true
	}
	if !ok {
		http.Error(w, h.absent(name), http.StatusNotFound)
		return
	}
	h.serve(w, r, name, tag)
}

// serve answers with a file that is there.
func (h *files) serve(w http.ResponseWriter, r *http.Request, name, tag string) {
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
func (h *files) absent(name string) string {
	if name == "index.html" {
		return notBuilt
	}
	return "not found"
}
