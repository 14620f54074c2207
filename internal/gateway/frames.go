package gateway

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"slices"
	"time"

	"github.com/sallyport/sallyport/internal/fault"
	"github.com/sallyport/sallyport/internal/gateway/wire"
	"github.com/sallyport/sallyport/internal/topic"
)

// maxPingID bounds the id a client may give a ping to recognise its pong, in
// bytes.
const maxPingID = 64

// errFrame is what is wrong with a client's frame; the text is fixed and may be
// sent back.
type errFrame string

func (e errFrame) Error() string { return string(e) }

// inbound is a frame of a client. Type is one of fields.
type inbound struct {
	Type   string
	ID     string // ping, pong: echoed
	Token  string // auth: an access token …
	Ticket string // … or a ticket, one of the two
	Topic  string // subscribe, unsubscribe
	Grant  string // subscribe: what a backend gave; empty: none
	After  string // subscribe: the id of the last event seen there; empty: none
}

// fields says which members a frame of each type may have.
var fields = map[string][]string{
	"auth": {"token", "ticket"}, "ping": {"id"}, "pong": {"id"}, "subscribe": {"topic", "grant", "after"}, "unsubscribe": {"topic"},
}

// decode reads one client frame strictly: one JSON object of known members,
// each given once, each a string, nothing after it. The error is an errFrame.
func decode(b []byte) (inbound, error) {
	members, err := decodeStrings(b)
	if err != nil {
		return inbound{}, err
	}
	f := inbound{Type: members["type"], ID: members["id"], Token: members["token"], Ticket: members["ticket"],
		Topic: members["topic"], Grant: members["grant"], After: members["after"]}
	allowed, known := fields[f.Type]
	if !known {
		return inbound{}, errFrame("The type is not one this server knows: auth, ping, pong, subscribe, unsubscribe.")
	}
	for name := range members {
		if name != "type" && !slices.Contains(allowed, name) {
			return inbound{}, errFrame("The frame has a member its type does not have.")
		}
	}
	if len(f.ID) > maxPingID {
		return inbound{}, errFrame("The id is longer than 64 bytes.")
	}
	if f.Type == "auth" && (f.Token == "") == (f.Ticket == "") {
		return inbound{}, errFrame("An auth frame carries a token or a ticket.")
	}
	return f, nil
}

// decodeStrings reads one JSON object whose members are all strings.
func decodeStrings(b []byte) (map[string]string, error) {
	d := json.NewDecoder(bytes.NewReader(b))
	if t, err := d.Token(); err != nil || t != json.Delim('{') {
		return nil, errFrame("A frame is one JSON object.")
	}
	members := make(map[string]string, 3)
	for d.More() {
		name, err := stringToken(d)
		if err != nil {
			return nil, err
		}
		if _, twice := members[name]; twice {
			return nil, errFrame("A member is given twice.")
		}
		if members[name], err = stringToken(d); err != nil {
			return nil, err
		}
	}
	if _, err := d.Token(); err != nil {
		return nil, errFrame("A frame is one JSON object.")
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, errFrame("Something follows the JSON object.")
	}
	return members, nil
}

func stringToken(d *json.Decoder) (string, error) {
	t, err := d.Token()
	s, ok := t.(string)
	if err != nil || !ok {
		return "", errFrame("Every member of a frame is a string.")
	}
	return s, nil
}

// The frames the server sends. The names of their members are the protocol.
type (
	welcomeFrame struct {
		Type         string    `json:"type"` // "welcome"
		ConnectionID string    `json:"connection_id"`
		SessionID    string    `json:"session_id"`
		ExpiresAt    time.Time `json:"expires_at"`
		Heartbeat    int       `json:"heartbeat"` // seconds between the server's pings
	}
	pongFrame struct {
		Type string `json:"type"` // "pong"
		ID   string `json:"id,omitempty"`
	}
	expiryFrame struct {
		Type      string    `json:"type"` // "auth_ok" or "auth_expiring"
		ExpiresAt time.Time `json:"expires_at"`
	}
	errorFrame struct {
		Type    string     `json:"type"` // "error"
		Code    fault.Code `json:"code"`
		Message string     `json:"message"`
		Topic   string     `json:"topic,omitempty"`
	}
	eventFrame struct {
		Type  string          `json:"type"` // "event"
		ID    string          `json:"id"`
		Topic string          `json:"topic,omitempty"` // empty: to the user or session
		Name  string          `json:"name"`
		Data  json.RawMessage `json:"data,omitempty"`
	}
	topicFrame struct {
		Type  string `json:"type"`            // "subscribed", "unsubscribed" or "gap"
		Topic string `json:"topic,omitempty"` // gap: empty for everything
	}
)

// frame encodes v as one text frame.
func frame(v any) []byte {
	b, err := json.Marshal(v)
	if err != nil { // only strings, numbers, times and checked JSON go in
		panic(err)
	}
	return wire.AppendFrame(make([]byte, 0, len(b)+10), wire.Text, b)
}

// refusal is the error frame for err: a fault's code and sentence, or an
// internal error whose text stays here.
func refusal(err error) errorFrame {
	var wrong errFrame
	if errors.As(err, &wrong) {
		return errorFrame{Type: "error", Code: fault.CodeMalformed, Message: string(wrong)}
	}
	code := fault.Of(err)
	return errorFrame{Type: "error", Code: code, Message: code.Sentence()}
}

// about names the topic that was refused, if it is one: what a client sends is
// not echoed otherwise.
func (f errorFrame) about(name string) errorFrame {
	if topic.Valid(name) {
		f.Topic = name
	}
	return f
}
