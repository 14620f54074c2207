package config

import (
	"net/netip"
	"strings"
	"time"
)

// HTTP is how the server listens and whom it believes.
type HTTP struct {
	ListenAddr      string         // LISTEN_ADDR: host:port
	MetricsAddr     string         // METRICS_ADDR: host:port; empty: off
	Pprof           bool           // METRICS_PPROF
	CORSOrigins     []string       // CORS_ORIGINS: exact origins
	TrustedProxies  []netip.Prefix // TRUSTED_PROXIES; empty: forwarded headers are ignored
	IPv6Prefix      int            // IPV6_PREFIX: bits that stand for one client
	ShutdownTimeout time.Duration  // SHUTDOWN_TIMEOUT
}

func (h *HTTP) block() block {
	return block{
		title: "HTTP",
		about: "How the server listens, and whose word about a client's address it takes.",
		settings: []Setting{
			{
				Name: "LISTEN_ADDR", Default: ":8000", Derived: "127.0.0.1:8000 while the run is local", into: listen(&h.ListenAddr, false),
				Help: "The address to listen on. A local run that does not set it listens on the loopback interface only, because its dev inbox shows every code; give :8000 to be reached from outside, as in a container.",
			},
			{
				Name: "METRICS_ADDR", Default: "127.0.0.1:9090", Blank: "off", into: listen(&h.MetricsAddr, true),
				Help: "The address of the second listener, which serves GET /metrics, and profiles where METRICS_PPROF says so. It asks for no password: keep it off the public network. Empty or off switches it off.",
			},
			{
				Name: "METRICS_PPROF", Default: "false", into: flag(&h.Pprof),
				Help: "Serves the profiles of Go under /debug/pprof/ on METRICS_ADDR, for `go tool pprof`. A profile shows what the program does and costs processor time; a heap profile names sizes, never contents.",
			},
			{
				Name: "CORS_ORIGINS", into: origins(&h.CORSOrigins),
				Help: "Other origins whose pages may call the API with credentials. PUBLIC_URL needs no entry. Every origin is listed in full; there are no patterns.",
			},
			{
				Name: "TRUSTED_PROXIES", into: prefixes(&h.TrustedProxies),
				Help: "Networks of the reverse proxies in front of the server. Forwarded and X-Forwarded-For count only when the connection comes from one of them; empty means that they never count.",
			},
			{
				Name: "IPV6_PREFIX", Default: "64", Unit: "bits", into: whole(&h.IPv6Prefix, 48, 128),
				Help: "How many leading bits of an IPv6 address stand for one client in the rate limits.",
			},
			{
				Name: "SHUTDOWN_TIMEOUT", Default: "10s", into: span(&h.ShutdownTimeout, time.Second, 5*time.Minute),
				Help: "How long a stopping server waits for requests under way and for sockets to be told to reconnect.",
			},
		},
		derive: func(c *Config) {
			if c.Local() && !c.Given("LISTEN_ADDR") {
				c.HTTP.ListenAddr = "127.0.0.1" + c.HTTP.ListenAddr
			}
		},
		check: func(c *Config) []Problem { return httpsOnly(c, "CORS_ORIGINS", c.HTTP.CORSOrigins) },
	}
}

// httpsOnly complains about origins that a run which is not local cannot trust.
func httpsOnly(c *Config, name string, origins []string) []Problem {
	if c.Local() {
		return nil
	}
	var ps []Problem
	for _, o := range origins {
		if !isHTTPS(o) {
			ps = append(ps, Problem{name, quoted(o) + " uses http, and this run is not local", "Use https:// for every origin, or take it out"})
		}
	}
	return ps
}

func isHTTPS(site string) bool { return strings.HasPrefix(site, "https://") }
