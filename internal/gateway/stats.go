package gateway

import "time"

// Connection is what may be said about one open, authenticated connection.
type Connection struct {
	ID        string    `json:"id"`
	UserID    string    `json:"user_id"`
	SessionID string    `json:"session_id"`
	ClientIP  string    `json:"client_ip"`
	UserAgent string    `json:"user_agent"`
	Since     time.Time `json:"since"`
	ExpiresAt time.Time `json:"expires_at"` // of the token in use
}

// Counts are the connections of this node.
type Counts struct {
	Pending    int `json:"pending"` // upgraded or upgrading, no token shown yet
	Open       int `json:"open"`    // authenticated
	Closing    int `json:"closing"` // on their way out, or being upgraded with a token
	Users      int `json:"users"`
	Sessions   int `json:"sessions"`
	Topics     int `json:"topics"`     // listened to
	Listenings int `json:"listenings"` // subscriptions in all
}

// Counts returns how many connections this node holds.
func (g *Gateway) Counts() Counts {
	n := g.hub.counts()
	n.Topics, n.Listenings = g.board.counts()
	return n
}

// roster is this node's own answer.
func (g *Gateway) roster(userID string) Roster {
	r := Roster{Node: g.cfg.Node, Counts: g.Counts()}
	if userID != "" {
		r.Connections = g.ConnectionsOf(userID)
		r.Connections = r.Connections[:min(len(r.Connections), maxRoster)]
	}
	return r
}

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
