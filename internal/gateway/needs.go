package gateway

import (
	"context"

	"github.com/sallyport/sallyport/internal/audit"
	"github.com/sallyport/sallyport/internal/token"
)

// Verifier judges access tokens.
type Verifier interface {
	// Verify returns what a good access token says; for any other text a
	// *fault.Error of kind Unauthenticated. It must not do I/O.
	Verify(raw string) (token.Claims, error)
}

// Tickets redeems the one-use tickets of POST /ws/ticket.
type Tickets interface {
	// ClaimTicket spends the ticket and returns the claims of the access token it
	// was asked for with: ExpiresAt is that token's. A ticket that is unknown,
	// spent or too old is a *fault.Error of kind Unauthenticated; any other error
	// means that nobody could tell, and the ticket counts as not tried.
	ClaimTicket(ctx context.Context, ticket string) (token.Claims, error)
}

// Limits are the counters shared with the HTTP side. An error is answered as it
// is: a *fault.Error with CodeRateLimited, or another that says the counters
// cannot be asked, which also refuses (RL-11). ipKey is audit.Origin.Prefix.
type Limits interface {
	// Connect counts one attempt to open a socket from an address.
	Connect(ctx context.Context, ipKey string) error
	// Admit counts one authenticated connection of a user.
	Admit(ctx context.Context, ipKey, userID string) error
	// AuthFailed counts one refused token or ticket (WS-03).
	AuthFailed(ctx context.Context, ipKey string)
}

// Recorder keeps the audit events of sockets (WS-09): opened, refused, closed,
// limit exceeded. Record must not block; it may be called from many goroutines.
type Recorder interface {
	Record(e audit.Event)
}
