package httpapi

import (
	"context"
	"net/http"
	"time"

	"github.com/sallyport/sallyport/internal/account"
	"github.com/sallyport/sallyport/internal/fault"
	"github.com/sallyport/sallyport/internal/ident"
)

// adminPeople is the part about people.
func (h resources) adminPeople(a *API, read readRoute, change changeRoute) {
	const another = "An administrator cannot do this to themselves."
	Register(a, read("/users", "listPeople", "People", "Oldest first; with q those whose address begins so, in the order of addresses, or the one of that id."), asAdmin(h, h.listPeople))
	Register(a, change(http.MethodPost, "/users", "addPerson", "Invite somebody", "Makes an account without a password and mails its owner a link that sets one. It works for a day; send-reset sends another. Administrators never choose somebody's password.", 201, fault.CodeConflict), asAdmin(h, h.addPerson))
	Register(a, read("/users/{id}", "showPerson", "One person", "With factors, passkeys, linked accounts and open sessions.", fault.CodeNotFound), asAdmin(h, h.showAnybody))
	Register(a, change(http.MethodPatch, "/users/{id}", "changePerson", "Change name or role", "A change of role ends the person's sessions, so that no token says the old one. "+another, 0, fault.CodeNotFound, fault.CodeConflict), asAdmin(h, h.changePerson))
	Register(a, change(http.MethodDelete, "/users/{id}", "deletePerson", "Delete an account", "With everything that belongs to it; the audit log stays. "+another, 204, fault.CodeNotFound, fault.CodeConflict), asAdmin(h, h.deletePerson))
	Register(a, change(http.MethodPost, "/users/{id}/disable", "disablePerson", "Lock an account", "Its sessions end on every node. "+another, 204, fault.CodeNotFound, fault.CodeConflict), asAdmin(h, h.disablePerson))
	Register(a, change(http.MethodPost, "/users/{id}/enable", "enablePerson", "Unlock an account", "Also one that too many wrong passwords or codes have locked.", 204, fault.CodeNotFound), asAdmin(h, h.enablePerson))
	Register(a, change(http.MethodPost, "/users/{id}/reset-factors", "resetFactors", "Remove every second factor", "For people who lost them; they are told by mail and all their sessions end. The factors of an administrator are reset at the command line only.", 204, fault.CodeNotFound), asAdmin(h, h.resetFactors))
	Register(a, change(http.MethodPost, "/users/{id}/send-reset", "sendReset", "Mail a link that sets a new password", "Or the invitation once more, to somebody who has not accepted it.", 202, fault.CodeNotFound, fault.CodeConflict), asAdmin(h, h.sendReset))
	Register(a, change(http.MethodDelete, "/users/{id}/sessions", "endPersonsSessions", "End every session of a person", "", 204, fault.CodeNotFound), asAdmin(h, h.endPersonsSessions))
}

// PersonBody is a user as administrators see them.
type PersonBody struct {
	UserBody
	State       string     `json:"state" enum:"active,invited,unverified,disabled"`
	LastLoginAt *time.Time `json:"last_login_at,omitempty"`
	DisabledAt  *time.Time `json:"disabled_at,omitempty"`
}

func personOf(u account.User) PersonBody {
	b := PersonBody{UserBody: userOf(account.ProfileOf(u)), State: "active"}
	switch {
	case u.Disabled():
		b.State = "disabled"
	case u.Invited():
		b.State = "invited"
	case !u.EmailVerified():
		b.State = "unverified"
	}
	b.LastLoginAt, b.DisabledAt = orNil(u.LastLoginAt), orNil(u.DisabledAt)
	return b
}

