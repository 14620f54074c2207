package app

import (
	"context"
	"time"

	"github.com/sallyport/sallyport/internal/gateway"
	"github.com/sallyport/sallyport/internal/httpapi"
)

// realtime lets the API publish through the gateway and ask it who is there.
type realtime struct {
	gateway *gateway.Gateway
	grants  gateway.Grants
}

func (r realtime) Publish(ctx context.Context, to httpapi.Audience, e httpapi.Event) (string, error) {
	return r.gateway.Publish(ctx, gateway.Audience(to), gateway.Event(e))
}

func (r realtime) Grant(userID string, rules []string, life time.Duration) (string, time.Time, error) {
	return r.grants.Issue(userID, rules, life)
}

func (r realtime) Connected(ctx context.Context, userID string) ([]httpapi.Node, bool) {
	rosters, complete := r.gateway.Ask(ctx, userID)
	out := make([]httpapi.Node, 0, len(rosters))
	for _, n := range rosters {
		node := httpapi.Node{
			ID: n.Node, Open: n.Counts.Open, Pending: n.Counts.Pending, Closing: n.Counts.Closing, Users: n.Counts.Users,
			Sessions: n.Counts.Sessions, Topics: n.Counts.Topics, Listenings: n.Counts.Listenings,
		}
		for _, c := range n.Connections {
			node.Connections = append(node.Connections, httpapi.Socket{
				ID: c.ID, SessionID: c.SessionID, IP: c.ClientIP, UserAgent: c.UserAgent, Since: c.Since, ExpiresAt: c.ExpiresAt,
			})
		}
		out = append(out, node)
	}
	return out, complete
}
