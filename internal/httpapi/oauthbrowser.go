package httpapi

import (
	"net/http"
	"strings"

	"github.com/sallyport/sallyport/internal/fault"
	"github.com/sallyport/sallyport/internal/provider"
)

// passageCookie is a cookie that comes back with the provider's redirect, which
// is a navigation from another site: Lax, not Strict.
func passageCookie(name, value string, maxAge int) http.Cookie {
	return http.Cookie{Name: name, Value: value, Path: "/", Secure: true, HttpOnly: true, SameSite: http.SameSiteLaxMode, MaxAge: maxAge}
}

// startProvider sends a browser to a provider.
func (h resources) startProvider(w http.ResponseWriter, r *http.Request) {
	q, err := onlyOnce(r, "return_to", "code_challenge", "code_challenge_method", "ticket")
	if err != nil {
		h.providerPage(w, r, err, "")
		return
	}
	d, err := h.Providers.Start(r.Context(), provider.Wish{
		Provider: r.PathValue("provider"), ReturnTo: q["return_to"], Challenge: q["code_challenge"],
		Method: q["code_challenge_method"], Ticket: q["ticket"],
	})
	if err != nil {
		h.providerPage(w, r, err, "")
		return
	}
	forgetPassages(w, r)
	c := passageCookie(d.Cookie, d.Value, int(provider.StateLife.Seconds()))
	http.SetCookie(w, &c)
	http.Redirect(w, r, d.URL, http.StatusSeeOther)
}

// maxPassages is how many sign-ins one browser may have under way.
const maxPassages = 5

// forgetPassages deletes the cookies of older passages where there are too many,
// so that they never fill the request's header.
func forgetPassages(w http.ResponseWriter, r *http.Request) {
	var old []string
	for _, c := range r.Cookies() {
		if strings.HasPrefix(c.Name, provider.CookiePrefix) {
			old = append(old, c.Name)
		}
	}
	if len(old) < maxPassages {
		return
	}
	for _, name := range old {
		c := passageCookie(name, "", -1)
		http.SetCookie(w, &c)
	}
}

// finishProvider takes a browser back from a provider.
func (h resources) finishProvider(w http.ResponseWriter, r *http.Request) {
	q, err := onlyOnce(r, "state", "code", "iss", "error", "error_description")
	if err != nil {
		h.providerPage(w, r, err, "")
		return
	}
	landing, err := h.Providers.Callback(r.Context(), provider.Arrival{
		Provider: r.PathValue("provider"), State: q["state"], Reply: provider.Reply{Code: q["code"], Issuer: q["iss"]},
		Error: q["error"],
		Cookie: func(name string) string {
			if c, err := r.Cookie(name); err == nil {
				return c.Value
			}
			return ""
		},
	})
	if landing.Spent != "" {
		c := passageCookie(landing.Spent, "", -1)
		http.SetCookie(w, &c)
	}
	if err != nil {
		h.providerPage(w, r, err, landing.Back)
		return
	}
	if landing.Handover != "" {
		c := passageCookie(provider.HandoverCookie, landing.Handover, int(provider.HandoverLife.Seconds()))
		http.SetCookie(w, &c)
	}
	http.Redirect(w, r, landing.URL, http.StatusSeeOther)
}

// maxParam is the longest query parameter that is looked at, in bytes.
const maxParam = 4096

// onlyOnce reads the named query parameters; one that comes twice or is too long
// is refused. Others are passed over, as providers send some of their own.
func onlyOnce(r *http.Request, names ...string) (map[string]string, error) {
	out := map[string]string{}
	q := r.URL.Query()
	for _, name := range names {
		values := q[name]
		if len(values) > 1 || len(values) == 1 && len(values[0]) > maxParam {
			return nil, fault.New(fault.CodeMalformed)
		}
		if len(values) == 1 {
			out[name] = values[0]
		}
	}
	return out, nil
}
