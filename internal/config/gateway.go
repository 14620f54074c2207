package config

import (
	"time"

	"github.com/sallyport/sallyport/internal/topic"
)

// WhenFull is what happens to a socket that is one too many.
type WhenFull string

// The two answers.
const (
	FullReplace WhenFull = "replace" // the oldest closes with 4009
	FullRefuse  WhenFull = "refuse"  // the new one is refused with 429
)

// Gateway is the bounds of WebSocket connections (WS-03, WS-06, WS-07).
type Gateway struct {
	Origins           []string      // WS_ORIGINS: exact origins
	AuthTimeout       time.Duration // WS_AUTH_TIMEOUT: from open to a valid token
	Heartbeat         time.Duration // WS_HEARTBEAT: between pings; two misses close
	WriteTimeout      time.Duration // WS_WRITE_TIMEOUT
	MaxPerUser        int           // WS_MAX_PER_USER
	MaxPerSession     int           // WS_MAX_PER_SESSION
	WhenFull          WhenFull      // WS_WHEN_FULL, for the two above
	MaxPerIP          int           // WS_MAX_PER_IP
	MaxPendingPerIP   int           // WS_MAX_PENDING_PER_IP
	MaxTotal          int           // WS_MAX_TOTAL, on this node
	MessageMaxBytes   int           // WS_MESSAGE_MAX_BYTES
	MessagesPerMinute int           // WS_MESSAGES_PER_MINUTE
	BytesPerMinute    int           // WS_BYTES_PER_MINUTE
	UserMessages      int           // WS_USER_MESSAGES_PER_MINUTE
	UserBytes         int           // WS_USER_BYTES_PER_MINUTE
	QueueBytes        int           // WS_QUEUE_BYTES, a connection
	Topics            []topic.Rule  // WS_TOPICS
	MaxTopics         int           // WS_MAX_TOPICS, a connection
	HistoryEvents     int           // WS_HISTORY_EVENTS, on this node
	HistoryBytes      int           // WS_HISTORY_BYTES, on this node
}

func (g *Gateway) block() block {
	return block{
		title: "WebSocket gateway",
		about: "The bounds of WebSocket connections on one node.",
		settings: []Setting{
			{
				Name: "WS_ORIGINS", Derived: "CORS_ORIGINS and the origins of PUBLIC_URL and FRONTEND_URL", into: origins(&g.Origins),
				Help: "The exact origins whose pages may open a socket. A client that is no browser sends none and needs a token in its Authorization header.",
			},
			{Name: "WS_AUTH_TIMEOUT", Default: "5s", into: span(&g.AuthTimeout, time.Second, 5*time.Second), Help: "How long a socket may stay open before it has shown a token."},
			{Name: "WS_HEARTBEAT", Default: "25s", into: span(&g.Heartbeat, 5*time.Second, 5*time.Minute), Help: "The time between two pings. A socket that misses two is closed with 4008. Keep it under the idle timeout of the proxies in front."},
			{Name: "WS_WRITE_TIMEOUT", Default: "10s", into: span(&g.WriteTimeout, time.Second, time.Minute), Help: "How long one write may take before the socket is closed."},
			{Name: "WS_MAX_PER_USER", Default: "10", Unit: "connections", into: whole(&g.MaxPerUser, 1, 10_000), Help: "Sockets of one user, on all nodes."},
			{Name: "WS_MAX_PER_SESSION", Default: "10", Unit: "connections", into: whole(&g.MaxPerSession, 1, 10_000), Help: "Sockets of one session, on all nodes."},
			{Name: "WS_WHEN_FULL", Default: "replace", into: choice(&g.WhenFull, FullReplace, FullRefuse), Help: "What happens to one more socket of that user or session: it replaces the oldest, which closes with 4009, or it is refused with 429."},
			{Name: "WS_MAX_PER_IP", Default: "50", Unit: "connections", into: whole(&g.MaxPerIP, 1, 1_000_000), Help: "Sockets from one IP address (of IPv6 one /64) on this node, and authenticated ones on all nodes."},
			{Name: "WS_MAX_PENDING_PER_IP", Default: "10", Unit: "connections", into: whole(&g.MaxPendingPerIP, 1, 1_000_000), Help: "Sockets from one IP address that have shown no token yet."},
			{Name: "WS_MAX_TOTAL", Default: "20000", Unit: "connections", into: whole(&g.MaxTotal, 1, 10_000_000), Help: "Sockets on this node; a further one gets 503. An idle one costs up to 12 KiB of memory."},
			{Name: "WS_MESSAGE_MAX_BYTES", Default: "65536", Unit: "bytes", into: whole(&g.MessageMaxBytes, 4096, 1<<20), Help: "The largest message a client may send; a larger one closes the socket with 1009."},
			{Name: "WS_MESSAGES_PER_MINUTE", Default: "100", Unit: "messages", into: whole(&g.MessagesPerMinute, 1, 1_000_000), Help: "Messages one socket may send in a minute; more close it with 4029."},
			{Name: "WS_BYTES_PER_MINUTE", Default: "1048576", Unit: "bytes", into: whole(&g.BytesPerMinute, 4096, 1<<30), Help: "Payload one socket may send in a minute; more closes it with 4029."},
			{Name: "WS_USER_MESSAGES_PER_MINUTE", Default: "300", Unit: "messages", into: whole(&g.UserMessages, 1, 10_000_000), Help: "The same for all sockets of one user on this node together."},
			{Name: "WS_USER_BYTES_PER_MINUTE", Default: "4194304", Unit: "bytes", into: whole(&g.UserBytes, 4096, 1<<30), Help: "The same for the payload of all sockets of one user on this node together."},
			{Name: "WS_QUEUE_BYTES", Default: "262144", Unit: "bytes", into: whole(&g.QueueBytes, 4096, 16<<20), Help: "How much may wait for a slow reader before its socket is closed."},
			{
				Name: "WS_TOPICS", into: list(&g.Topics, "topic rules, separated by commas", parseTopicRule, topic.Rule.String),
				Help: "The topics that every signed-in client may listen to, such as news/*, users/{user}/*. {user} and {session} stand for the client's own ids, * at the end for anything below. All others need a grant of your backend.",
			},
			{Name: "WS_MAX_TOPICS", Default: "50", Unit: "topics", into: whole(&g.MaxTopics, 1, 10_000), Help: "Topics one socket may listen to."},
			{Name: "WS_HISTORY_EVENTS", Default: "10000", Unit: "events", into: whole(&g.HistoryEvents, 1, 1_000_000), Help: "Events this node remembers, so that a client that comes back is sent what it missed."},
			{Name: "WS_HISTORY_BYTES", Default: "16777216", Unit: "bytes", into: whole(&g.HistoryBytes, 1<<20, 1<<30), Help: "How much memory these events may take."},
		},
		derive: func(c *Config) {
			if len(c.Gateway.Origins) == 0 {
				c.Gateway.Origins = distinctOf(append([]string{c.App.PublicURL, c.FrontendOrigin()}, c.HTTP.CORSOrigins...)...)
			}
		},
		check: func(c *Config) []Problem {
			if !c.Given("WS_ORIGINS") {
				return nil // whatever is wrong is said of the settings it follows from
			}
			return httpsOnly(c, "WS_ORIGINS", c.Gateway.Origins)
		},
	}
}

func parseTopicRule(s string) (topic.Rule, *refusal) {
	r, err := topic.ParseRule(s)
	if err != nil {
		return r, refuse(quoted(s)+" is not a topic rule", "Write it like news/*, users/{user}/orders: segments of letters, digits and ._:- with a slash between them")
	}
	return r, nil
}
