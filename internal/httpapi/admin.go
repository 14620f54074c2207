package httpapi

import (
	"context"

	"github.com/sallyport/sallyport/internal/fault"
)

// administration is the chapter of /admin. Every route of it demands a fresh proof
// and asks administrator first.
func (h resources) administration(a *API) {
	api := []string{RuleAPI}
	Register(a, Route{Method: "GET", Path: "/api/v1/admin/connections", ID: "listConnections", Tag: "Administration", Summary: "Who is connected", Description: "Counts of every node, and with `user` the connections of that user. For administrators that signed in with a second factor.", Auth: Access, StepUp: true, Limits: api, Errors: []fault.Code{fault.CodeForbidden}}, h.listConnections)
}

// administrator refuses everybody but an administrator whose session has shown a
// second factor. The role is read anew: what the token says may be old (OP-10).
func (h resources) administrator(ctx context.Context) error {
	p, _ := PrincipalOf(ctx)
	if p.Claims.AAL != "aal2" {
		return fault.New(fault.CodeForbidden).WithDetail("Administrators sign in with a second factor; set one up first.")
	}
	u, err := h.me(ctx)
	if err != nil {
		return err
	}
	if !u.IsAdmin() || u.Disabled() {
		return fault.New(fault.CodeForbidden)
	}
	return nil
}

func (h resources) listConnections(ctx context.Context, in *statsInput) (*statsOutput, error) {
	if err := h.administrator(ctx); err != nil {
		return nil, err
	}
	return h.connected(ctx, in)
}
