package provider

import (
	"context"
	"log/slog"
	"time"

	"github.com/sallyport/sallyport/internal/account"
	"github.com/sallyport/sallyport/internal/audit"
	"github.com/sallyport/sallyport/internal/clock"
	"github.com/sallyport/sallyport/internal/message"
	"github.com/sallyport/sallyport/internal/onetime"
	"github.com/sallyport/sallyport/internal/session"
)

// The lives of what a passage leaves in the database.
const (
	StateLife    = 10 * time.Minute // OA-01
	HandoverLife = time.Minute
	TicketLife   = 2 * time.Minute
)

// Account is one linked account: a user's identity at a provider.
type Account struct {
	ID            string // UUIDv7
	UserID        string
	Provider      string
	Issuer        string
	Subject       string
	Email         string // as the provider last said
	EmailVerified bool
	Tokens        Tokens // empty unless the operator keeps them
	CreatedAt     time.Time
	UpdatedAt     time.Time
	LastUsedAt    time.Time // zero: never
}

// Store is what the host needs of the database; each method is one transaction.
type Store interface {
	// UserByID returns a user or fault.CodeNotFound.
	UserByID(ctx context.Context, id string) (account.User, error)
	// UserByEmail returns a user by canonical address or fault.CodeNotFound.
	UserByEmail(ctx context.Context, canonical string) (account.User, error)
	// Record writes a trail of its own.
	Record(ctx context.Context, t audit.Trail) error
	IssueOneTime(ctx context.Context, tok onetime.Token, t audit.Trail) error
	FindOneTime(ctx context.Context, kind onetime.Kind, hash []byte, now time.Time) (onetime.Token, error)
	ClaimOneTime(ctx context.Context, kind onetime.Kind, hash []byte, now time.Time) (onetime.Token, error)
	Accounts
	Merging
}

// Accounts is the part for linked accounts. Where a method takes a handover it
// spends that one-time code too; touched is false, and nothing is written, when
// the code was spent meanwhile.
type Accounts interface {
	SignUps
	// OAuthAccount returns who an identity belongs to, or fault.CodeNotFound.
	OAuthAccount(ctx context.Context, provider, issuer, subject string) (Account, error)
	// OAuthAccounts lists the user's accounts, oldest first.
	OAuthAccounts(ctx context.Context, userID string) ([]Account, error)
	// LinkAccount adds an account to a user. A taken identity, or a user who is no
	// longer as l says, is fault.CodeConflict.
	LinkAccount(ctx context.Context, handover []byte, l Linking, t audit.Trail) (revs []session.Revocation, touched bool, err error)
	// UseAccount notes a sign-in: what the provider says now, and when.
	UseAccount(ctx context.Context, handover []byte, a Account, t audit.Trail) (touched bool, err error)
	// SpendHandover spends the code and changes nothing else.
	SpendHandover(ctx context.Context, handover []byte, now time.Time, t audit.Trail) (touched bool, err error)
	// RenewTokens replaces an account's tokens; touched is false when the account
	// is not as it was at read.
	RenewTokens(ctx context.Context, a Account, read time.Time, t audit.Trail) (touched bool, err error)
	// UnlinkAccount removes an account and ends sessions, while the user keeps
	// another way in: fault.CodeNotFound, fault.CodeLastSignInMethod. Of the other
	// accounts those of the providers in usable count.
	UnlinkAccount(ctx context.Context, id string, usable []string, e session.Ending, t audit.Trail) ([]session.Revocation, error)
}

// SignUps is the part for identities that are new. Each method spends the
// hand-over code; touched is false, and nothing is written, when it was spent
// meanwhile.
type SignUps interface {
	// SignUpWithProvider adds a user with their first account, and the mail link
	// where the address is still to be proved. A taken address or identity is
	// fault.CodeConflict.
	SignUpWithProvider(ctx context.Context, handover []byte, u account.User, a Account, link *onetime.Token, t audit.Trail) (touched bool, err error)
	// TakenAtProvider spends the code at the cost of SignUpWithProvider, for an
	// address that this user has: it stores as many rows, links that nobody is sent.
	TakenAtProvider(ctx context.Context, handover []byte, userID string, links [2]onetime.Token, t audit.Trail) (touched bool, err error)
}

// Linking is one account to be added to a user, as the decision saw them.
type Linking struct {
	Account Account
	User    account.User
	// Asked is set where the user asked for it in an open session. Otherwise the
	// user's address must still be the one that was decided about, still verified,
	// and no account of that provider there.
	Asked bool
	// SessionID is that session, where there is one; if it has ended meanwhile
	// nothing is linked, and the answer is fault.CodeForbidden.
	SessionID string
	// CleanUp, where it is not nil, takes away everything that opens the user's
	// account, and marks the address as verified; it must still be unverified.
	CleanUp *session.Ending
}

// Sealer encrypts what a handover holds, bound to its place (OP-02).
type Sealer interface {
	Seal(plain []byte, table, row, column string) []byte
	Open(sealed []byte, table, row, column string) ([]byte, error)
}

// Sessions tells the end of sessions to every node.
type Sessions interface {
	Ending(userID, exceptID, reason string) session.Ending
	Announce(ctx context.Context, revs ...session.Revocation)
}

// Parts is what the host is made of.
type Parts struct {
	Registry Registry
	Store    Store
	Sealer   Sealer
	Sessions Sessions
	Clock    clock.Clock
	Log      *slog.Logger
	Rules    Rules
	Targets  Targets
	// PublicURL is where the providers send people back to.
	PublicURL string
	// KeepTokens stores the providers' own tokens, sealed.
	KeepTokens bool
	// VerifiedEmail is whether a user signs in only after the address is proved.
	VerifiedEmail bool
	// VerifyLink makes the one-time link that proves a new user's mailbox, and its
	// mail.
	VerifyLink func(u account.User, now time.Time) (onetime.Token, message.Outgoing)
	// SignInPage is where the mail to somebody who has an account already leads.
	SignInPage string
	// AllowMail counts a mail to an address nobody has proved; an error refuses.
	AllowMail func(ctx context.Context, canonical string) error
	// HasPasskey reports whether a user can sign in with a passkey.
	HasPasskey func(ctx context.Context, userID string) (bool, error)
	// Observe is told of each step and how it ended; it must not block.
	Observe func(provider, step, outcome string)
	Nudge   func() // wakes the outbox; must not block
}

// Host runs sign-ins with providers. It is safe for concurrent use.
type Host struct {
	Parts
	renewing turns
}

// New returns the host.
func New(p Parts) *Host { return &Host{Parts: p} }

// Providers says how every provider is shown.
func (h *Host) Providers() []About { return h.Registry.List() }

// RedirectURI is where the provider of that name sends people back to.
func (h *Host) RedirectURI(name string) string {
	return h.PublicURL + "/api/v1/oauth/" + name + "/callback"
}

// event begins an audit event about a sign-in with that provider.
func (h *Host) event(ctx context.Context, name audit.Name, r audit.Result, userID, provider string) audit.Event {
	e := audit.New(ctx, h.Clock(), name, r, userID)
	e.Factor = "oauth"
	e.Details = map[string]string{"provider": provider}
	return e
}
