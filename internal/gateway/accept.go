package gateway

import (
	"bufio"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/sallyport/sallyport/internal/audit"
	"github.com/sallyport/sallyport/internal/fault"
	"github.com/sallyport/sallyport/internal/gateway/wire"
	"github.com/sallyport/sallyport/internal/ident"
	"github.com/sallyport/sallyport/internal/limit"
	"github.com/sallyport/sallyport/internal/token"
)

// Protocol is the subprotocol the server speaks. Offers that begin with
// tokenPrefix or ticketPrefix carry a credential: a browser can set no header
// but this one.
const (
	Protocol     = "sallyport.v1"
	tokenPrefix  = "sallyport.token."
	ticketPrefix = "sallyport.ticket."
)

// request is what the gateway read from an upgrade request.
type request struct {
	id         string // of the connection it becomes
	key        string // Sec-WebSocket-Key
	protocol   string // to answer; empty: none was offered
	credential credential
	after      string // the last event the client saw, from the address
	origin     audit.Origin
}

// ServeHTTP upgrades a request to a WebSocket, or refuses it with a problem
// document: whatever can be known before the upgrade is decided before it.
func (g *Gateway) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	q := request{id: ident.New(), origin: audit.OriginOf(r.Context())}
	if err := g.read(r, &q); err != nil {
		reason := "request"
		if fault.Of(err) == fault.CodeOriginNotAllowed {
			reason = "origin"
		}
		g.refuse(w, r, q, reason, err)
		return
	}
	if err := g.parts.Limits.Connect(r.Context(), q.origin.Prefix); err != nil {
		g.refuse(w, r, q, "connect_rate", err)
		return
	}
	waiting := q.credential.method == ""
	if err := g.hub.take(q.origin.Prefix, waiting); err != nil {
		g.refuse(w, r, q, "full", err)
		return
	}
	claims, lease, reason, err := g.admit(r, q)
	if err != nil {
		g.hub.giveBack(q.origin.Prefix, waiting)
		g.refuse(w, r, q, reason, err)
		return
	}
	nc, brw, err := http.NewResponseController(w).Hijack()
	if err != nil {
		g.hub.giveBack(q.origin.Prefix, waiting)
		if lease != nil {
			g.parts.Places.Release(*lease)
		}
		g.refuse(w, r, q, "hijack", err)
		return
	}
	g.start(nc, early(brw.Reader), q, claims, lease)
}

// early returns what the client sent behind its handshake, so that the buffer
// it lies in can go.
func early(b *bufio.Reader) []byte {
	if b.Buffered() == 0 {
		return nil
	}
	p, _ := b.Peek(b.Buffered())
	return slices.Clone(p)
}

// sendBuffer is how much the kernel may hold for one client besides the queue, in
// bytes; Linux counts twice that. Left alone it grows to 4 MiB for a client that
// does not read, sixteen times what the queue may hold (WS-07).
const sendBuffer = 128 << 10

// narrow bounds what the kernel buffers on the way out.
func narrow(nc net.Conn) {
	if inner, ok := nc.(interface{ NetConn() net.Conn }); ok { // TLS
		nc = inner.NetConn()
	}
	if b, ok := nc.(interface{ SetWriteBuffer(bytes int) error }); ok {
		_ = b.SetWriteBuffer(sendBuffer) // where it fails the queue still holds
	}
}

// start makes the connection and runs it. The answer to the handshake leaves in
// one write with the frame that follows it.
func (g *Gateway) start(nc net.Conn, pre []byte, q request, claims *token.Claims, lease *limit.Place) {
	waiting := claims == nil
	narrow(nc)
	c := &conn{g: g, nc: nc, id: q.id, lease: lease, origin: q.origin, after: q.after, since: g.parts.Clock(), writing: true}
	c.due = g.now() + g.cfg.AuthTimeout - tick // looked at once a tick: never late (WS-03)
	c.in.Init(nc, pre, &g.buffers)
	g.hub.add(c, waiting)
	if claims != nil {
		c.become(*claims, q.credential.method)
	}
	c.flush(wire.AppendAccept(nil, q.key, q.protocol))
	go c.run()
}

