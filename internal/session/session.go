package session

import (
	"time"

	"github.com/sallyport/sallyport/internal/proof"
)

// Delivery says how a client keeps its refresh token.
type Delivery string

// The deliveries.
const (
	InBody   Delivery = "token"  // in the answer's body, for apps and backends
	InCookie Delivery = "cookie" // as a __Host- HttpOnly cookie, for browsers (TK-14)
)

// Session is what a finished sign-in opens.
type Session struct {
	ID         string // UUIDv7, the sid claim
	UserID     string
	Level      proof.Level
	Proofs     []proof.Proof // what was shown, the newest of each factor
	Delivery   Delivery
	IP         string
	UserAgent  string
	CreatedAt  time.Time
	LastSeenAt time.Time // last sign-in, refresh or step-up
	ExpiresAt  time.Time // absolute end, whatever happens (TK-09)
	EndedAt    time.Time // zero: still open
	EndReason  string
}

// Held is a session and the address of whose it is.
type Held struct {
	Session
	Email string
}

// Live reports whether the session is open at now.
func (s Session) Live(now time.Time) bool { return s.EndedAt.IsZero() && now.Before(s.ExpiresAt) }

// AuthTime is the instant of the latest proof that carries the session's level:
// for aal2 the newest strong proof, so that typing the password again does not
// make an old second factor look fresh (MF-05). A mailed code and a remembered
// device never count.
func (s Session) AuthTime() time.Time {
	var latest time.Time
	for _, p := range s.Proofs {
		if p.Mailbox || p.Method == proof.Device {
			continue
		}
		if p.At.After(latest) && (s.Level < proof.AAL2 || p.Strong()) {
			latest = p.At
		}
	}
	if latest.IsZero() {
		return s.CreatedAt
	}
	return latest
}

// Holder is what a session needs to know of its user, read again at every
// refresh (TK-10).
type Holder struct {
	ID            string
	Email         string
	EmailVerified bool
	Role          string
	Disabled      bool
}

// Refresh is one refresh token at rest. A family is all tokens of one session.
type Refresh struct {
	Hash      []byte // SHA-256 of the token
	SessionID string
	// Binding is the hash of the client it was given to; a grace answer goes only
	// to the same client (TK-08).
	Binding   []byte
	CreatedAt time.Time
	ExpiresAt time.Time // the idle limit: unused that long, the session ends
	UsedAt    time.Time // zero: not yet spent
	// Successor is the token that replaced it, kept sealed for the grace window
	// and then forgotten; empty otherwise.
	Successor string
	GraceAt   time.Time // when the grace answer was given; zero: not yet
}

// Found is a refresh token with everything that decides about it.
type Found struct {
	Refresh Refresh
	Session Session
	Holder  Holder
}

// Basis is what a sign-in rests on. Its session opens only while that holds.
type Basis struct {
	// Attempt is the hash of the sign-in's attempt token, which is spent with the
	// opening; nil where the sign-in took one step.
	Attempt []byte
	// PasswordSetAt is when the user's password was last set, as the sign-in read
	// it: one that was under way while the password changed opens nothing (TK-12).
	// Zero: there was no password, and nothing is asked.
	PasswordSetAt time.Time
}

// Ending says which sessions of a user end, and why.
type Ending struct {
	UserID string
	// SessionID names one session; empty: all of the user's but ExceptID.
	SessionID string
	ExceptID  string
	Reason    string
	At        time.Time
	// TokensDieAt is when the last access token of these sessions has expired and
	// the revocation can be forgotten.
	TokensDieAt time.Time
}
