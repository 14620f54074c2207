package httpapi

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strconv"

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

// transform turns what Huma refuses by itself into our document, without the
// refused values; everything else passes.
func (a *API) transform(ctx huma.Context, _ string, v any) (any, error) {
	m, ok := v.(*huma.ErrorModel)
	if !ok {
		return v, nil
	}
	route, ok := ctx.Operation().Metadata[metaRoute].(Route)
	if ok && route.OnInvalid != nil && m.Status == http.StatusUnprocessableEntity {
		route.OnInvalid(ctx.Context())
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
