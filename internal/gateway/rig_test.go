package gateway_test

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/sallyport/sallyport/internal/audit"
	"github.com/sallyport/sallyport/internal/bus"
	"github.com/sallyport/sallyport/internal/bus/memory"
	"github.com/sallyport/sallyport/internal/clock"
	"github.com/sallyport/sallyport/internal/fault"
	"github.com/sallyport/sallyport/internal/gateway"
	"github.com/sallyport/sallyport/internal/ident"
	"github.com/sallyport/sallyport/internal/limit"
	"github.com/sallyport/sallyport/internal/seal"
	"github.com/sallyport/sallyport/internal/session"
	"github.com/sallyport/sallyport/internal/token"
)

const (
	home = "https://app.example.com" // the allowed origin
	path = "/api/v1/ws"
)

// people stands for the rooms that know tokens and tickets: what was put in is
// good, a ticket once.
type people struct {
	mu      sync.Mutex
	tokens  map[string]token.Claims
	tickets map[string]token.Claims
	down    atomic.Bool      // the ticket store does not answer
	real    gateway.Verifier // is asked about every other token, if set
}

func (p *people) Verify(raw string) (token.Claims, error) {
	p.mu.Lock()
	c, ok := p.tokens[raw]
	p.mu.Unlock()
	if !ok && p.real != nil {
		return p.real.Verify(raw)
	}
	if !ok {
		return token.Claims{}, fault.New(fault.CodeInvalidToken)
	}
	return c, nil
}

func (p *people) ClaimTicket(_ context.Context, ticket string) (token.Claims, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.down.Load() {
		return token.Claims{}, errors.New("the store is away")
	}
	c, ok := p.tickets[ticket]
	delete(p.tickets, ticket)
	if !ok {
		return token.Claims{}, fault.New(fault.CodeInvalidToken)
	}
	return c, nil
}

// counters stand for the shared limits.
type counters struct {
	connect, admit error  // what Connect and Admit answer
	admitting      func() // called while Admit is asked
	failed         atomic.Int64
}

func (c *counters) Connect(context.Context, string) error { return c.connect }

func (c *counters) Admit(context.Context, string, string) error {
	if c.admitting != nil {
		c.admitting()
	}
	return c.admit
}

func (c *counters) AuthFailed(context.Context, string) { c.failed.Add(1) }

// diary keeps audit events.
type diary struct {
	closed bool // takes nothing
	mu     sync.Mutex
	events []audit.Event
}

func (d *diary) Record(e audit.Event) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.closed {
		return
	}
	d.events = append(d.events, e)
}

func (d *diary) named(n audit.Name) (out []audit.Event) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, e := range d.events {
		if e.Name == n {
			out = append(out, e)
		}
	}
	return out
}

// rig is a gateway in a real HTTP server, with its neighbours in hand.
type rig struct {
	t      testing.TB
	gw     *gateway.Gateway
	people *people
	limits *counters
	diary  *diary
	revs   *session.Revocations
	bus    bus.Bus
	places limit.Places // nil: the only node
	// maxPerUser is gateway.Config.MaxPerUser; zero: the default.
	maxPerUser int
	reg        *prometheus.Registry
	step       atomic.Int64 // how far the clock was stepped, in nanoseconds
	addr       string
	dial       func(ctx context.Context) (net.Conn, error)
	client     *http.Client
}

// start runs a gateway on loopback. The test ends with the check that it left no
// goroutine behind.
func start(t testing.TB, change func(*gateway.Config)) *rig {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return startOn(t, l, func(ctx context.Context) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "tcp", l.Addr().String())
	}, change)
}

func startOn(t testing.TB, l net.Listener, dial func(context.Context) (net.Conn, error), change func(*gateway.Config)) *rig {
	t.Helper()
	return startRig(newRig(t, l, dial), l, change)
}

// startWith runs a gateway on loopback with other neighbours.
func startWith(t testing.TB, change func(*rig)) *rig {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	r := newRig(t, l, func(ctx context.Context) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "tcp", l.Addr().String())
	})
	change(r)
	return startRig(r, l, nil)
}

func newRig(t testing.TB, l net.Listener, dial func(context.Context) (net.Conn, error)) *rig {
	return &rig{
		t: t, people: &people{tokens: map[string]token.Claims{}, tickets: map[string]token.Claims{}},
		limits: &counters{}, diary: &diary{}, revs: session.NewRevocations(), reg: prometheus.NewRegistry(), bus: memory.New(0),
		addr: l.Addr().String(), dial: dial,
	}
}