// admit judges the credential, if the request has one, and asks whether its
// user may have a further connection. reason is for the metrics.
func (g *Gateway) admit(r *http.Request, q request) (_ *token.Claims, _ *limit.Place, reason string, err error) {
	if q.credential.method == "" {
		return nil, nil, "", nil
	}
	claims, err := g.prove(r.Context(), q.credential, q.origin.Prefix)
	if err != nil {
		return nil, nil, "credential", err
	}
	if err := g.parts.Limits.Admit(r.Context(), q.origin.Prefix, claims.Subject); err != nil {
		return nil, nil, "connect_rate", err
	}
	lease, err := g.claim(r.Context(), q.id, q.origin.Prefix, claims)
	if err != nil {
		return nil, nil, "user_full", err
	}
	return &claims, lease, "", nil
}

// read checks everything about the request that needs no neighbour.
func (g *Gateway) read(r *http.Request, q *request) (err error) {
	query, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return fault.Because(fault.CodeMalformed, err).WithDetail("The query of the address cannot be read.")
	}
	if hasSecret(query) {
		return fault.New(fault.CodeMalformed).WithDetail("A token or ticket never goes into the address: send it as a header, a subprotocol or the first frame.")
	}
	if q.key, err = wire.Key(r); err != nil {
		return fault.Because(fault.CodeMalformed, err).WithDetail("This address is for WebSocket upgrade requests, version 13.")
	}
	if q.after = query.Get("after"); len(q.after) > MaxEventID {
		return fault.New(fault.CodeMalformed).WithDetail("The parameter after is the id of an event, at most 64 bytes.")
	}
	if q.credential, q.protocol, err = credentialOf(r); err != nil {
		return err
	}
	return g.checkOrigin(r, q.credential)
}

// checkOrigin lets a browser in only from a listed origin, and a client that
// names none only with a bearer header, which no page can be made to send
// (WS-01).
func (g *Gateway) checkOrigin(r *http.Request, c credential) error {
	origins := r.Header.Values("Origin")
	if len(origins) == 0 && c.method == "header" || len(origins) == 1 && slices.Contains(g.cfg.Origins, origins[0]) {
		return nil
	}
	return fault.New(fault.CodeOriginNotAllowed)
}

// hasSecret reports whether the query seems to carry a credential (WS-02).
func hasSecret(query url.Values) bool {
	for name, values := range query {
		switch strings.ToLower(name) {
		case "token", "access_token", "ticket", "jwt", "auth", "authorization", "bearer":
			return true
		}
		for _, v := range values {
			if strings.HasPrefix(v, "eyJ") || strings.HasPrefix(v, "spt_") {
				return true
			}
		}
	}
	return false
}

// credentialOf finds the one credential of a request, if it has one, and the
// subprotocol to answer.
func credentialOf(r *http.Request) (c credential, protocol string, err error) {
	var found []credential
	for _, h := range r.Header.Values("Authorization") {
		scheme, raw, _ := strings.Cut(h, " ")
		if !strings.EqualFold(scheme, "Bearer") || raw == "" {
			return c, "", fault.New(fault.CodeUnauthenticated)
		}
		found = append(found, credential{method: "header", token: raw})
	}
	offers := wire.Protocols(r)
	for _, p := range offers {
		if raw, ok := strings.CutPrefix(p, tokenPrefix); ok {
			found = append(found, credential{method: "subprotocol", token: raw})
		}
		if raw, ok := strings.CutPrefix(p, ticketPrefix); ok {
			found = append(found, credential{method: "ticket", ticket: raw})
		}
	}
	if len(found) > 1 {
		return c, "", fault.New(fault.CodeMalformed).WithDetail("Send one token or ticket, in one place.")
	}
	if len(offers) > 0 {
		if !slices.Contains(offers, Protocol) {
			return c, "", fault.New(fault.CodeMalformed).WithDetail("Offer the subprotocol " + Protocol + ".")
		}
		protocol = Protocol
	}
	if len(found) == 1 {
		c = found[0]
	}
	if c.method == "ticket" && c.ticket == "" || c.method == "subprotocol" && c.token == "" {
		return c, "", fault.New(fault.CodeInvalidToken)
	}
	return c, protocol, nil
}
