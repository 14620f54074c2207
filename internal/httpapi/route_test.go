package httpapi_test

import (
	"context"
	"net/http"
	"strings"
	"testing"

	"github.com/sallyport/sallyport/internal/fault"
	"github.com/sallyport/sallyport/internal/httpapi"
)

func noop(context.Context, *struct{}) (*struct{}, error) { return nil, nil }

func TestRegisterRefuses(t *testing.T) {
	tests := []struct {
		name, want string
		change     func(*httpapi.Route)
	}{
		{"RL-09 no limit", "limit is missing", func(r *httpapi.Route) { r.Limits = nil }},
		{"RL-09 unknown limit", "limit typo is not a known rule", func(r *httpapi.Route) { r.Limits = []string{"typo"} }},
		{"no authentication", "authentication is not stated", func(r *httpapi.Route) { r.Auth = 0 }},
		{"made-up authentication", "authentication is not stated", func(r *httpapi.Route) { r.Auth = 99 }},
		{"no summary", "summary is missing", func(r *httpapi.Route) { r.Summary = "" }},
		{"no tag", "tag is missing", func(r *httpapi.Route) { r.Tag = "" }},
		{"no operation id", "operation id is missing", func(r *httpapi.Route) { r.ID = "" }},
		{"no method", "method is not one of", func(r *httpapi.Route) { r.Method = "" }},
		{"lower-case method", "method is not one of", func(r *httpapi.Route) { r.Method = "get" }},
		{"OPTIONS", "method is not one of", func(r *httpapi.Route) { r.Method = "OPTIONS" }},
		{"relative path", "path does not begin with /", func(r *httpapi.Route) { r.Path = "api" }},
		{"slash at the end", "path ends with /", func(r *httpapi.Route) { r.Path = "/api/" }},
		{"handler's own way of authentication unsaid", "how the handler authenticates", func(r *httpapi.Route) { r.Auth, r.Description = httpapi.ByHandler, "" }},
		{"step-up of nobody", "step-up needs an access token", func(r *httpapi.Route) { r.StepUp = true }},
		{"error that is no code", "error oops is not a known code", func(r *httpapi.Route) { r.Errors = []fault.Code{"oops"} }},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := route("GET", "/api/v1/x", "x", httpapi.Public)
			tt.change(&r)
			huma, plain := newFrame(t), newFrame(t)
			httpapi.Register(huma.API, r, noop)
			httpapi.RegisterPlain(plain.API, r, http.NotFoundHandler())
			for _, f := range []*frame{huma, plain} {
				if _, err := f.Build(); err == nil || !strings.Contains(err.Error(), tt.want) {
					t.Errorf("Build: got %v, want an error about %q", err, tt.want)
				}
				if n := len(f.Routes()); n != 0 {
					t.Errorf("got %d routes, want none", n)
				}
			}
		})
	}
}

func TestBuildRefuses(t *testing.T) {
	t.Run("the same operation id twice", func(t *testing.T) {
		f := newFrame(t)
		httpapi.Register(f.API, route("GET", "/a", "x", httpapi.Public), noop)
		httpapi.Register(f.API, route("GET", "/b", "x", httpapi.Public), noop)
		wantBuildError(t, f.API, "operation id x is taken")
	})
	t.Run("the same pattern twice", func(t *testing.T) {
		f := newFrame(t)
		httpapi.Register(f.API, route("GET", "/a/{x}", "x", httpapi.Public), noop)
		httpapi.Register(f.API, route("GET", "/a/{y}", "y", httpapi.Public), noop)
		wantBuildError(t, f.API, "route GET /a/{y}")
	})
	t.Run("an input that is no struct", func(t *testing.T) {
		f := newFrame(t)
		httpapi.Register(f.API, route("GET", "/a", "x", httpapi.Public), func(context.Context, *string) (*struct{}, error) { return nil, nil })
		wantBuildError(t, f.API, "input must be a struct")
	})
	t.Run("every fault at once", func(t *testing.T) {
		f := newFrame(t)
		httpapi.Register(f.API, httpapi.Route{Method: "GET", Path: "/a", ID: "a"}, noop)
		httpapi.Register(f.API, httpapi.Route{Method: "GET", Path: "/b", ID: "b"}, noop)
		wantBuildError(t, f.API, "/a: tag is missing")
		wantBuildError(t, f.API, "/b: tag is missing")
	})
	t.Run("a need that is missing", func(t *testing.T) {
		a := httpapi.New(httpapi.Config{})
		for _, name := range []string{"Log", "Limiter", "Authenticator", "StepUp"} {
			wantBuildError(t, a, "Config."+name)
		}
	})
}

func wantBuildError(t *testing.T, a *httpapi.API, want string) {
	t.Helper()
	if _, err := a.Build(); err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("Build: got %v, want an error about %q", err, want)
	}
}
