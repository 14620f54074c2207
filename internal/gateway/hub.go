package gateway

import (
	"slices"
	"sync"
	"time"

	"github.com/sallyport/sallyport/internal/fault"
	"github.com/sallyport/sallyport/internal/token"
)

// hub is the registry of this node's connections. A place in it is taken before
// the upgrade and given back when the socket is gone; an identity is joined when
// it is proved and left when the connection begins to close. No method does I/O
// and none calls back, so mu is only ever held for an instant.
type hub struct {
	cfg Config

	mu       sync.Mutex
	all      []*conn
	taken    int // places, with those whose upgrade is under way
	waiting  int // of these, the ones that have shown no token
	filed    int // of these, the ones filed under a user
	ips      map[string]places
	users    map[string]*person
	sessions map[string][]*conn
	draining bool
	alone    bool          // the other nodes' connections cannot be counted
	empty    chan struct{} // closed when draining and nobody is left
}

// places counts the connections of one address.
type places struct{ all, pending int }

// person is what one user holds, oldest connection first.
type person struct {
	conns []*conn
	sent  usage
}

func newHub(cfg Config) *hub {
	return &hub{
		cfg: cfg, ips: map[string]places{}, users: map[string]*person{}, sessions: map[string][]*conn{},
		empty: make(chan struct{}),
	}
}

// take claims a place for one upgrade from that address. pending says that it
// comes without a token.
func (h *hub) take(ip string, pending bool) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	p := h.ips[ip]
	switch {
	case h.draining:
		return fault.New(fault.CodeUnavailable).WithRetryAfter(time.Second)
	case h.taken >= h.cfg.MaxTotal:
		return fault.New(fault.CodeBusy).WithRetryAfter(5 * time.Second)
	case p.all >= h.share(h.cfg.MaxPerIP), pending && p.pending >= h.cfg.MaxPendingIP:
		return fault.New(fault.CodeRateLimited).WithRetryAfter(5 * time.Second)
	}
	h.taken++
	p.all++
	if pending {
		h.waiting++
		p.pending++
	}
	h.ips[ip] = p
	return nil
}

// giveBack frees a place whose upgrade did not come about.
func (h *hub) giveBack(ip string, pending bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if pending {
		h.settle(ip)
	}
	h.free(ip)
}

func (h *hub) free(ip string) {
	h.taken--
	p := h.ips[ip]
	if p.all--; p.all == 0 {
		delete(h.ips, ip)
	} else {
		h.ips[ip] = p
	}
	if h.draining && h.taken == 0 {
		close(h.empty)
	}
}

// settle notes that a connection of that address waits for a token no more.
func (h *hub) settle(ip string) {
	h.waiting--
	p := h.ips[ip]
	p.pending--
	h.ips[ip] = p
}

// add puts a connection that has its place into the registry. waiting says that
// it came without a token.
func (h *hub) add(c *conn, waiting bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	c.place, c.waiting = len(h.all), waiting
	h.all = append(h.all, c)
}

