package limit

import (
	"context"
	"time"
)

// LeaseLife is how long a place stays taken that nobody renews.
const LeaseLife = 90 * time.Second

// Place is one authenticated connection among those of all nodes.
type Place struct {
	Conn    string `json:"conn"` // its id, which sorts by the time it was opened
	Node    string `json:"node"`
	User    string `json:"user"`
	Session string `json:"session"`
	IP      string `json:"ip"` // audit.Origin.Prefix
}

// Caps are how many connections one user, session and address may have, on all
// nodes together.
type Caps struct {
	User, Session, IP int
	// Replace says that the oldest of a user or session makes room. An address is
	// shared by strangers: there the new connection is refused in any case.
	Replace bool
}

// Places counts the authenticated connections of all nodes.
type Places interface {
	// Claim takes a place if the caps allow one more, all at once or not at all.
	// evicted are the places that were given up for it, wherever they are. Full is
	// a *fault.Error with CodeRateLimited; any other error means that nobody could
	// tell.
	Claim(ctx context.Context, p Place, caps Caps) (evicted []Place, err error)
	// Renew says that these connections are still there: a place that is not
	// renewed for LeaseLife is free. It also brings back what was forgotten.
	Renew(ctx context.Context, all []Place) error
	// Release gives a place back. It does not block.
	Release(p Place)
}
