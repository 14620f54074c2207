package gateway

import (
	"encoding/json"

	"github.com/sallyport/sallyport/internal/fault"
	"github.com/sallyport/sallyport/internal/topic"
)

// Bounds of an event, in bytes.
const (
	MaxEventID   = 64
	MaxEventName = 128
	MaxEventData = 64 << 10
)

// Event is something that happened and that clients are told in an event frame.
type Event struct {
	ID   string          `json:"id"`             // unique; a client may drop one it has seen
	Name string          `json:"name"`           // what happened, in the words of whoever publishes it
	Data json.RawMessage `json:"data,omitempty"` // any JSON value; empty: none
}

// Audience is who an event is for: exactly one member is set.
type Audience struct {
	User    string `json:"user,omitempty"`    // every connection of that user
	Session string `json:"session,omitempty"` // every connection of that session
	Topic   string `json:"topic,omitempty"`   // every connection that listens there
}

// kind names the audience for metrics; "" for one that is none.
func (a Audience) kind() string {
	switch {
	case a.User != "" && a.Session == "" && a.Topic == "":
		return "user"
	case a.Session != "" && a.User == "" && a.Topic == "":
		return "session"
	case a.Topic != "" && a.User == "" && a.Session == "":
		return "topic"
	default:
		return ""
	}
}

// check returns fault.CodeInvalidRequest, naming the field, for what cannot be
// published.
func check(to Audience, e Event) error {
	switch {
	case to.kind() == "":
		return fault.InvalidField("to", "Name one of user, session and topic.", "one_audience")
	case to.Topic != "" && !topic.Valid(to.Topic):
		return fault.InvalidField("topic", "A topic is segments of letters, digits and ._:- with a slash between them, 128 bytes in all.", "topic")
	case e.Name == "" || len(e.Name) > MaxEventName:
		return fault.InvalidField("name", "The name of an event has 1 to 128 bytes.", "length")
	case len(e.ID) > MaxEventID:
		return fault.InvalidField("id", "The id of an event has at most 64 bytes.", "length")
	case len(e.Data) > MaxEventData:
		return fault.InvalidField("data", "The data of an event is at most 64 KiB.", "length")
	case len(e.Data) > 0 && !json.Valid(e.Data):
		return fault.InvalidField("data", "The data of an event is one JSON value.", "json")
	default:
		return nil
	}
}