// room says whether the user and session of these claims may have one more
// connection; always where the oldest makes room.
func (h *hub) room(claims token.Claims) error {
	if h.cfg.ReplaceOldest {
		return nil
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.full(claims)
}

func (h *hub) full(claims token.Claims) error {
	p := h.users[claims.Subject]
	if p != nil && len(p.conns) >= h.share(h.cfg.MaxPerUser) || len(h.sessions[claims.SessionID]) >= h.share(h.cfg.MaxPerSession) {
		return fault.New(fault.CodeRateLimited).WithRetryAfter(5 * time.Second)
	}
	return nil
}

// assumedNodes is how many nodes share the caps while nobody can count over all.
const assumedNodes = 2

// countAlone says whether this node has to count by itself.
func (h *hub) countAlone(alone bool) {
	h.mu.Lock()
	h.alone = alone
	h.mu.Unlock()
}

// share is this node's part of a cap: the whole, or while it counts alone what is
// left if the others let in theirs (RL-11).
func (h *hub) share(most int) int {
	if h.alone {
		return (most + assumedNodes - 1) / assumedNodes
	}
	return most
}

// join files an authenticated connection under its user and session. It returns
// the older connections that must close to make room and takes them out of the
// files; an error where none may.
func (h *hub) join(c *conn, claims token.Claims) (oldest []*conn, err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.draining {
		return nil, fault.New(fault.CodeUnavailable)
	}
	if err := h.full(claims); err != nil {
		if !h.cfg.ReplaceOldest {
			return nil, err
		}
		oldest = h.surplus(claims)
	}
	h.stopWaiting(c)
	h.file(c, claims)
	for _, o := range oldest {
		h.unfile(o)
	}
	return oldest, nil
}

func (h *hub) file(c *conn, claims token.Claims) {
	p := h.users[claims.Subject]
	if p == nil {
		p = &person{}
		h.users[claims.Subject] = p
	}
	p.conns = append(p.conns, c)
	h.sessions[claims.SessionID] = append(h.sessions[claims.SessionID], c)
	c.user, c.session = claims.Subject, claims.SessionID
	h.filed++
}

// stopWaiting gives back c's share of the pending places, if it holds one.
func (h *hub) stopWaiting(c *conn) {
	if c.waiting {
		c.waiting = false
		h.settle(c.key())
	}
}

// surplus returns the connections that make room for one more.
func (h *hub) surplus(claims token.Claims) []*conn {
	var out []*conn
	perSession, perUser := h.share(h.cfg.MaxPerSession), h.share(h.cfg.MaxPerUser)
	if s := h.sessions[claims.SessionID]; len(s) >= perSession {
		out = append(out, s[:len(s)+1-perSession]...)
	}
	if p := h.users[claims.Subject]; p != nil && len(p.conns)-len(out) >= perUser {
		for _, c := range p.conns {
			if len(p.conns)-len(out) < perUser {
				break
			}
			if !slices.Contains(out, c) {
				out = append(out, c)
			}
		}
	}
	return out
}

// leave takes a connection that begins to close out of the files. It may be
// called twice.
func (h *hub) leave(c *conn) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.stopWaiting(c)
	h.unfile(c)
}

func (h *hub) unfile(c *conn) {
	if c.user == "" {
		return
	}
	h.filed--
	p := h.users[c.user]
	if p.conns = without(p.conns, c); len(p.conns) == 0 {
		delete(h.users, c.user)
	}
	if s := without(h.sessions[c.session], c); len(s) > 0 {
		h.sessions[c.session] = s
	} else {
		delete(h.sessions, c.session)
	}
	c.user, c.session = "", ""
}

// remove frees the place of a connection that is gone.
func (h *hub) remove(c *conn) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.stopWaiting(c)
	h.unfile(c)
	last := len(h.all) - 1
	h.all[c.place] = h.all[last]
	h.all[c.place].place = c.place
	h.all[last] = nil
	h.all = h.all[:last]
	h.free(c.key())
}

// userAffords counts a message of n bytes against its user's allowance.
func (h *hub) userAffords(c *conn, now time.Duration, n int) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	p := h.users[c.user]
	return p == nil || p.sent.take(now, n, h.cfg.UserMessagesPerMinute, h.cfg.UserBytesPerMinute)
}

// ofSession and ofUser return the connections filed there, as a copy.
func (h *hub) ofSession(id string) []*conn {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.Clone(h.sessions[id])
}

func (h *hub) ofUser(id string) []*conn {
	h.mu.Lock()
	defer h.mu.Unlock()
	if p := h.users[id]; p != nil {
		return slices.Clone(p.conns)
	}
	return nil
}

// everyone appends all connections to buf.
func (h *hub) everyone(buf []*conn) []*conn {
	h.mu.Lock()
	defer h.mu.Unlock()
	return append(buf, h.all...)
}
