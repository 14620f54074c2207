package session

import (
	"context"
	"encoding/json"
	"time"

	"github.com/sallyport/sallyport/internal/audit"
	"github.com/sallyport/sallyport/internal/clock"
	"github.com/sallyport/sallyport/internal/fault"
	"github.com/sallyport/sallyport/internal/onetime"
	"github.com/sallyport/sallyport/internal/opaque"
	"github.com/sallyport/sallyport/internal/token"
)

// TicketLife is how long a WebSocket ticket works (WS-02).
const TicketLife = 30 * time.Second

// TicketStore keeps tickets; each method is one transaction.
type TicketStore interface {
	IssueOneTime(ctx context.Context, tok onetime.Token, t audit.Trail) error
	ClaimOneTime(ctx context.Context, kind onetime.Kind, hash []byte, now time.Time) (onetime.Token, error)
}

// Tickets issues and redeems the one-use tickets that open a WebSocket where no
// Authorization header can be set.
type Tickets struct {
	Store       TicketStore
	Revocations *Revocations
	Clock       clock.Clock
}

// IssueTicket returns a ticket that stands for the access token with these
// claims, once, for TicketLife.
func (t Tickets) IssueTicket(ctx context.Context, c token.Claims) (string, error) {
	data, err := json.Marshal(c)
	if err != nil {
		return "", err
	}
	now := t.Clock()
	plain, hash := opaque.New(opaque.Ticket)
	return plain, t.Store.IssueOneTime(ctx, onetime.Token{
		Kind: onetime.Ticket, Hash: hash, UserID: c.Subject, SessionID: c.SessionID, Data: data,
		CreatedAt: now, ExpiresAt: now.Add(TicketLife),
	}, audit.Trail{})
}

// ClaimTicket spends a ticket and returns the claims it stands for, or
// fault.CodeInvalidToken.
func (t Tickets) ClaimTicket(ctx context.Context, plain string) (token.Claims, error) {
	hash, err := opaque.Hash(opaque.Ticket, plain)
	if err != nil {
		return token.Claims{}, fault.Because(fault.CodeInvalidToken, err)
	}
	tok, err := t.Store.ClaimOneTime(ctx, onetime.Ticket, hash, t.Clock())
	if fault.Of(err) == fault.CodeNotFound {
		return token.Claims{}, fault.Because(fault.CodeInvalidToken, err)
	}
	if err != nil {
		return token.Claims{}, err
	}
	var c token.Claims
	if err := json.Unmarshal(tok.Data, &c); err != nil {
		return token.Claims{}, err
	}
	if !t.Clock().Before(c.ExpiresAt) || t.Revocations.Revoked(c) {
		return token.Claims{}, fault.New(fault.CodeInvalidToken)
	}
	return c, nil
}
