package httpapi

import (
	"context"
	"encoding/json"
	"time"
)

// Realtime is what backends do with the sockets of signed-in people, on all
// nodes.
type Realtime interface {
	// Publish hands an event to its audience and returns its id.
	Publish(ctx context.Context, to Audience, e Event) (id string, err error)
	// Grant lets a user listen to the topics that rules allow, and says until when.
	Grant(userID string, rules []string, life time.Duration) (grant string, until time.Time, err error)
	// Connected says who is connected: counts of each node, and the connections of
	// that user if one is named. complete is false when a node did not answer.
	Connected(ctx context.Context, userID string) (nodes []Node, complete bool)
}

// Audience is who an event is for: exactly one member is set.
type Audience struct{ User, Session, Topic string }

// Event is what clients are told.
type Event struct {
	ID   string
	Name string
	Data json.RawMessage
}

// Node is what one node says about its sockets.
type Node struct {
	ID          string   `json:"id" doc:"Changes with every start."`
	Open        int      `json:"open" doc:"Authenticated sockets."`
	Pending     int      `json:"pending" doc:"Sockets that have shown no token yet."`
	Closing     int      `json:"closing"`
	Users       int      `json:"users"`
	Sessions    int      `json:"sessions"`
	Topics      int      `json:"topics" doc:"Topics that somebody listens to."`
	Listenings  int      `json:"subscriptions"`
	Connections []Socket `json:"connections,omitempty" doc:"Of the user asked about: the oldest 100."`
}

// Socket is one open connection.
type Socket struct {
	ID        string    `json:"id"`
	SessionID string    `json:"session_id"`
	IP        string    `json:"ip"`
	UserAgent string    `json:"user_agent"`
	Since     time.Time `json:"since"`
	ExpiresAt time.Time `json:"expires_at" doc:"When the token in use expires."`
}

type publishInput struct {
	Body struct {
		User    string          `json:"user,omitempty" doc:"The id of a user: every socket of theirs."`
		Session string          `json:"session,omitempty" doc:"The id of a session: every socket of it."`
		Topic   string          `json:"topic,omitempty" doc:"A topic: every socket that listens to it."`
		ID      string          `json:"id,omitempty" maxLength:"64" doc:"Makes a retry harmless: an id that was published lately is delivered once."`
		Name    string          `json:"name" doc:"What happened, 1 to 128 bytes."`
		Data    json.RawMessage `json:"data,omitempty" doc:"Any JSON value, up to 64 KiB."`
	}
}

type publishOutput struct {
	Body struct {
		ID string `json:"id" doc:"The id clients see, and give when they come back."`
	} `nameHint:"Published"`
}

func (h resources) publish(ctx context.Context, in *publishInput) (*publishOutput, error) {
	b := in.Body
	id, err := h.Realtime.Publish(ctx, Audience{b.User, b.Session, b.Topic}, Event{b.ID, b.Name, b.Data})
	if err != nil {
		return nil, err
	}
	out := &publishOutput{}
	out.Body.ID = id
	return out, nil
}

type grantInput struct {
	Body struct {
		User      string   `json:"user" doc:"The id of the user who may listen."`
		Topics    []string `json:"topics" doc:"1 to 20 topics; the last segment of each may be *."`
		ExpiresIn int      `json:"expires_in,omitempty" minimum:"1" maximum:"86400" doc:"Seconds; 600 where it is missing."`
	}
}

type grantOutput struct {
	Body struct {
		Grant     string    `json:"grant" doc:"For the subscribe frame of that user's client; worth nothing to anybody else."`
		ExpiresAt time.Time `json:"expires_at"`
	} `nameHint:"Grant"`
}

func (h resources) grant(_ context.Context, in *grantInput) (*grantOutput, error) {
	text, until, err := h.Realtime.Grant(in.Body.User, in.Body.Topics, time.Duration(in.Body.ExpiresIn)*time.Second)
	if err != nil {
		return nil, err
	}
	out := &grantOutput{}
	out.Body.Grant, out.Body.ExpiresAt = text, until
	return out, nil
}

type statsInput struct {
	User string `query:"user" maxLength:"64" doc:"Names this user's connections too."`
}

type statsOutput struct {
	Body struct {
		Nodes    []Node `json:"nodes"`
		Complete bool   `json:"complete" doc:"False when a node did not answer in half a second."`
	} `nameHint:"Connected"`
}

func (h resources) connected(ctx context.Context, in *statsInput) (*statsOutput, error) {
	out := &statsOutput{}
	out.Body.Nodes, out.Body.Complete = h.Realtime.Connected(ctx, in.User)
	return out, nil
}

// socketsOf returns the sockets of a user on all nodes, by session.
func (h resources) socketsOf(ctx context.Context, userID string) map[string][]Socket {
	out := map[string][]Socket{}
	nodes, _ := h.Realtime.Connected(ctx, userID)
	for _, n := range nodes {
		for _, c := range n.Connections {
			out[c.SessionID] = append(out[c.SessionID], c)
		}
	}
	return out
}
