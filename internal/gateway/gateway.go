package gateway

import (
	"context"
	"fmt"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/sallyport/sallyport/internal/audit"
	"github.com/sallyport/sallyport/internal/fault"
	"github.com/sallyport/sallyport/internal/gateway/wire"
	"github.com/sallyport/sallyport/internal/session"
	"github.com/sallyport/sallyport/internal/token"
)

// tick is how often every connection's deadlines are looked at: none is noticed
// later than this.
const tick = 500 * time.Millisecond

// Gateway is the WebSocket side of one node. Make it with New, mount it as the
// handler of GET /api/v1/ws, keep Run running, and end it with Drain.
type Gateway struct {
	parts    Parts
	cfg      Config
	hub      *hub
	board    *board
	presence *presence
	metrics  *metrics
	buffers  wire.Buffers
	ticks    atomic.Int64
}

// New returns a gateway that watches p.Revocations; call it before the first
// revocation is added. It registers its metrics.
func New(cfg Config, p Parts) (*Gateway, error) {
	if err := cfg.check(); err != nil {
		return nil, err
	}
	if err := p.check(); err != nil {
		return nil, err
	}
	g := &Gateway{parts: p, cfg: cfg, hub: newHub(cfg)}
	g.board = newBoard(g.hub, cfg)
	g.presence = &presence{
		node: cfg.Node, bus: p.Bus, mine: g.roster, evict: g.evict, clock: p.Clock, nodes: map[string]time.Time{}, waiting: map[string]chan Roster{},
	}
	m, err := newMetrics(p.Metrics, g.hub, g.board)
	if err != nil {
		return nil, fmt.Errorf("gateway: %w", err)
	}
	g.metrics = m
	p.Revocations.Watch(g.revoke)
	return g, nil
}

// Run looks at the deadlines of all connections until ctx ends: without it no
// token expires and no heartbeat is sent. It returns nil.
func (g *Gateway) Run(ctx context.Context) error {
	renewing := make(chan struct{})
	go func() {
		defer close(renewing)
		g.renewPlaces(ctx)
	}()
	defer func() { <-renewing }()
	t := time.NewTicker(tick)
	defer t.Stop()
	var buf []*conn
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-t.C:
		}
		now, wall := time.Duration(g.ticks.Add(1))*tick, g.parts.Clock()
		buf = g.hub.everyone(buf[:0])
		for _, c := range buf {
			c.visit(now, wall)
		}
		clear(buf)
		g.expireGrants()
	}
}

// now is the time since Run began, in steps of a tick. Unlike the clock it never
// jumps, so no step of the clock can end a silence or refill an allowance.
func (g *Gateway) now() time.Duration { return time.Duration(g.ticks.Load()) * tick }

// revoke closes the connections a revocation concerns, at once. It does not
// block: it queues close frames, nothing more.
func (g *Gateway) revoke(r session.Revocation) {
	switch r.Kind {
	case session.RevokedSession:
		closeConcerned(g.hub.ofSession(r.Value), r)
	case session.RevokedUser:
		closeConcerned(g.hub.ofUser(r.Value), r)
	default: // a single token, or a kind of a newer node: ask every connection
		go func() { closeConcerned(g.hub.everyone(nil), r) }()
	}
}

func closeConcerned(conns []*conn, r session.Revocation) {
	for _, c := range conns {
		if s, claims := c.who(); s == open && r.Concerns(claims) {
			c.revoke(r.At)
		}
	}
}

// context is what work on behalf of an open connection runs under.
func (c *conn) context() context.Context {
	return audit.WithOrigin(context.Background(), c.origin)
}

// by says who ended a connection.
type by string

const (
	byServer  by = "server"
	byClient  by = "client"
	byNetwork by = "network"
)

// ending is how a connection ended.
type ending struct {
	code   CloseCode
	by     by
	was    state
	claims token.Claims
}

// ended takes a connection that begins to close out of the files, counts it and
// records it.
func (g *Gateway) ended(c *conn, e ending) {
	g.hub.leave(c)
	g.board.leave(c)
	g.metrics.closed(e.code.Code, e.by)
	details := map[string]string{
		"connection_id": c.id, "code": fmt.Sprint(e.code.Code), "by": string(e.by),
		"seconds": fmt.Sprint(int(g.parts.Clock().Sub(c.since).Seconds())),
	}
	if e.was == pending {
		g.record(c.origin, e.claims, audit.SocketRefused, audit.Failure, e.code.Name, details)
		return
	}
	g.record(c.origin, e.claims, audit.SocketClosed, audit.Success, e.code.Name, details)
}

// refuse answers a request that is not upgraded, and records it unless it was
// no WebSocket request at all.
func (g *Gateway) refuse(w http.ResponseWriter, r *http.Request, q request, reason string, err error) {
	g.metrics.refused.WithLabelValues(reason).Inc()
	code, name := fault.Of(err), audit.SocketRefused
	if code == fault.CodeRateLimited || code == fault.CodeBusy {
		name = audit.RateLimitExceeded
		g.metrics.limitHits.WithLabelValues(reason).Inc()
	}
	if code.Kind() == fault.Malformed {
		w.Header().Set("Sec-WebSocket-Version", "13") // RFC 6455 §4.4
	} else {
		g.record(q.origin, token.Claims{}, name, audit.Failure, string(code), map[string]string{"at": "websocket"})
	}
	g.parts.Refuse(w, r, err)
}

// record hands one event to the audit record (WS-09).
func (g *Gateway) record(o audit.Origin, claims token.Claims, name audit.Name, result audit.Result, reason string, details map[string]string) {
	e := audit.New(audit.WithOrigin(context.Background(), o), g.parts.Clock(), name, result, claims.Subject)
	e.SessionID, e.Reason, e.Details = claims.SessionID, reason, details
	g.parts.Recorder.Record(e)
}