func startRig(r *rig, l net.Listener, change func(*gateway.Config)) *rig {
	r.t.Helper()
	cfg := gateway.Defaults()
	cfg.Origins, cfg.Node = []string{home}, ident.New()
	cfg.MaxPerIP, cfg.MaxPendingIP = 100_000, 100_000
	if r.maxPerUser > 0 {
		cfg.MaxPerUser = r.maxPerUser
	}
	if change != nil {
		change(&cfg)
	}
	gw, err := gateway.New(cfg, gateway.Parts{
		Verifier: r.people, Tickets: r.people, Limits: r.limits, Recorder: r.diary, Revocations: r.revs,
		Bus: r.bus, Places: r.places, Grants: r.grants(),
		Refuse: refuse, Clock: r.now, Metrics: r.reg, Log: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		r.t.Fatal(err)
	}
	r.gw = gw
	r.serve(l)
	return r
}

// now is the clock of the rig: the machine's, stepped.
func (r *rig) now() time.Time { return clock.System().Add(time.Duration(r.step.Load())) }

// refuse writes problems as the HTTP side does, as far as the tests look.
func refuse(w http.ResponseWriter, _ *http.Request, err error) {
	status := map[fault.Kind]int{
		fault.Malformed: 400, fault.Unauthenticated: 401, fault.Forbidden: 403, fault.TooMany: 429, fault.Unavailable: 503,
	}[fault.Of(err).Kind()]
	if status == 0 {
		status = 500
	}
	var f *fault.Error
	if errors.As(err, &f) && f.RetryAfter > 0 {
		w.Header().Set("Retry-After", "1")
	}
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(map[string]string{"code": string(fault.Of(err))})
}

func (r *rig) serve(l net.Listener) {
	ctx, cancel := context.WithCancel(context.Background())
	running := make(chan struct{})
	go func() {
		following := make(chan struct{})
		go func() { _ = r.gw.Follow(ctx); close(following) }()
		_ = r.gw.Run(ctx)
		<-following
		close(running)
	}()
	srv := &http.Server{ReadHeaderTimeout: 5 * time.Second, Handler: http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		prefix := q.Header.Get("Test-Prefix")
		if prefix == "" {
			prefix = "192.0.2.1"
		}
		origin := audit.Origin{ClientIP: prefix, Prefix: prefix, UserAgent: "test"}
		r.gw.ServeHTTP(w, q.WithContext(audit.WithOrigin(q.Context(), origin)))
	})}
	go func() { _ = srv.Serve(l) }()
	until(r.t, "the bus is followed", func() bool { return r.metric("sallyport_ws_gaps_total", "") > 0 })
	transport := &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) { return r.dial(ctx) }}
	r.client = &http.Client{Transport: transport}
	r.t.Cleanup(func() {
		end, stop := context.WithTimeout(context.Background(), 15*time.Second)
		defer stop()
		_ = r.gw.Drain(end)
		cancel()
		<-running
		transport.CloseIdleConnections()
		_ = srv.Close()
		r.noneLeft()
	})
}

// noneLeft fails the test when goroutines of the gateway outlive it.
func (r *rig) noneLeft() {
	buf := make([]byte, 4<<20)
	for range 1000 {
		if !strings.Contains(string(buf[:runtime.Stack(buf, true)]), "gateway.(*conn)") {
			return
		}
		runtime.Gosched()
	}
	r.t.Errorf("goroutines of connections are left:\n%s", buf[:runtime.Stack(buf, true)])
}

// tell delivers an event to the user of c and returns how many connections took
// it.
func (r *rig) tell(c token.Claims, e gateway.Event) int {
	if e.ID == "" {
		e.ID = ident.New()
	}
	return r.gw.Deliver(gateway.Audience{User: c.Subject}, e)
}

func (r *rig) grants() gateway.Grants { return gateway.Grants{MACs: ring(r.t), Clock: r.now} }

