package httpapi

import (
	"context"
	"net/http"
	"time"

	"github.com/sallyport/sallyport/internal/account"
	"github.com/sallyport/sallyport/internal/fault"
)

// How old the proof of an administrator may be: for reading the longest that
// OP-10 allows, for changing what the settings say.
const adminReads = 15 * time.Minute

// administration is the chapter of /admin. Every route of it demands a fresh
// proof, and every handler asks administrator first.
func (h resources) administration(a *API) {
	base := Route{Tag: "Administration", Auth: Access, StepUp: true, Limits: []string{RuleAPI}, Errors: []fault.Code{fault.CodeForbidden}}
	read := func(path, id, summary, about string, errs ...fault.Code) Route {
		r := base
		r.Method, r.Path, r.ID, r.Summary, r.Description, r.StepUpWithin = http.MethodGet, "/api/v1/admin"+path, id, summary, about, adminReads
		r.Errors = append(errs, base.Errors...)
		return r
	}
	change := func(method, path, id, summary, about string, status int, errs ...fault.Code) Route {
		r := base
		r.Method, r.Path, r.ID, r.Summary, r.Description, r.Status = method, "/api/v1/admin"+path, id, summary, about, status
		r.Errors = append(errs, base.Errors...)
		return r
	}
	h.adminPeople(a, read, change)
	h.adminSessions(a, read, change)
	h.adminServer(a, read, change)
	h.adminAudit(a, read)
}

// makeRoute builds a line of the chapter that reads, or one that changes.
type (
	readRoute   func(path, id, summary, about string, errs ...fault.Code) Route
	changeRoute func(method, path, id, summary, about string, status int, errs ...fault.Code) Route
)

// administrator refuses everybody but an administrator whose session has shown a
// second factor, and returns who it is. The role is read anew: what the token says
// may be old (OP-10).
func (h resources) administrator(ctx context.Context) (account.Actor, error) {
	p, _ := PrincipalOf(ctx)
	if p.Claims.AAL != "aal2" {
		return account.Actor{}, fault.New(fault.CodeForbidden).WithDetail("Administrators sign in with a second factor; set one up first.")
	}
	u, err := h.me(ctx)
	if err != nil {
		return account.Actor{}, err
	}
	if !u.IsAdmin() || u.Disabled() {
		return account.Actor{}, fault.New(fault.CodeForbidden)
	}
	return account.Administrator(u.ID), nil
}

// asAdmin lets a handler run for administrators alone, and tells it who asks.
func asAdmin[I, O any](h resources, f func(ctx context.Context, by account.Actor, in *I) (*O, error)) func(context.Context, *I) (*O, error) {
	return func(ctx context.Context, in *I) (*O, error) {
		by, err := h.administrator(ctx)
		if err != nil {
			return nil, err
		}
		return f(ctx, by, in)
	}
}

// Page asks for one page of a list. It is exported because Huma looks into embedded
// structs of exported types only.
type Page struct {
	After string `query:"after" maxLength:"320" doc:"Where the page before ended: its next."`
	Limit int    `query:"limit" minimum:"1" maximum:"200" default:"50"`
}

// next is the place where the next page begins: after the last of a full page.
func next[T any](in Page, page []T, place func(T) string) string {
	if len(page) < in.Limit {
		return ""
	}
	return place(page[len(page)-1])
}
