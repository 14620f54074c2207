package httpapi

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"path"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"github.com/sallyport/sallyport/internal/fault"
)

// adapter is how Huma mounts an operation: behind the route's guard.
type adapter API

// metaRoute and metaBody are where an operation carries what it was made of.
const (
	metaRoute = "route"
	metaBody  = "body"
)

// Handle mounts one operation; Huma calls it from Register.
func (ad *adapter) Handle(op *huma.Operation, handler func(huma.Context)) {
	a := (*API)(ad)
	route, body := op.Metadata[metaRoute].(Route), op.Metadata[metaBody].(bodyKind)
	a.mount(route, a.guard(route, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := prepare(w, r, body, route.maxBody()); err != nil {
			a.problems.Write(w, r, err)
			return
		}
		handler(humago.NewContext(op, r, w))
	})))
}

// ServeHTTP is part of huma.Adapter.
func (ad *adapter) ServeHTTP(w http.ResponseWriter, r *http.Request) { (*API)(ad).serve(w, r) }

// prepare does what comes before Huma reads anything. Accept is settled here, so
// that no choice is left to make later.
func prepare(w http.ResponseWriter, r *http.Request, body bodyKind, size int64) error {
	if !acceptsJSON(r) {
		return fault.New(fault.CodeNotAcceptable)
	}
	r.Header.Del("Accept")
	return readBody(w, r, body, size)
}

// humaConfig sets Huma up: strict JSON, our problem documents by a transformer
// (so that no package variable of Huma has to be replaced), and none of its own
// pages, which would load scripts from other hosts.
func (a *API) humaConfig() huma.Config {
	format := huma.Format{Marshal: marshal, Unmarshal: unmarshal}
	cfg := huma.DefaultConfig(a.cfg.Title, a.cfg.Version)
	cfg.OpenAPIPath, cfg.DocsPath, cfg.SchemasPath = "", "", ""
	cfg.CreateHooks = nil // no $schema links in bodies
	cfg.Formats = map[string]huma.Format{jsonType: format, "json": format}
	cfg.RejectUnknownQueryParameters = true
	cfg.Transformers = []huma.Transformer{a.transform}
	cfg.Servers = []*huma.Server{{URL: a.cfg.PublicURL}}
	cfg.Components.SecuritySchemes = securitySchemes()
	return cfg
}

func marshal(w io.Writer, v any) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	return enc.Encode(v)
}

// unmarshal is called twice for a body: into an any, which is validated, and
// then into the handler's input.
func unmarshal(data []byte, v any) error {
	if target, ok := v.(*any); ok {
		tree, err := parseStrict(data)
		*target = tree
		return err
	}
	return json.NewDecoder(bytes.NewReader(data)).Decode(v)
}

// operation describes r to Huma and to the OpenAPI document.
func (a *API) operation(r Route, body bodyKind, plain bool) huma.Operation {
	codes := r.codes(plain)
	a.codes[r.ID] = codes
	return huma.Operation{
		OperationID:   r.ID,
		Method:        r.Method,
		Path:          r.Path,
		Summary:       r.Summary,
		Description:   r.Description,
		Tags:          []string{r.Tag},
		DefaultStatus: r.Status,
		Security:      security(r.Auth),
		Responses:     a.refusals(codes),
		// readBody has read and capped the body before Huma sees it, so Huma needs
		// neither a cap nor a deadline for it.
		MaxBodyBytes:    -1,
		BodyReadTimeout: -1,
		Extensions:      map[string]any{"x-limits": r.Limits, "x-step-up": r.StepUp},
		Metadata:        map[string]any{metaRoute: r, metaBody: body},
	}
}

// pathParams documents the {names} of a pattern.
func pathParams(pattern string) []*huma.Param {
	var out []*huma.Param
	for _, segment := range strings.Split(pattern, "/") {
		if name, ok := strings.CutPrefix(segment, "{"); ok {
			name = strings.TrimSuffix(name, "}")
			out = append(out, &huma.Param{Name: name, In: "path", Required: true, Schema: &huma.Schema{Type: huma.TypeString}})
		}
	}
	return out
}

// refusals documents the problem responses, one per status, naming its codes.
func (a *API) refusals(codes []fault.Code) map[string]*huma.Response {
	schema := a.huma.OpenAPI().Components.Schemas.Schema(reflect.TypeFor[Problem](), true, "Problem")
	out := map[string]*huma.Response{}
	for _, c := range codes {
		key := strconv.Itoa(statusOf(c.Kind()))
		if r, ok := out[key]; ok {
			r.Description += ", `" + string(c) + "`"
			continue
		}
		out[key] = &huma.Response{
			Description: "`" + string(c) + "`",
			Content:     map[string]*huma.MediaType{problemType: {Schema: schema}},
		}
	}
	return out
}

// success is the key of the success response.
func success(r Route) string {
	if r.Status == 0 {
		return strconv.Itoa(http.StatusOK)
	}
	return strconv.Itoa(r.Status)
}

func securitySchemes() map[string]*huma.SecurityScheme {
	return map[string]*huma.SecurityScheme{
		string(AccessBearer):  {Type: "http", Scheme: "bearer", BearerFormat: "JWT", Description: "An access token."},
		string(AttemptBearer): {Type: "http", Scheme: "bearer", BearerFormat: "opaque", Description: "The mfa_token of a sign-in that waits for its next factor."},
		string(ServiceBearer): {Type: "http", Scheme: "bearer", BearerFormat: "opaque", Description: "A backend's service key."},
	}
}

// security lists the schemes that would do, each alone.
func security(auth Auth) []map[string][]string {
	var out []map[string][]string
	for _, k := range []BearerKind{AccessBearer, AttemptBearer, ServiceBearer} {
		if auth.admits(k) {
			out = append(out, map[string][]string{string(k): {}})
		}
	}
	return out
}

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
// other methods, else the fallback or 404.
func (a *API) unmatched(w http.ResponseWriter, r *http.Request) {
	if allow := a.allowed(r); len(allow) > 0 {
		w.Header().Set("Allow", strings.Join(allow, ", "))
		a.problems.Write(w, r, fault.New(fault.CodeMethodNotAllowed))
		return
	}
	read := r.Method == http.MethodGet || r.Method == http.MethodHead
	if a.cfg.Fallback != nil && read && !strings.HasPrefix(r.URL.Path, "/api/") {
		a.cfg.Fallback.ServeHTTP(w, r)
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

// transform turns what Huma refuses by itself into our document, without the
// refused values; everything else passes.
func (a *API) transform(ctx huma.Context, _ string, v any) (any, error) {
	m, ok := v.(*huma.ErrorModel)
	if !ok {
		return v, nil
	}
	p := a.problems.of(ctx.Context(), refusalOf(m))
	if p.Status != m.Status {
		return nil, errors.New("httpapi: refusal with a status of its own: " + strconv.Itoa(m.Status))
	}
	for name, values := range p.GetHeaders() {
		ctx.SetHeader(name, values[0])
	}
	return p, nil
}