// ring is a keyring that signs grants.
func ring(t testing.TB) *seal.Keyring {
	t.Helper()
	k, err := seal.NewKeyring([]string{"Zq7v0Y1m3o5Kc8Xw2Rt6Ub4Ne9Lp1Js0Hd5Ga7Fi3k8"})
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// signIn makes a user with a session and a token that lives that long.
func (r *rig) signIn(life time.Duration) (raw string, c token.Claims) {
	c = token.Claims{
		Subject: ident.New(), SessionID: ident.New(), ID: ident.New(), AAL: "aal1",
		IssuedAt: r.now(), ExpiresAt: r.now().Add(life),
	}
	return r.issue(c), c
}

// issue makes c good under a new text.
func (r *rig) issue(c token.Claims) string {
	raw := "eyJ." + ident.New() + ".sig"
	r.people.mu.Lock()
	defer r.people.mu.Unlock()
	r.people.tokens[raw] = c
	return raw
}

// ticket makes a one-use ticket for c.
func (r *rig) ticket(c token.Claims) string {
	raw := "spt_" + ident.New()
	r.people.mu.Lock()
	defer r.people.mu.Unlock()
	r.people.tickets[raw] = c
	return raw
}

// bearer opens a socket with an Authorization header and reads its welcome.
func (r *rig) bearer(raw string) *socket {
	r.t.Helper()
	s, res, err := r.try(http.Header{"Authorization": {"Bearer " + raw}})
	if err != nil {
		r.t.Fatalf("got %v (%v), want a socket", err, status(res))
	}
	s.want("welcome")
	return s
}

// browser opens a socket as a page of the allowed origin does.
func (r *rig) browser(protocols ...string) *socket {
	r.t.Helper()
	s, res, err := r.try(http.Header{"Origin": {home}}, protocols...)
	if err != nil {
		r.t.Fatalf("got %v (%v), want a socket", err, status(res))
	}
	return s
}

// try opens a socket with an independent client library.
func (r *rig) try(h http.Header, protocols ...string) (*socket, *http.Response, error) {
	return r.tryAt(path, h, protocols...)
}

// tryAt is try at another address.
func (r *rig) tryAt(address string, h http.Header, protocols ...string) (*socket, *http.Response, error) {
	ws, res, err := websocket.Dial(context.Background(), "ws://gateway"+address, &websocket.DialOptions{
		HTTPClient: r.client, HTTPHeader: h, Subprotocols: protocols, CompressionMode: websocket.CompressionNoContextTakeover,
	})
	if err != nil {
		return nil, res, err
	}
	ws.SetReadLimit(1 << 20)
	r.t.Cleanup(func() { _ = ws.CloseNow() })
	return &socket{t: r.t, ws: ws}, res, nil
}

func status(res *http.Response) string {
	if res == nil {
		return "no answer"
	}
	return res.Status
}

// socket is a client.
type socket struct {
	t  testing.TB
	ws *websocket.Conn
}

func (s *socket) send(text string) {
	s.t.Helper()
	if err := s.ws.Write(context.Background(), websocket.MessageText, []byte(text)); err != nil {
		s.t.Fatalf("sending: %v", err)
	}
}

// read returns the next frame as a map.
func (s *socket) read() (map[string]any, error) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Hour)
	defer cancel()
	_, b, err := s.ws.Read(ctx)
	if err != nil {
		return nil, err
	}
	m := map[string]any{}
	if err := json.Unmarshal(b, &m); err != nil {
		s.t.Fatalf("got %q, want JSON", b)
	}
	return m, nil
}

// want reads a frame of that type.
func (s *socket) want(kind string) map[string]any {
	s.t.Helper()
	m, err := s.read()
	if err != nil {
		s.t.Fatalf("got %v, want a %s frame", err, kind)
	}
	if m["type"] != kind {
		s.t.Fatalf("got %v, want a %s frame", m, kind)
	}
	return m
}

// wantClose reads until the socket closes, which must be the next thing, and
// returns the reason.
func (s *socket) wantClose(want gateway.CloseCode) string {
	s.t.Helper()
	m, err := s.read()
	if err == nil {
		s.t.Fatalf("got the frame %v, want close %d", m, want.Code)
	}
	var c websocket.CloseError
	if !errors.As(err, &c) {
		s.t.Fatalf("got %v, want close %d", err, want.Code)
	}
	if uint16(c.Code) != want.Code || !strings.HasPrefix(c.Reason, want.Name) {
		s.t.Fatalf("got close %d %q, want %d %q", c.Code, c.Reason, want.Code, want.Name)
	}
	return c.Reason
}

// metric returns the sum of a metric's values, or of a histogram's counts, over
// the label values that contain part.
func (r *rig) metric(name, part string) (sum float64) {
	families, err := r.reg.Gather()
	if err != nil {
		r.t.Fatal(err)
	}
	for _, f := range families {
		for _, m := range f.GetMetric() {
			if f.GetName() == name && strings.Contains(m.String(), part) {
				sum += m.GetCounter().GetValue() + m.GetGauge().GetValue() + float64(m.GetHistogram().GetSampleCount())
			}
		}
	}
	return sum
}

// until waits for a condition that other goroutines bring about.
func until(t testing.TB, what string, ok func() bool) {
	t.Helper()
	end := clock.System().Add(10 * time.Second)
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for !ok() {
		if clock.System().After(end) {
			t.Fatalf("not within 10 s: %s", what)
		}
		<-tick.C
	}
}
