package gateway

import (
	"errors"
	"log/slog"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/sallyport/sallyport/internal/bus"
	"github.com/sallyport/sallyport/internal/clock"
	"github.com/sallyport/sallyport/internal/limit"
	"github.com/sallyport/sallyport/internal/session"
	"github.com/sallyport/sallyport/internal/topic"
)

// Config is what an operator can set. Every number must be positive.
type Config struct {
	// Origins are the exact origins a browser may connect from (WS-01), such as
	// "https://app.example.com".
	Origins []string
	// AuthTimeout is how long a socket may be open before it has shown a token;
	// at most 5 s (WS-03).
	AuthTimeout time.Duration
	// Heartbeat is the time between two pings; a socket that misses two closes.
	Heartbeat time.Duration
	// WriteTimeout is how long one write may take (WS-07).
	WriteTimeout time.Duration
	// ExpiryNotice is how long before a token's expiry auth_expiring is sent.
	ExpiryNotice time.Duration

	MaxPerUser    int // connections of one user, on all nodes
	MaxPerSession int // connections of one session, on all nodes
	MaxPerIP      int // connections from one address: on this node, and authenticated ones on all nodes
	MaxPendingIP  int // connections from one address that have shown this node no token yet
	MaxTotal      int // connections on this node
	// ReplaceOldest says what happens at MaxPerUser and MaxPerSession: the oldest
	// connection closes with 4009, or else the new one is refused.
	ReplaceOldest bool

	MessageMaxBytes       int // one message of a client
	QueueBytes            int // waiting for one slow reader
	MessagesPerMinute     int // frames one connection may send
	BytesPerMinute        int // payload one connection may send
	UserMessagesPerMinute int // the same for all of a user's connections together
	UserBytesPerMinute    int

	// Topics are the rules by which clients may listen without a grant.
	Topics    []topic.Rule
	MaxTopics int // topics one connection may listen to
	// HistoryEvents and HistoryBytes bound what this node remembers for clients
	// that come back.
	HistoryEvents int
	HistoryBytes  int

	Node string // names this node to the others; never empty
}

// Defaults returns the values of the requirements (WS-03, WS-06, WS-07), without
// any origin.
func Defaults() Config {
	return Config{
		AuthTimeout:  5 * time.Second,
		Heartbeat:    25 * time.Second,
		WriteTimeout: 10 * time.Second,
		ExpiryNotice: time.Minute,
		MaxPerUser:   10, MaxPerSession: 10, MaxPerIP: 50, MaxPendingIP: 10, MaxTotal: 20_000,
		MessageMaxBytes: 64 << 10, QueueBytes: 256 << 10,
		MessagesPerMinute: 100, BytesPerMinute: 1 << 20,
		UserMessagesPerMinute: 300, UserBytesPerMinute: 4 << 20,
		MaxTopics: 50, HistoryEvents: 10_000, HistoryBytes: 16 << 20,
	}
}

// check refuses what would switch a limit off.
func (c Config) check() error {
	if c.AuthTimeout < time.Second || c.Heartbeat < time.Second || c.WriteTimeout < time.Second || c.ExpiryNotice < 0 {
		return errors.New("gateway: AuthTimeout, Heartbeat and WriteTimeout are at least a second")
	}
	if c.AuthTimeout > 5*time.Second {
		return errors.New("gateway: AuthTimeout is at most five seconds (WS-03)")
	}
	if c.Node == "" {
		return errors.New("gateway: a node has a name")
	}
	for _, n := range []int{
		c.MaxPerUser, c.MaxPerSession, c.MaxPerIP, c.MaxPendingIP, c.MaxTotal, c.MessageMaxBytes, c.QueueBytes,
		c.MessagesPerMinute, c.BytesPerMinute, c.UserMessagesPerMinute, c.UserBytesPerMinute,
		c.MaxTopics, c.HistoryEvents, c.HistoryBytes,
	} {
		if n < 1 {
			return errors.New("gateway: every limit is at least 1")
		}
	}
	return nil
}

// Parts are the neighbours the gateway works with. All but Places are required.
type Parts struct {
	Verifier    Verifier
	Tickets     Tickets
	Limits      Limits
	Recorder    Recorder
	Bus         bus.Bus      // carries events between nodes
	Places      limit.Places //  counts connections over all nodes; nil: this node is alone
	Grants      Grants
	Revocations *session.Revocations // watched and asked
	// Refuse answers a request that is not upgraded with the problem document of
	// err, a *fault.Error or anything else for an internal error.
	Refuse  func(w http.ResponseWriter, r *http.Request, err error)
	Clock   clock.Clock
	Metrics prometheus.Registerer
	Log     *slog.Logger
}

func (p Parts) check() error {
	if p.Verifier == nil || p.Tickets == nil || p.Limits == nil || p.Recorder == nil || p.Revocations == nil ||
		p.Bus == nil || p.Grants.MACs == nil || p.Grants.Clock == nil || p.Refuse == nil || p.Clock == nil || p.Metrics == nil || p.Log == nil {
		return errors.New("gateway: a part is missing")
	}
	return nil
}
