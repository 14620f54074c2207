package httpapi

import (
	"bytes"
	"embed"
	"encoding/json"
	"html/template"
	"net/http"
	"strconv"
	"strings"
	"sync"

	"github.com/sallyport/sallyport/internal/fault"
)

//go:embed pages
var pages embed.FS

// RegisterDocs adds the OpenAPI document and its readable form: pages made here
// from the routes and the codes, with one stylesheet, no script and nothing from
// another host. Everything is made at the first request and kept.
func RegisterDocs(a *API, limits []string) {
	add := func(path, id, summary, media string, make func() ([]byte, error)) {
		r := Route{Method: "GET", Path: path, ID: id, Tag: "Documentation", Summary: summary, Auth: Public, Limits: limits}
		RegisterPlain(a, r, a.document(media, make))
	}
	const page = "text/html; charset=utf-8"
	add("/openapi.json", "openapiJSON", "The API as OpenAPI 3.1, in JSON", "application/json", a.openAPIJSON)
	add("/openapi.yaml", "openapiYAML", "The API as OpenAPI 3.1, in YAML", "application/yaml", a.huma.OpenAPI().YAML)
	add("/docs", "docs", "The API for people", page, func() ([]byte, error) { return render("reference.html", a.reference()) })
	add("/docs/errors", "docsErrors", "The error codes for people", page, func() ([]byte, error) { return render("errors.html", a.errorList()) })
	add("/docs/style.css", "docsStyle", "The stylesheet of these pages", "text/css; charset=utf-8", func() ([]byte, error) {
		return pages.ReadFile("pages/style.css")
	})
	add("/docs/provider.css", "providerStyle", "The stylesheet of the page about a failed provider sign-in", "text/css; charset=utf-8", func() ([]byte, error) {
		return pages.ReadFile("pages/provider.css")
	})
}

// document serves what make returns, made once.
func (a *API) document(media string, make func() ([]byte, error)) http.Handler {
	once := sync.OnceValues(make)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := once()
		if err != nil {
			a.WriteProblem(w, r, err)
			return
		}
		w.Header().Set("Content-Type", media)
		w.Header().Set("Cache-Control", "public, max-age=300")
		_, _ = w.Write(body) // the client is gone: nobody to tell
	})
}

func (a *API) openAPIJSON() ([]byte, error) { return json.Marshal(a.huma.OpenAPI()) }

// render fills one of the pages.
func render(name string, data any) ([]byte, error) {
	t, err := template.New(name).Funcs(template.FuncMap{"prose": prose}).ParseFS(pages, "pages/*.html")
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	err = t.ExecuteTemplate(&b, name, data)
	return b.Bytes(), err
}

// span is a piece of a paragraph.
type span struct {
	Text string
	Code bool
}

// prose is the little of Markdown that descriptions use: paragraphs and `code`.
func prose(text string) [][]span {
	var out [][]span
	for _, paragraph := range strings.Split(strings.TrimSpace(text), "\n\n") {
		if paragraph == "" {
			continue
		}
		var spans []span
		for i, part := range strings.Split(paragraph, "`") {
			spans = append(spans, span{part, i%2 == 1})
		}
		out = append(out, spans)
	}
	return out
}

// errorRow is one code as the documentation shows it.
type errorRow struct {
	Code   fault.Code
	Status int
	Title  string
	Detail string
}

// errorPage is the data of errors.html.
type errorPage struct {
	Title, Version string
	Errors         []errorRow
}

func (a *API) errorList() errorPage {
	return errorPage{a.cfg.Title, a.cfg.Version, errorRows(fault.Codes())}
}

func errorRows(codes []fault.Code) []errorRow {
	out := make([]errorRow, 0, len(codes))
	for _, c := range codes {
		out = append(out, errorRow{c, statusOf(c.Kind()), c.Title(), c.Sentence()})
	}
	return out
}

// ErrorsMarkdown is docs/errors.md: the table of codes for those who read the
// repository.
func ErrorsMarkdown() []byte {
	var b bytes.Buffer
	b.WriteString("# Errors\n\n" +
		"Generated from `internal/fault/codes.go`; do not edit.\n\n" +
		"Every refusal is a problem document (RFC 9457, `application/problem+json`):\n\n" +
		"```json\n" + `{"type":"/docs/errors#rate_limited","title":"Too many tries","status":429,` +
		`"detail":"Too many requests; wait as long as Retry-After says.","code":"rate_limited",` +
		`"request_id":"0199a1f0-3c5e-7d10-9a55-2f1c8c0e7b11","retry_after":12}` + "\n```\n\n" +
		"Switch on `code`, which never changes; `title` and `detail` are for people. `fields` names refused values\n" +
		"by their place in the request, never by their content. A server shows the same list at `/docs/errors`.\n\n" +
		"| code | status | title | what it says |\n| --- | --- | --- | --- |\n")
	for _, e := range errorRows(fault.Codes()) {
		b.WriteString(strings.Join([]string{"| <a id=\"" + string(e.Code) + "\"></a>`" + string(e.Code) + "`",
			strconv.Itoa(e.Status), e.Title, e.Detail + " |\n"}, " | "))
	}
	return b.Bytes()
}
