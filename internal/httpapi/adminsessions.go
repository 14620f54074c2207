package httpapi

import (
	"context"
	"net/http"

	"github.com/sallyport/sallyport/internal/account"
	"github.com/sallyport/sallyport/internal/fault"
	"github.com/sallyport/sallyport/internal/proof"
	"github.com/sallyport/sallyport/internal/session"
)

// adminSessions is the part about sessions and connections.
func (h resources) adminSessions(a *API, read readRoute, change changeRoute) {
	Register(a, read("/sessions", "listAllSessions", "Open sessions of everybody", "Newest first."), asAdmin(h, h.listAllSessions))
	Register(a, change(http.MethodDelete, "/sessions/{id}", "endAnySession", "End a session", "", 204, fault.CodeNotFound), asAdmin(h, h.endAnySession))
	Register(a, read("/connections", "listConnections", "Who is connected", "Counts of every node, and with `user` the connections of that user."), asAdmin(h, h.listConnections))
}

// heldBody is a session and whose it is.
type heldBody struct {
	SessionBody
	UserID string `json:"user_id"`
	Email  string `json:"email"`
}

type allSessionsOutput struct {
	Body struct {
		Sessions []heldBody `json:"sessions"`
		Next     string     `json:"next,omitempty" doc:"after of the next page; absent on the last."`
	} `nameHint:"AllSessions"`
}

func (h resources) listAllSessions(ctx context.Context, _ account.Actor, in *Page) (*allSessionsOutput, error) {
	all, err := h.Sessions.ListAll(ctx, in.After, in.Limit)
	if err != nil {
		return nil, err
	}
	out := &allSessionsOutput{}
	out.Body.Sessions = make([]heldBody, 0, len(all))
	out.Body.Next = next(*in, all, func(n session.Held) string { return n.ID })
	for _, n := range all {
		out.Body.Sessions = append(out.Body.Sessions, heldBody{sessionOf(n.Session, caller(ctx).SessionID, nil), n.UserID, n.Email})
	}
	return out, nil
}

func sessionOf(n session.Session, current string, sockets []Socket) SessionBody {
	return SessionBody{
		n.ID, n.ID == current, n.Level.String(), proof.AMR(n.Proofs), n.IP, n.UserAgent, n.CreatedAt, n.LastSeenAt, n.ExpiresAt,
		append([]Socket{}, sockets...),
	}
}

// sessionsOf lists the open sessions of a user with their sockets.
func (h resources) sessionsOf(ctx context.Context, userID, current string) ([]SessionBody, error) {
	all, err := h.Sessions.List(ctx, userID)
	if err != nil {
		return nil, err
	}
	sockets := h.socketsOf(ctx, userID)
	out := make([]SessionBody, 0, len(all))
	for _, n := range all {
		out = append(out, sessionOf(n, current, sockets[n.ID]))
	}
	return out, nil
}

func (h resources) endAnySession(ctx context.Context, by account.Actor, in *idInput) (*struct{}, error) {
	return nil, h.Sessions.EndAnyByAdmin(ctx, by.ID, in.ID)
}

func (h resources) listConnections(ctx context.Context, _ account.Actor, in *statsInput) (*statsOutput, error) {
	return h.connected(ctx, in)
}
