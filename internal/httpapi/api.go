package httpapi

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"reflect"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/sallyport/sallyport/internal/fault"
	"github.com/sallyport/sallyport/internal/httpapi/middleware"
	"github.com/sallyport/sallyport/internal/limit"
)

// Config is what the frame needs to know. All but Pages and Refused are
// required.
type Config struct {
	Title     string // of the documentation
	Version   string
	PublicURL string // named as the server in the OpenAPI document
	Log       *slog.Logger
	Outage    func(error) bool // see Problems; nil: none

	Rules         []limit.Rule // every rule a Route may name
	Limiter       Limiter
	Authenticator Authenticator
	// StepUp returns fault.CodeStepUpRequired with its Need unless the caller's
	// proof is fresh and strong enough for a guarded action (MF-03).
	StepUp func(ctx context.Context, p Principal, within time.Duration) error
	// Refused is told of each call the frame refuses before the handler: limits,
	// missing rights. Where the caller is known, PrincipalOf(ctx) says who. It
	// must not block.
	Refused func(ctx context.Context, route Route, err *fault.Error)
	// Pages are the web UI, asked for GET and HEAD outside /api/ where no route
	// matches; nil: there is none.
	Pages Pages
}

// Pages answer for the paths they have; every other path is a 404 problem.
type Pages interface {
	http.Handler
	Has(path string) bool
}

// API collects routes and serves them. Register all routes, then call Build
// once.
type API struct {
	cfg      Config
	problems *Problems
	rules    map[string]limit.Rule

	mux    *http.ServeMux // the routes and the catch-all
	bare   *http.ServeMux // the routes alone, asked which methods a path has
	huma   huma.API
	routes []Route
	codes  map[string][]fault.Code // by operation id: everything a route answers
	// refused holds the problem responses of the document, by their description.
	refused map[string]*huma.Response
	errs    []error
}

// New returns an API without routes.
func New(cfg Config) *API {
	a := &API{
		cfg:      cfg,
		problems: &Problems{Log: cfg.Log, Outage: cfg.Outage},
		rules:    map[string]limit.Rule{},
		mux:      http.NewServeMux(),
		bare:     http.NewServeMux(),
		codes:    map[string][]fault.Code{},
		refused:  map[string]*huma.Response{},
	}
	for _, r := range cfg.Rules {
		a.rules[r.Name] = r
	}
	a.huma = huma.NewAPI(a.humaConfig(), (*adapter)(a))
	a.mux.HandleFunc("/", a.unmatched)
	return a
}

// Register adds a route whose handler takes an I and answers an O, in Huma's
// terms: the fields of I are path, query, header and cookie parameters, or Body;
// those of O are headers, Status, or Body. The handler finds its caller with
// PrincipalOf, and whatever error it returns leaves as a problem document.
func Register[I, O any](a *API, r Route, handler func(context.Context, *I) (*O, error)) {
	input := reflect.TypeFor[I]()
	a.add(r, func() {
		op := a.operation(r, bodyOf(input), false)
		huma.Register(a.huma, op, func(ctx context.Context, in *I) (*O, error) {
			out, err := handler(ctx, in)
			if err != nil {
				return nil, a.problems.of(ctx, err)
			}
			return out, nil
		})
	})
}

// RegisterPlain adds a route whose handler speaks HTTP itself: redirects, pages,
// the WebSocket. It goes through the same limits, authentication and
// documentation; its body, if it reads one, is capped and not looked at.
func RegisterPlain(a *API, r Route, handler http.Handler) {
	a.add(r, func() {
		op := a.operation(r, bodyKind{none: true}, true)
		op.Parameters = pathParams(r.Path)
		op.Responses[success(r)] = &huma.Response{Description: "Done; see the description."}
		a.huma.OpenAPI().AddOperation(&op)
		if r.Method != http.MethodGet {
			handler = middleware.BodyLimit(r.maxBody(), a.problems.Write)(handler)
		}
		a.mount(r, a.guard(r, handler))
	})
}

// add checks r and, where nothing is missing, lets mount put it in place. What
// mount panics with, such as a pattern that is taken, becomes an error of Build.
func (a *API) add(r Route, mount func()) {
	if err := r.check(a.rules); err != nil {
		a.errs = append(a.errs, err)
		return
	}
	defer func() {
		if p := recover(); p != nil {
			a.errs = append(a.errs, fmt.Errorf("route %s %s: %v", r.Method, r.Path, p))
		}
	}()
	if _, taken := a.codes[r.ID]; taken {
		panic("operation id " + r.ID + " is taken")
	}
	mount()
	a.routes = append(a.routes, r)
}

// mount puts a handler under the route's pattern.
func (a *API) mount(r Route, h http.Handler) {
	pattern := r.Method + " " + r.Path
	a.bare.Handle(pattern, h)
	a.mux.Handle(pattern, h)
}

// Routes returns every route, in the order of registration.
func (a *API) Routes() []Route { return append([]Route(nil), a.routes...) }

// Rule returns the limit of that name, for the documentation.
func (a *API) Rule(name string) (r limit.Rule, ok bool) {
	r, ok = a.rules[name]
	return r, ok
}

// WriteProblem answers err as a problem document, for plain handlers and
// middleware.
func (a *API) WriteProblem(w http.ResponseWriter, r *http.Request, err error) {
	a.problems.Write(w, r, err)
}

// Build returns the handler of all routes, or everything that is wrong with
// them, joined.
func (a *API) Build() (http.Handler, error) {
	missing := map[string]bool{
		"Log": a.cfg.Log == nil, "Limiter": a.cfg.Limiter == nil,
		"Authenticator": a.cfg.Authenticator == nil, "StepUp": a.cfg.StepUp == nil,
	}
	errs := append([]error(nil), a.errs...)
	for _, name := range []string{"Log", "Limiter", "Authenticator", "StepUp"} {
		if missing[name] {
			errs = append(errs, errors.New("httpapi: Config."+name+" is missing"))
		}
	}
	if len(errs) > 0 {
		return nil, errors.Join(errs...)
	}
	// Huma names its own error model in every document; nothing here answers it.
	delete(a.huma.OpenAPI().Components.Schemas.Map(), "ErrorModel")
	delete(a.huma.OpenAPI().Components.Schemas.Map(), "ErrorDetail")
	return http.HandlerFunc(a.serve), nil
}
