package httpapi

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
)

// referencePage is the data of reference.html.
type referencePage struct {
	Title, Version string
	Chapters       []chapter
}

// chapter is a tag with its routes, in the order of the table of contents.
type chapter struct {
	Name       string
	Operations []operation
}

// operation is one route as the page shows it.
type operation struct {
	Route
	LimitTexts []string // "sign-in: 10 per 1m"
	Params     []field
	Body       *shape
	Answers    []answer
	Refusals   []errorRow
}

// answer is one response that is no refusal.
type answer struct {
	Status, Text string
	Body         *shape
}

// shape is a JSON value and the fields in it.
type shape struct {
	Type   string
	Fields []field
}

// field is one row of a table of fields or parameters.
type field struct {
	Name, Where, Type, Rules, Doc string
	Required                      bool
}

// reference collects what the page shows.
func (a *API) reference() referencePage {
	page := referencePage{Title: a.cfg.Title, Version: a.cfg.Version}
	for _, r := range a.routes {
		i := slices.IndexFunc(page.Chapters, func(c chapter) bool { return c.Name == r.Tag })
		if i < 0 {
			i = len(page.Chapters)
			page.Chapters = append(page.Chapters, chapter{Name: r.Tag})
		}
		page.Chapters[i].Operations = append(page.Chapters[i].Operations, a.describe(r))
	}
	return page
}

// describe puts together what is known of one route.
func (a *API) describe(r Route) operation {
	op := operation{Route: r, Refusals: errorRows(a.codes[r.ID])}
	slices.SortStableFunc(op.Refusals, func(x, y errorRow) int { return x.Status - y.Status })
	for _, name := range r.Limits {
		rule := a.rules[name]
		op.LimitTexts = append(op.LimitTexts, fmt.Sprintf("%s: %d per %s", name, rule.N, brief(rule.Per)))
	}
	spec := operationOf(a.huma.OpenAPI(), r)
	if spec == nil {
		return op
	}
	for _, p := range spec.Parameters {
		f := a.field(p.Name, p.Schema, p.Required)
		f.Where = p.In
		op.Params = append(op.Params, f)
	}
	if spec.RequestBody != nil {
		op.Body = a.shapeOf(spec.RequestBody.Content)
	}
	for _, status := range slices.Sorted(maps.Keys(spec.Responses)) {
		if code, err := strconv.Atoi(status); err == nil && code < 400 {
			res := spec.Responses[status]
			op.Answers = append(op.Answers, answer{status, res.Description, a.shapeOf(res.Content)})
		}
	}
	return op
}

// brief writes a duration without its zeros: "1m", not "1m0s".
func brief(d time.Duration) string {
	s := d.String()
	for _, zero := range []string{"m0s", "h0m"} {
		if strings.HasSuffix(s, zero) {
			s = s[:len(s)-2]
		}
	}
	return s
}

// operationOf finds the OpenAPI operation of a route.
func operationOf(doc *huma.OpenAPI, r Route) *huma.Operation {
	item := doc.Paths[r.Path]
	if item == nil {
		return nil
	}
	switch r.Method {
	case http.MethodGet:
		return item.Get
	case http.MethodPost:
		return item.Post
	case http.MethodPut:
		return item.Put
	case http.MethodPatch:
		return item.Patch
	case http.MethodDelete:
		return item.Delete
	default:
		return nil
	}
}

// shapeOf describes the first media type that has a schema.
func (a *API) shapeOf(content map[string]*huma.MediaType) *shape {
	for _, media := range slices.Sorted(maps.Keys(content)) {
		if s := content[media].Schema; s != nil {
			return &shape{Type: a.typeOf(s), Fields: a.fields("", s, 0)}
		}
	}
	return nil
}

// maxNesting is how deep the page unfolds objects.
const maxNesting = 4

// fields lists the fields of an object, or of the objects in a list, those of
// inner objects after the outer ones with their names joined by dots.
func (a *API) fields(prefix string, s *huma.Schema, depth int) []field {
	s = a.resolve(s)
	if s == nil || depth == maxNesting {
		return nil
	}
	if s.Type == huma.TypeArray {
		return a.fields(strings.TrimSuffix(prefix, ".")+"[].", s.Items, depth+1)
	}
	var out []field
	for _, name := range slices.Sorted(maps.Keys(s.Properties)) {
		inner := s.Properties[name]
		out = append(out, a.field(prefix+name, inner, slices.Contains(s.Required, name)))
		out = append(out, a.fields(prefix+name+".", inner, depth+1)...)
	}
	return out
}

func (a *API) field(name string, s *huma.Schema, required bool) field {
	f := field{Name: name, Required: required}
	if s == nil {
		return f
	}
	f.Doc = s.Description
	f.Type = a.typeOf(s)
	f.Rules = rulesOf(a.resolve(s))
	return f
}

// resolve follows a reference.
func (a *API) resolve(s *huma.Schema) *huma.Schema {
	for s != nil && s.Ref != "" {
		s = a.huma.OpenAPI().Components.Schemas.SchemaFromRef(s.Ref)
	}
	return s
}

func (a *API) typeOf(s *huma.Schema) string {
	s = a.resolve(s)
	switch {
	case s == nil || s.Type == "":
		return "any"
	case s.Type == huma.TypeArray:
		return "list of " + a.typeOf(s.Items)
	default:
		return s.Type
	}
}

// rulesOf names what the value has to satisfy.
func rulesOf(s *huma.Schema) string {
	if s == nil {
		return ""
	}
	var out []string
	add := func(format string, v any) { out = append(out, fmt.Sprintf(format, v)) }
	if s.Format != "" {
		add("%s", s.Format)
	}
	if len(s.Enum) > 0 {
		add("one of %v", s.Enum)
	}
	if s.MinLength != nil {
		add("at least %d characters", *s.MinLength)
	}
	if s.MaxLength != nil {
		add("at most %d characters", *s.MaxLength)
	}
	if s.Minimum != nil {
		add("at least %v", *s.Minimum)
	}
	if s.Maximum != nil {
		add("at most %v", *s.Maximum)
	}
	if s.Pattern != "" {
		add("matches %s", s.Pattern)
	}
	return strings.Join(out, ", ")
}
