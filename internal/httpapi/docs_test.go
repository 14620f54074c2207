package httpapi_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/sallyport/sallyport/internal/fault"
	"github.com/sallyport/sallyport/internal/httpapi"
)

// documented is a frame with a route of each sort and the documentation.
func documented(t *testing.T) (*frame, http.Handler) {
	t.Helper()
	f := newFrame(t)
	registerLogin(f)
	guarded := route("DELETE", "/api/v1/me", "deleteMe", httpapi.Access)
	guarded.StepUp = true
	httpapi.Register(f.API, guarded, noop)
	httpapi.Register(f.API, route("POST", "/api/v1/mfa/totp/verify", "verifyTOTP", httpapi.AccessOrAttempt), noop)
	ws := route("GET", "/api/v1/oauth/{provider}/callback", "callback", httpapi.ByHandler)
	ws.Description = "First.\n\nSecond with `code` and <b>no markup</b>."
	httpapi.RegisterPlain(f.API, ws, http.NotFoundHandler())
	httpapi.RegisterHealth(f.API, []string{"read"}, nil)
	httpapi.RegisterDocs(f.API, []string{"read"})
	return f, f.build(t)
}

// openAPI is what the tests read of the document.
type openAPI struct {
	OpenAPI string
	Servers []struct{ URL string }
	Paths   map[string]map[string]struct {
		OperationID, Summary string
		Tags                 []string
		Security             []map[string][]string
		Parameters           []struct{ Name, In string }
		Responses            map[string]struct {
			Description string
			Content     map[string]struct{ Schema map[string]any }
		}
		Limits []string `json:"x-limits"`
	}
	Components struct {
		Schemas         map[string]any
		SecuritySchemes map[string]any
	}
}

func TestOpenAPI(t *testing.T) {
	f, h := documented(t)
	w := call(h, "GET", "/openapi.json", "")
	var doc openAPI
	if err := json.Unmarshal(w.Body.Bytes(), &doc); err != nil || w.Code != 200 {
		t.Fatalf("got %d, %v", w.Code, err)
	}
	if !strings.HasPrefix(doc.OpenAPI, "3.1") || doc.Servers[0].URL != "http://localhost:8000" {
		t.Errorf("got OpenAPI %s at %v, want 3.1 at PUBLIC_URL", doc.OpenAPI, doc.Servers)
	}
	for _, name := range []string{"ErrorModel", "ErrorDetail"} {
		if doc.Components.Schemas[name] != nil {
			t.Errorf("schema %s describes nothing this server answers", name)
		}
	}
	for _, r := range f.Routes() {
		op, ok := doc.Paths[r.Path][strings.ToLower(r.Method)]
		if !ok || op.OperationID != r.ID || op.Summary == "" || len(op.Tags) != 1 || len(op.Limits) == 0 {
			t.Errorf("%s %s: documented as %+v", r.Method, r.Path, op)
			continue
		}
		for _, status := range []string{"429", "500", "503"} {
			if op.Responses[status].Content["application/problem+json"].Schema["$ref"] != "#/components/schemas/Problem" {
				t.Errorf("%s %s: %s is not documented as a problem: %+v", r.Method, r.Path, status, op.Responses[status])
			}
		}
		if asks := r.Auth != httpapi.Public && r.Auth != httpapi.ByHandler; asks != (len(op.Security) > 0) || asks != strings.Contains(op.Responses["401"].Description, "`unauthenticated`") {
			t.Errorf("%s %s (%s): security %v, 401 %q", r.Method, r.Path, r.Auth, op.Security, op.Responses["401"].Description)
		}
	}
	login := doc.Paths["/api/v1/auth/login"]["post"].Responses
	for status, codes := range map[string]string{"401": "`invalid_credentials`", "422": "`invalid_request`", "413": "`request_too_large`", "400": "`malformed_request`", "403": "`cross_origin_refused`"} {
		if login[status].Description != codes {
			t.Errorf("login %s: got %q, want %s", status, login[status].Description, codes)
		}
	}
	if got := doc.Paths["/api/v1/mfa/totp/verify"]["post"].Security; fmt.Sprint(got) != "[map[access:[]] map[attempt:[]]]" {
		t.Errorf("either token: got %v", got)
	}
	if got := doc.Paths["/api/v1/oauth/{provider}/callback"]["get"].Parameters; len(got) != 1 || got[0].Name != "provider" {
		t.Errorf("parameters of a plain route: got %v", got)
	}
	if w := call(h, "GET", "/openapi.yaml", ""); w.Code != 200 || !strings.Contains(w.Body.String(), "openapi: 3.1") {
		t.Errorf("YAML: got %d %.100s", w.Code, w.Body)
	}
}

func TestDocs(t *testing.T) {
	f, h := documented(t)
	page := call(h, "GET", "/docs", "").Body.String()
	for _, r := range f.Routes() {
		if !strings.Contains(page, `id="`+r.ID+`"`) || !strings.Contains(page, r.Path) {
			t.Errorf("%s %s is not on the page", r.Method, r.Path)
		}
	}
	for _, want := range []string{
		"sign-in: 10 per 1m,", "with a fresh proof", "access token or attempt token", "<code>email</code> <em>required</em>", "at most 254 characters",
		"Second with <code>code</code> and &lt;b&gt;no markup&lt;/b&gt;.", `href="/docs/errors#invalid_credentials"`,
	} {
		if !strings.Contains(page, want) {
			t.Errorf("the page does not say %q", want)
		}
	}
	codes := call(h, "GET", "/docs/errors", "").Body.String()
	for _, c := range fault.Codes() {
		if !strings.Contains(codes, `<article id="`+string(c)+`">`) {
			t.Errorf("%s has no anchor", c)
		}
	}
	style := call(h, "GET", "/docs/style.css", "")
	if style.Code != 200 || !strings.HasPrefix(style.Header().Get("Content-Type"), "text/css") {
		t.Errorf("stylesheet: got %d %s", style.Code, style.Header().Get("Content-Type"))
	}
	outside := regexp.MustCompile(`(?i)(https?:)?//[a-z0-9]|<script|<style|style=|onclick=|@import|url\(`)
	for name, text := range map[string]string{"/docs": page, "/docs/errors": codes, "/docs/style.css": style.Body.String()} {
		if found := outside.FindString(text); found != "" {
			t.Errorf("OP-06 %s holds %q: something inline or from another host", name, found)
		}
	}
}

func TestEveryRefusalIsDocumented(t *testing.T) {
	f, h := documented(t)
	var doc openAPI
	if err := json.Unmarshal(call(h, "GET", "/openapi.json", "").Body.Bytes(), &doc); err != nil {
		t.Fatal(err)
	}
	tries := [][]string{{}, {"Authorization", "Bearer x"}, {"Accept", "text/xml"}, {"Content-Type", "text/plain"}}
	for _, r := range f.Routes() {
		known := doc.Paths[r.Path][strings.ToLower(r.Method)].Responses
		for _, headers := range tries {
			for _, body := range []string{"", "{", "[]", strings.Repeat(" ", 65<<10)} {
				w := call(h, r.Method, r.Path, body, headers...)
				status := fmt.Sprint(w.Code)
				if _, ok := known[status]; !ok && !slices.Contains([]string{"404"}, status) {
					t.Errorf("%s %s with %v and a body of %d bytes: %s is not documented", r.Method, r.Path, headers, len(body), status)
				}
			}
		}
	}
}
