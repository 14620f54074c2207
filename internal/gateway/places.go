package gateway

import (
	"context"
	"time"

	"github.com/sallyport/sallyport/internal/fault"
	"github.com/sallyport/sallyport/internal/limit"
	"github.com/sallyport/sallyport/internal/token"
)

// renewEvery is how often the places of this node's connections are renewed.
const renewEvery = limit.LeaseLife / 3

// claim takes a place among all nodes for a connection that has shown who it is.
// Where nobody can tell, this node lets in its share of each cap (RL-11).
func (g *Gateway) claim(ctx context.Context, id, ip string, claims token.Claims) (*limit.Place, error) {
	if g.parts.Places == nil { // a node on its own counts by its registry alone
		return nil, g.hub.room(claims)
	}
	p := &limit.Place{Conn: id, Node: g.cfg.Node, User: claims.Subject, Session: claims.SessionID, IP: ip}
	evicted, err := g.parts.Places.Claim(ctx, *p, limit.Caps{
		User: g.cfg.MaxPerUser, Session: g.cfg.MaxPerSession, IP: g.cfg.MaxPerIP, Replace: g.cfg.ReplaceOldest,
	})
	if fault.Of(err) == fault.CodeRateLimited {
		return nil, err
	}
	g.hub.countAlone(err != nil)
	if err != nil {
		return p, g.hub.room(claims)
	}
	for _, e := range evicted {
		g.evict(ctx, e)
	}
	return p, nil
}

// evict closes a connection that made room for a newer one, here or on another
// node. A message that is lost leaves it open, and the next claim tries again.
func (g *Gateway) evict(ctx context.Context, p limit.Place) {
	if p.Node != g.cfg.Node {
		_ = g.presence.say(ctx, word{Evict: &p})
		return
	}
	for _, c := range g.hub.ofUser(p.User) {
		if c.id == p.Conn {
			c.shut(CloseReplaced, "")
		}
	}
}

// renewPlaces keeps the places of this node's connections, until ctx ends.
func (g *Gateway) renewPlaces(ctx context.Context) {
	if g.parts.Places == nil {
		return
	}
	t := time.NewTicker(renewEvery)
	defer t.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-t.C:
		}
		var held []limit.Place
		for _, c := range g.hub.everyone(nil) {
			if p := c.holds(); p != nil {
				held = append(held, *p)
			}
		}
		err := g.parts.Places.Renew(ctx, held)
		if ctx.Err() != nil {
			return
		}
		g.hub.countAlone(err != nil)
		if err != nil {
			g.parts.Log.WarnContext(ctx, "the places of connections were not renewed; each node counts by itself", "error", err)
		}
	}
}

// hold keeps the place of a connection; it is given back when the socket is gone.
func (c *conn) hold(p *limit.Place) {
	c.mu.Lock()
	c.lease = p
	c.mu.Unlock()
}

// holds returns the place of a connection that is not closing.
func (c *conn) holds() *limit.Place {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.state == closing {
		return nil
	}
	return c.lease
}

// vacate gives the place back.
func (c *conn) vacate() {
	c.mu.Lock()
	p := c.lease
	c.lease = nil
	c.mu.Unlock()
	if p != nil {
		c.g.parts.Places.Release(*p)
	}
}
