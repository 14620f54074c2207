package httpapi

import (
	"context"
	"net/http"
	"strings"

	"github.com/sallyport/sallyport/internal/audit"
	"github.com/sallyport/sallyport/internal/fault"
)

// guard is what every route goes through, in this order: the deadline, the
// limits by client address, authentication, the demand for a fresh proof. A
// refusal costs nothing that comes later.
func (a *API) guard(route Route, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := withDeadline(r.Context(), route)
		defer cancel()
		p, err := a.admit(r.WithContext(ctx), route)
		if p.Kind != "" {
			ctx = WithPrincipal(ctx, p)
		}
		if err != nil {
			a.tell(ctx, route, err)
			a.problems.Write(w, r, err)
			return
		}
		next.ServeHTTP(w, r.WithContext(ctx))
	})
}

func withDeadline(ctx context.Context, route Route) (context.Context, context.CancelFunc) {
	switch {
	case route.Timeout < 0:
		return ctx, func() {}
	case route.Timeout == 0:
		return context.WithTimeout(ctx, DefaultTimeout)
	default:
		return context.WithTimeout(ctx, route.Timeout)
	}
}

// admit takes the limits and finds the caller; a zero Principal on a route that
// asks for none. With an error the Principal says who was refused, if known.
func (a *API) admit(r *http.Request, route Route) (Principal, error) {
	if err := a.take(r.Context(), route); err != nil {
		return Principal{}, err
	}
	if route.Auth == Public || route.Auth == ByHandler {
		return Principal{}, nil
	}
	p, err := authenticate(r, route.Auth, a.cfg.Authenticator)
	if err != nil {
		return p, err
	}
	if route.StepUp {
		if err := a.cfg.StepUp(r.Context(), p, route.StepUpWithin); err != nil {
			return p, err
		}
	}
	return p, nil
}

// take counts the call against each rule of the route. A limiter that fails
// refuses (OP-09).
func (a *API) take(ctx context.Context, route Route) error {
	key := audit.OriginOf(ctx).Prefix
	for _, name := range route.Limits {
		d, err := a.cfg.Limiter.Take(ctx, a.rules[name], key)
		if err != nil {
			return fault.Because(fault.CodeUnavailable, err)
		}
		if !d.Allowed {
			return fault.New(fault.CodeRateLimited).WithRetryAfter(d.RetryAfter)
		}
	}
	return nil
}

// tell reports a refusal to whoever listens.
func (a *API) tell(ctx context.Context, route Route, err error) {
	if a.cfg.Refused != nil {
		a.cfg.Refused(ctx, route, a.problems.asFault(err))
	}
}

// acceptsJSON reports whether the client takes what this server answers.
func acceptsJSON(r *http.Request) bool {
	values := r.Header["Accept"]
	if len(values) == 0 {
		return true
	}
	for _, item := range strings.Split(strings.Join(values, ","), ",") {
		media, params, _ := strings.Cut(item, ";")
		switch strings.ToLower(strings.TrimSpace(media)) {
		case "", "*/*", "application/*", jsonType, problemType:
			if !refusedQuality(params) {
				return true
			}
		}
	}
	return false
}

// refusedQuality reports whether the parameters hold q=0 (RFC 9110 §12.4.2).
func refusedQuality(params string) bool {
	for _, p := range strings.Split(params, ";") {
		name, value, _ := strings.Cut(strings.TrimSpace(p), "=")
		if strings.EqualFold(name, "q") && value != "" && strings.Trim(value, "0.") == "" {
			return true
		}
	}
	return false
}
