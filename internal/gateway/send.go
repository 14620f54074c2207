package gateway

import (
	"encoding/json"
	"errors"
)

// Event is something that happened and that clients are told in an event frame.
type Event struct {
	ID   string          // unique; a client may drop one it has seen
	Name string          // what happened, in the words of whoever publishes it
	Data json.RawMessage // any JSON value; empty: none
}

// ErrEvent is returned for an event that cannot be written as a frame.
var ErrEvent = errors.New("gateway: an event needs an id, a name and valid JSON data")

// SendToUser queues an event for every connection of a user on this node and
// returns how many took it.
func (g *Gateway) SendToUser(userID string, e Event) (int, error) {
	return sendAll(g.hub.ofUser(userID), e)
}

// SendToSession queues an event for every connection of a session on this node
// and returns how many took it.
func (g *Gateway) SendToSession(sessionID string, e Event) (int, error) {
	return sendAll(g.hub.ofSession(sessionID), e)
}

// sendAll encodes e once; the connections share the bytes.
func sendAll(conns []*conn, e Event) (reached int, err error) {
	if e.ID == "" || e.Name == "" || len(e.Data) > 0 && !json.Valid(e.Data) {
		return 0, ErrEvent
	}
	f := frame(eventFrame{"event", e.ID, e.Name, e.Data})
	for _, c := range conns {
		if c.send(f) {
			c.g.metrics.countOut("event")
			reached++
		}
	}
	return reached, nil
}
