package config

import "time"

// Gateway is the bounds of WebSocket connections (WS-03, WS-06, WS-07).
type Gateway struct {
	Origins           []string      // WS_ORIGINS: exact origins
	AuthTimeout       time.Duration // WS_AUTH_TIMEOUT: from open to a valid token
	Heartbeat         time.Duration // WS_HEARTBEAT: between pings; two misses close
	WriteTimeout      time.Duration // WS_WRITE_TIMEOUT
	MaxPerUser        int           // WS_MAX_PER_USER
	MaxPerIP          int           // WS_MAX_PER_IP
	MaxTotal          int           // WS_MAX_TOTAL, on this node
	MessageMaxBytes   int           // WS_MESSAGE_MAX_BYTES
	MessagesPerMinute int           // WS_MESSAGES_PER_MINUTE
	QueueBytes        int           // WS_QUEUE_BYTES, a connection
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
			{Name: "WS_MAX_PER_USER", Default: "10", Unit: "connections", into: whole(&g.MaxPerUser, 1, 10_000), Help: "Sockets of one user; a further one replaces the oldest, which closes with 4009."},
			{Name: "WS_MAX_PER_IP", Default: "50", Unit: "connections", into: whole(&g.MaxPerIP, 1, 1_000_000), Help: "Sockets from one IP address."},
			{Name: "WS_MAX_TOTAL", Default: "20000", Unit: "connections", into: whole(&g.MaxTotal, 1, 10_000_000), Help: "Sockets on this node; a further one gets 503. An idle one costs up to 12 KiB of memory."},
			{Name: "WS_MESSAGE_MAX_BYTES", Default: "65536", Unit: "bytes", into: whole(&g.MessageMaxBytes, 4096, 1<<20), Help: "The largest message a client may send; a larger one closes the socket with 1009."},
			{Name: "WS_MESSAGES_PER_MINUTE", Default: "100", Unit: "messages", into: whole(&g.MessagesPerMinute, 1, 1_000_000), Help: "Messages one socket may send in a minute; more close it with 4029."},
			{Name: "WS_QUEUE_BYTES", Default: "262144", Unit: "bytes", into: whole(&g.QueueBytes, 4096, 16<<20), Help: "How much may wait for a slow reader before its socket is closed."},
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
