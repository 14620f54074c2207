package httpapi

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/sallyport/sallyport/internal/fault"
)

// Brand is how the pages for people look.
type Brand struct {
	Name string
	// Color is of the form #rrggbb; empty: the pages' own.
	Color string
	// Logo and LogoType are a picture and its media type; empty: the pages' own.
	Logo     []byte
	LogoType string
	// SignUp is whether anybody may register.
	SignUp bool
	// Origins may be returned to after a sign-in; see returnTo.
	Origins []string
}

// brandRoutes is what the pages ask before they show anything.
func (h resources) brandRoutes(a *API) {
	api := []string{RuleAPI}
	Register(a, Route{Method: "GET", Path: "/api/v1/brand", ID: "brand", Tag: "Pages", Summary: "How this server presents itself", Auth: Public, Limits: api}, h.brand)
	Register(a, Route{Method: "GET", Path: "/api/v1/return-to", ID: "returnTo", Tag: "Pages", Summary: "Whether a page may be returned to", Description: "After a sign-in on the hosted pages: pages of the origins in CORS_ORIGINS, of FRONTEND_URL and of the server itself.", Auth: Public, Limits: api}, h.returnTo)
	RegisterPlain(a, Route{Method: "GET", Path: "/brand/theme.css", ID: "brandTheme", Tag: "Pages", Summary: "The colours of the pages", Auth: Public, Limits: api}, http.HandlerFunc(h.brandTheme))
	if len(h.Brand.Logo) > 0 {
		RegisterPlain(a, Route{Method: "GET", Path: "/brand/logo", ID: "brandLogo", Tag: "Pages", Summary: "The logo of the pages", Auth: Public, Limits: api}, http.HandlerFunc(h.brandLogo))
	}
}

type brandOutput struct {
	Body struct {
		Name   string `json:"name"`
		Logo   string `json:"logo" doc:"The path of a picture."`
		SignUp bool   `json:"sign_up" doc:"Whether anybody may register."`
	} `nameHint:"Brand"`
}

func (h resources) brand(context.Context, *struct{}) (*brandOutput, error) {
	out := &brandOutput{}
	out.Body.Name, out.Body.Logo, out.Body.SignUp = h.Brand.Name, "/favicon.svg", h.Brand.SignUp
	if len(h.Brand.Logo) > 0 {
		out.Body.Logo = "/brand/logo"
	}
	return out, nil
}

// brandTheme is a style sheet, because the content policy allows no style in a
// page. The setting is checked to be #rrggbb and nothing else.
func (h resources) brandTheme(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/css; charset=utf-8")
	w.Header().Set("Cache-Control", "no-cache")
	if h.Brand.Color == "" {
		return
	}
	_, _ = w.Write([]byte(strings.NewReplacer("COLOR", h.Brand.Color).Replace(`:root {
  --mantine-color-teal-9: COLOR;
  --mantine-color-teal-filled: COLOR;
  --mantine-color-teal-filled-hover: color-mix(in srgb, COLOR 82%, black);
  --mantine-primary-color-filled: COLOR;
  --mantine-primary-color-filled-hover: color-mix(in srgb, COLOR 82%, black);
  --mantine-color-anchor: COLOR;
}
:root[data-mantine-color-scheme="dark"] {
  --mantine-color-anchor: color-mix(in srgb, COLOR 35%, white);
}
`)))
}

func (h resources) brandLogo(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", h.Brand.LogoType)
	w.Header().Set("Cache-Control", "public, max-age=300")
	_, _ = w.Write(h.Brand.Logo)
}

type returnToInput struct {
	To string `query:"to" required:"true" maxLength:"2048"`
}

type returnToOutput struct {
	Body struct {
		To string `json:"to" doc:"The address to go to."`
	} `nameHint:"ReturnTo"`
}

// returnTo allows pages of known origins, compared whole (OA-11). What a browser
// could read otherwise than this parser is refused.
func (h resources) returnTo(_ context.Context, in *returnToInput) (*returnToOutput, error) {
	refuse := fault.InvalidField("to", "Pages of this site are not on the list of those that may be returned to.", "not_allowed")
	odd := func(r rune) bool { return r <= ' ' || r == '\\' || r >= 0x7f }
	u, err := url.Parse(in.To)
	if err != nil || strings.ContainsFunc(in.To, odd) || u.User != nil || u.Opaque != "" || u.Host == "" {
		return nil, refuse
	}
	if !slices.Contains(h.Brand.Origins, u.Scheme+"://"+u.Host) {
		return nil, refuse
	}
	out := &returnToOutput{}
	out.Body.To = u.String()
	return out, nil
}
