package httpapi

import (
	"net/http"
	"net/url"
	"path"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/sallyport/sallyport/internal/fault"
)

// serve refuses what no route can mean, then matches.
func (a *API) serve(w http.ResponseWriter, r *http.Request) {
	if err := checkAddress(r); err != nil {
		a.problems.Write(w, r, err)
		return
	}
	a.mux.ServeHTTP(w, r)
}

// checkAddress refuses an address that is not in its one clean form: it is
// answered with 404, not repaired by a redirect. NUL and broken UTF-8 reach no
// handler.
func checkAddress(r *http.Request) error {
	if !isClean(r.URL.EscapedPath()) || !isClean(r.URL.Path) {
		return fault.New(fault.CodeNotFound)
	}
	query, err := url.QueryUnescape(r.URL.RawQuery)
	if err != nil || !isText(query) || !isText(r.URL.Path) {
		return fault.New(fault.CodeMalformed).WithDetail("The address holds characters that stand for no text.")
	}
	return nil
}

// isClean accepts an absolute path without empty, "." and ".." segments; it may
// end with one slash.
func isClean(p string) bool {
	clean := path.Clean(p)
	return strings.HasPrefix(p, "/") && (p == clean || clean != "/" && p == clean+"/")
}

func isText(s string) bool { return utf8.ValidString(s) && !strings.Contains(s, "\x00") }

// unmatched answers where no route matches: 405 with Allow where the path has
// other methods, else a page or 404.
func (a *API) unmatched(w http.ResponseWriter, r *http.Request) {
	if allow := a.allowed(r); len(allow) > 0 {
		w.Header().Set("Allow", strings.Join(allow, ", "))
		a.problems.Write(w, r, fault.New(fault.CodeMethodNotAllowed))
		return
	}
	read := r.Method == http.MethodGet || r.Method == http.MethodHead
	if a.cfg.Pages != nil && read && !strings.HasPrefix(r.URL.Path, "/api/") && a.cfg.Pages.Has(r.URL.Path) {
		a.cfg.Pages.ServeHTTP(w, r)
		return
	}
	a.problems.Write(w, r, fault.New(fault.CodeNotFound))
}

// allowed lists the methods the path has.
func (a *API) allowed(r *http.Request) []string {
	var out []string
	for _, m := range methods {
		probe := &http.Request{Method: m, URL: r.URL, Host: r.Host}
		if _, pattern := a.bare.Handler(probe); pattern != "" {
			out = append(out, m)
		}
	}
	if slices.Contains(out, http.MethodGet) {
		out = append(out, http.MethodHead)
	}
	slices.Sort(out)
	return out
}
