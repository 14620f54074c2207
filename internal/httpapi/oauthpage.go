package httpapi

import (
	"html/template"
	"net/http"
	"strconv"

	"github.com/sallyport/sallyport/internal/audit"
)

// providerProblem is the data of provider.html.
type providerProblem struct {
	Detail, RequestID string
	// Back is one of the places that Targets allows: it may be a native app's.
	Back template.URL
	// Said is what the provider wrote about it, as text.
	Said string
}

// maxSaid is how much of a provider's own words is shown, in bytes.
const maxSaid = 200

// providerPage tells a person what went wrong on the way through a provider, and
// what to do: browsers are sent here, so a problem document would be of no use
// (OA-16). back is where the sign-in began; empty: unknown.
func (h resources) providerPage(w http.ResponseWriter, r *http.Request, err error, back string) {
	p := h.Problem(r.Context(), err)
	page := providerProblem{Detail: p.Detail, RequestID: p.RequestID}
	if back == "" {
		back = h.Providers.Targets.Resolve("")
	} else { // it began here, so the words are the provider's and not those of whoever made the link
		page.Said = audit.CleanText(r.URL.Query().Get("error_description"), maxSaid)
	}
	page.Back = template.URL(back) //nolint:gosec // G203: Targets allowed it, and the operator wrote that list
	body, err := render("provider.html", page)
	if err != nil {
		h.Refuse(w, r, err)
		return
	}
	if p.RetryAfter > 0 {
		w.Header().Set("Retry-After", strconv.Itoa(p.RetryAfter))
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(p.Status)
	_, _ = w.Write(body) // the client is gone: nobody to tell
}
