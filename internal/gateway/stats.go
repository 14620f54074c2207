package gateway

import "time"

// Connection is what may be said about one open, authenticated connection.
type Connection struct {
	ID        string
	UserID    string
	SessionID string
	ClientIP  string
	UserAgent string
	Since     time.Time
	ExpiresAt time.Time // of the token in use
}

// Counts are the connections of this node.
type Counts struct {
	Pending  int // upgraded or upgrading, no token shown yet
	Open     int // authenticated
	Closing  int // on their way out, or being upgraded with a token
	Users    int
	Sessions int
}

// Counts returns how many connections this node holds.
func (g *Gateway) Counts() Counts { return g.hub.counts() }

// Connections returns every open connection of this node, in no order.
func (g *Gateway) Connections() []Connection { return describe(g.hub.everyone(nil)) }

// ConnectionsOf returns the open connections of one user on this node, oldest
// first.
func (g *Gateway) ConnectionsOf(userID string) []Connection {
	return describe(g.hub.ofUser(userID))
}

func describe(conns []*conn) []Connection {
	out := make([]Connection, 0, len(conns))
	for _, c := range conns {
		if s, claims := c.who(); s == open {
			out = append(out, Connection{
				c.id, claims.Subject, claims.SessionID, c.origin.ClientIP, c.origin.UserAgent, c.since, claims.ExpiresAt,
			})
		}
	}
	return out
}

func (h *hub) counts() Counts {
	h.mu.Lock()
	defer h.mu.Unlock()
	return Counts{
		Pending: h.waiting, Open: h.filed, Closing: h.taken - h.waiting - h.filed,
		Users: len(h.users), Sessions: len(h.sessions),
	}
}