// orNil leaves out an instant that never was.
func orNil(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

type peopleInput struct {
	Page
	Query string `query:"q" maxLength:"254" doc:"The beginning of an e-mail address, or an id."`
}

type peopleOutput struct {
	Body struct {
		Users []PersonBody `json:"users"`
		Next  string       `json:"next,omitempty" doc:"after of the next page; absent on the last."`
	} `nameHint:"People"`
}

func (h resources) listPeople(ctx context.Context, _ account.Actor, in *peopleInput) (*peopleOutput, error) {
	found, place, err := h.findPeople(ctx, in)
	if err != nil {
		return nil, err
	}
	out := &peopleOutput{}
	out.Body.Users, out.Body.Next = make([]PersonBody, 0, len(found)), next(in.Page, found, place)
	for _, u := range found {
		out.Body.Users = append(out.Body.Users, personOf(u))
	}
	return out, nil
}

// findPeople also says by what the list is ordered.
func (h resources) findPeople(ctx context.Context, in *peopleInput) (found []account.User, place func(account.User) string, err error) {
	byID, byAddress := func(u account.User) string { return u.ID }, func(u account.User) string { return u.Canonical }
	switch {
	case in.Query == "":
		found, err = h.Accounts.List(ctx, in.After, in.Limit)
		return found, byID, err
	case ident.Valid(in.Query):
		u, err := h.Accounts.Get(ctx, in.Query)
		if fault.Of(err) == fault.CodeNotFound || in.After != "" {
			return nil, byID, nil
		}
		return []account.User{u}, byID, err
	default:
		found, err = h.Accounts.Search(ctx, in.Query, in.After, in.Limit)
		return found, byAddress, err
	}
}

type inviteInput struct {
	Body struct {
		Email string `json:"email" maxLength:"1024"`
		Name  string `json:"name,omitempty" maxLength:"400"`
		Role  string `json:"role,omitempty" enum:"user,admin" doc:"user where it is missing."`
	}
}

type personOutput struct {
	Body PersonBody `nameHint:"Person"`
}

func (h resources) addPerson(ctx context.Context, by account.Actor, in *inviteInput) (*personOutput, error) {
	role := account.Member
	if in.Body.Role != "" {
		role = account.Role(in.Body.Role)
	}
	u, err := h.Accounts.Invite(ctx, account.Registration{Email: in.Body.Email, Name: in.Body.Name}, role, by)
	if fault.Of(err) == fault.CodeConflict {
		return nil, fault.Because(fault.CodeConflict, err).WithDetail("This address has an account already.")
	}
	if err != nil {
		return nil, err
	}
	return &personOutput{personOf(u)}, nil
}

type personChangeInput struct {
	ID   string `path:"id" format:"uuid"`
	Body struct {
		Name *string `json:"name,omitempty" maxLength:"400"`
		Role *string `json:"role,omitempty" enum:"user,admin"`
	}
}

func (h resources) changePerson(ctx context.Context, by account.Actor, in *personChangeInput) (*personOutput, error) {
	u, err := h.Accounts.Get(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	if in.Body.Name != nil && *in.Body.Name != u.Name {
		if err := h.Accounts.Rename(ctx, in.ID, *in.Body.Name, by); err != nil {
			return nil, err
		}
	}
	if in.Body.Role != nil && *in.Body.Role != string(u.Role) {
		if err := h.Accounts.SetRole(ctx, in.ID, account.Role(*in.Body.Role), by); err != nil {
			return nil, err
		}
	}
	u, err = h.Accounts.Get(ctx, in.ID)
	return &personOutput{personOf(u)}, err
}

func (h resources) deletePerson(ctx context.Context, by account.Actor, in *idInput) (*struct{}, error) {
	u, err := h.Accounts.Get(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	return nil, h.Accounts.Delete(ctx, u, by)
}

func (h resources) disablePerson(ctx context.Context, by account.Actor, in *idInput) (*struct{}, error) {
	return nil, h.Accounts.Disable(ctx, in.ID, by)
}

func (h resources) enablePerson(ctx context.Context, by account.Actor, in *idInput) (*struct{}, error) {
	return nil, h.Accounts.Enable(ctx, in.ID, by)
}

func (h resources) resetFactors(ctx context.Context, by account.Actor, in *idInput) (*struct{}, error) {
	return nil, h.Accounts.ResetFactors(ctx, in.ID, by)
}

func (h resources) sendReset(ctx context.Context, by account.Actor, in *idInput) (*acceptedOutput, error) {
	return accepted(), h.Accounts.StartReset(ctx, by.ID, in.ID)
}

func (h resources) endPersonsSessions(ctx context.Context, by account.Actor, in *idInput) (*struct{}, error) {
	if _, err := h.Accounts.Get(ctx, in.ID); err != nil {
		return nil, err
	}
	return nil, h.Sessions.EndByAdmin(ctx, by.ID, in.ID, "")
}
