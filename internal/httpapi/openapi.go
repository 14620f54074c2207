package httpapi

import (
	"net/http"
	"reflect"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"github.com/sallyport/sallyport/internal/fault"
)

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
	named := map[string][]string{}
	for _, c := range codes {
		status := strconv.Itoa(statusOf(c.Kind()))
		named[status] = append(named[status], "`"+string(c)+"`")
	}
	out := map[string]*huma.Response{}
	for status, names := range named {
		out[status] = a.refusal(strings.Join(names, ", "))
	}
	return out
}

// refusal returns the problem response of that description. Routes share it, since
// most are refused in the same few ways.
func (a *API) refusal(description string) *huma.Response {
	if r, ok := a.refused[description]; ok {
		return r
	}
	schema := a.huma.OpenAPI().Components.Schemas.Schema(reflect.TypeFor[Problem](), true, "Problem")
	r := &huma.Response{
		Description: description,
		Content:     map[string]*huma.MediaType{problemType: {Schema: schema}},
	}
	a.refused[description] = r
	return r
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
