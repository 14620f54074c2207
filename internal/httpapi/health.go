package httpapi

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/sallyport/sallyport/internal/fault"
)

// checkTimeout bounds one check of readiness.
const checkTimeout = 2 * time.Second

// Check is one thing the server cannot work without.
type Check struct {
	// Name is shown to whoever asks: "database", "redis". It says nothing about
	// the inside.
	Name string
	// Run returns nil while the thing answers. Its error goes to the log alone.
	Run func(ctx context.Context) error
}

// healthOutput is what a healthy server answers.
type healthOutput struct {
	Body struct {
		Status string   `json:"status" enum:"ok" doc:"Always ok; anything else is a problem document."`
		Checks []string `json:"checks,omitempty" doc:"What was asked and answered."`
	} `nameHint:"Health"`
}

// RegisterHealth adds the three routes that orchestrators and people ask: live
// is whether the process answers, ready whether it can work, health the same for
// people. They cost the limits named.
func RegisterHealth(a *API, limits []string, checks []Check) {
	at := func(path, id, summary string) Route {
		return Route{Method: "GET", Path: "/api/v1/health" + path, ID: id, Tag: "Health", Summary: summary, Auth: Public, Limits: limits}
	}
	all := func(ctx context.Context, _ *struct{}) (*healthOutput, error) { return ask(ctx, checks) }
	none := func(ctx context.Context, _ *struct{}) (*healthOutput, error) { return ask(ctx, nil) }
	Register(a, at("", "health", "Whether the server works"), all)
	Register(a, at("/live", "healthLive", "Whether the process answers"), none)
	Register(a, at("/ready", "healthReady", "Whether the server can take work"), all)
}

// ask runs all checks at once, each for checkTimeout at most, and returns
// temporarily_unavailable naming those that failed.
func ask(ctx context.Context, checks []Check) (*healthOutput, error) {
	ctx, cancel := context.WithTimeout(ctx, checkTimeout)
	defer cancel()
	results := make([]chan error, len(checks))
	for i, c := range checks {
		results[i] = make(chan error, 1) // a check that ignores ctx is left behind
		go func() { results[i] <- run(ctx, c) }()
	}
	out := &healthOutput{}
	out.Body.Status = "ok"
	var fields []fault.Field
	var causes []error
	for i, c := range checks {
		if err := wait(ctx, results[i]); err != nil {
			fields = append(fields, fault.Field{Path: c.Name, Message: "This does not answer as it should.", Code: "failing"})
			causes = append(causes, err)
			continue
		}
		out.Body.Checks = append(out.Body.Checks, c.Name)
	}
	if len(causes) > 0 {
		return nil, fault.Because(fault.CodeUnavailable, errors.Join(causes...)).WithFields(fields...)
	}
	return out, nil
}

// run calls the check; its panic is a failure, not the end of the process.
func run(ctx context.Context, c Check) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("httpapi: check %s panicked: %v", c.Name, p)
		}
	}()
	return c.Run(ctx)
}

// wait returns the check's result, or why it was not waited for any longer. A
// result that is there counts even if time is up.
func wait(ctx context.Context, result <-chan error) error {
	select {
	case err := <-result:
		return err
	case <-ctx.Done():
		select {
		case err := <-result:
			return err
		default:
			return ctx.Err()
		}
	}
}
