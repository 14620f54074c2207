package gateway

import (
	"context"
	"errors"

	"github.com/sallyport/sallyport/internal/audit"
	"github.com/sallyport/sallyport/internal/fault"
	"github.com/sallyport/sallyport/internal/token"
)

// credential is what a client showed: one token or one ticket. Method names the
// way it came, for metrics and the audit record.
type credential struct {
	method string // "header", "subprotocol", "ticket", "first_frame", "renewal"
	token  string
	ticket string
}

// prove turns a credential into claims. It counts what was refused against the
// address (WS-03) and asks the revocations for tickets too.
func (g *Gateway) prove(ctx context.Context, c credential, ipKey string) (token.Claims, error) {
	claims, err := g.judge(ctx, c)
	switch {
	case err == nil:
		g.metrics.auth(c.method, "ok")
	case refused(err):
		g.metrics.auth(c.method, "failed")
		g.parts.Limits.AuthFailed(ctx, ipKey)
	default:
		g.metrics.auth(c.method, "error")
	}
	return claims, err
}

func (g *Gateway) judge(ctx context.Context, c credential) (claims token.Claims, err error) {
	if c.ticket != "" {
		claims, err = g.parts.Tickets.ClaimTicket(ctx, c.ticket)
	} else {
		claims, err = g.parts.Verifier.Verify(c.token)
	}
	if err != nil {
		return token.Claims{}, err
	}
	if !g.parts.Clock().Before(claims.ExpiresAt) || g.parts.Revocations.Revoked(claims) {
		return token.Claims{}, fault.New(fault.CodeInvalidToken)
	}
	return claims, nil
}

// refused reports whether err says that the credential is bad, rather than that
// nobody could tell.
func refused(err error) bool {
	var f *fault.Error
	if !errors.As(err, &f) {
		return false
	}
	k := f.Kind()
	return k == fault.Unauthenticated || k == fault.Forbidden || k == fault.Malformed || k == fault.Invalid
}

// become makes a pending connection an open one and says welcome. The
// revocations are asked once more after the registry knows the connection: what
// came before is seen by the question, what comes later finds the connection.
func (c *conn) become(claims token.Claims, method string) {
	c.mu.Lock()
	if c.state != pending {
		c.mu.Unlock()
		return
	}
	c.state, c.claims = open, claims
	c.heartbeat.start(c.g)
	c.mu.Unlock()
	oldest, err := c.g.hub.join(c, claims)
	if fault.Of(err) == fault.CodeUnavailable {
		return // the node is draining: Drain closes this one too
	}
	if err != nil {
		c.shut(closeFor(err), "")
		return
	}
	for _, o := range oldest {
		o.shut(CloseReplaced, "")
	}
	if c.g.parts.Revocations.Revoked(claims) {
		c.shut(CloseRevoked, "")
		return
	}
	c.g.metrics.opens.Inc()
	c.g.record(c.origin, claims, audit.SocketOpened, audit.Success, "", map[string]string{"connection_id": c.id, "method": method})
	welcome := frame(welcomeFrame{"welcome", c.id, claims.SessionID, claims.ExpiresAt.UTC(), int(c.g.cfg.Heartbeat.Seconds())})
	if !c.g.board.greet(c, welcome, c.after) {
		c.tooSlow()
		return
	}
	c.after = ""
	c.g.metrics.countOut("welcome")
}

// renew takes a fresh access token on the open socket. It must be good and of
// the same user and session, or the connection closes (WS-04). One older than
// the token in use changes nothing: it may know rights that are gone.
func (c *conn) renew(f inbound) {
	claims, err := c.g.prove(c.context(), credential{method: "renewal", token: f.Token}, c.key())
	_, now := c.who()
	switch {
	case err != nil && !refused(err):
		c.say("error", refusal(err))
		return
	case err != nil, claims.Subject != now.Subject, claims.SessionID != now.SessionID:
		c.shut(CloseNotAllowed, "")
		return
	case claims.IssuedAt.Before(now.IssuedAt):
		c.say("error", refusal(errFrame("The token is older than the one in use.")))
		return
	}
	c.mu.Lock()
	c.claims, c.warned = claims, false
	c.mu.Unlock()
	if c.g.parts.Revocations.Revoked(claims) {
		c.shut(CloseRevoked, "")
		return
	}
	c.say("auth_ok", expiryFrame{"auth_ok", claims.ExpiresAt.UTC()})
}
