package devinbox

import (
	"embed"
	"encoding/json"
	"html/template"
	"net"
	"net/http"
	"net/netip"
	"strings"
)

//go:embed page.html style.css
var files embed.FS

// Handler serves GET /dev/inbox (a page that renews itself), its style sheet and
// GET /dev/inbox/messages. Requests under a name that is not this machine's are
// answered 404: a web site that points its own name at this machine reads
// nothing.
func (i *Inbox) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /dev/inbox", i.servePage)
	mux.HandleFunc("GET /dev/inbox/messages", i.serveMessages)
	mux.HandleFunc("GET /dev/inbox/style.css", serveStyle)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !ownName(r.Host) {
			http.NotFound(w, r)
			return
		}
		h := w.Header()
		h.Set("Cache-Control", "no-store")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Content-Security-Policy", "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'")
		mux.ServeHTTP(w, r)
	})
}

// ownName reports whether host, with or without a port, is loopback.
func ownName(host string) bool {
	if h, _, err := net.SplitHostPort(host); err == nil {
		host = h
	}
	host = strings.Trim(host, "[]")
	if ip, err := netip.ParseAddr(host); err == nil {
		return ip.IsLoopback()
	}
	return host == "localhost" || strings.HasSuffix(host, ".localhost")
}

func (i *Inbox) serveMessages(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(append([]Message{}, i.List()...)) // [] when empty, never null
}

func (i *Inbox) servePage(w http.ResponseWriter, _ *http.Request) {
	page, err := template.ParseFS(files, "page.html")
	if err != nil {
		http.Error(w, "the page is broken", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_ = page.Execute(w, i.List())
}

func serveStyle(w http.ResponseWriter, r *http.Request) {
	http.ServeFileFS(w, r, files, "style.css")
}
