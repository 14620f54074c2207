package provider_test

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/sallyport/sallyport/internal/account"
	"github.com/sallyport/sallyport/internal/audit"
	"github.com/sallyport/sallyport/internal/clock"
	"github.com/sallyport/sallyport/internal/ident"
	"github.com/sallyport/sallyport/internal/message"
	"github.com/sallyport/sallyport/internal/onetime"
	"github.com/sallyport/sallyport/internal/proof"
	"github.com/sallyport/sallyport/internal/provider"
	"github.com/sallyport/sallyport/internal/seal"
	"github.com/sallyport/sallyport/internal/session"
	"github.com/sallyport/sallyport/internal/store"
	"github.com/sallyport/sallyport/internal/storetest"
)

// plug is a provider whose answers the test makes up.
type plug struct {
	name   string
	redeem func(p provider.Passage, r provider.Reply) (provider.Identity, error)
	down   error // what AuthorizeURL answers
	now    clock.Clock

	mu       sync.Mutex
	passages []provider.Passage
	revoked  []provider.Tokens
	refused  error // what Refresh answers
	renewals int
}

func (p *plug) About() provider.About {
	return provider.About{Name: p.name, Title: strings.ToUpper(p.name[:1]) + p.name[1:]}
}

func (p *plug) AuthorizeURL(_ context.Context, pass provider.Passage) (string, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.passages = append(p.passages, pass)
	return "https://" + p.name + ".example/?state=" + url.QueryEscape(pass.State) + "&challenge=" + pass.Challenge(), p.down
}

func (p *plug) Redeem(_ context.Context, pass provider.Passage, r provider.Reply) (provider.Identity, error) {
	return p.redeem(pass, r)
}

func (p *plug) Revoke(_ context.Context, t provider.Tokens) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.revoked = append(p.revoked, t)
	return nil
}

// Refresh answers which renewal it is, for which refresh token; the new one lives
// for an hour of the test's clock.
func (p *plug) Refresh(_ context.Context, token string) (provider.Tokens, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.refused != nil {
		return provider.Tokens{}, p.refused
	}
	p.renewals++
	return provider.Tokens{Access: fmt.Sprintf("refreshed-%d of %s", p.renewals, token), ExpiresAt: p.now().Add(time.Hour)}, nil
}

// sessions stands in for the session room.
type sessions struct{ clock clock.Clock }

func (s sessions) Ending(userID, exceptID, reason string) session.Ending {
	return session.Ending{UserID: userID, ExceptID: exceptID, Reason: reason, At: s.clock(), TokensDieAt: s.clock().Add(time.Hour)}
}

func (s sessions) Announce(context.Context, ...session.Revocation) {}

// rig is a host on a real database, with two providers that say what they are
// told.
type rig struct {
	*provider.Host
	t     *testing.T
	store *store.Store
	url   string
	clock *clock.Fake
	alpha *plug
	beta  *plug
	who   provider.Identity // what both answer
	// passkey is whether everybody has one.
	passkey bool

	mu       sync.Mutex
	steps    []string
	sessions map[string]string // the open one of each user
}

func onBoth(t *testing.T, f func(t *testing.T, r *rig), change ...func(*provider.Parts)) {
	storetest.OnBoth(t, func(t *testing.T, databaseURL string) { f(t, newRig(t, databaseURL, change...)) })
}

func newRig(t *testing.T, databaseURL string, change ...func(*provider.Parts)) *rig {
	t.Helper()
	ring, err := seal.NewKeyring([]string{"Zq7v0Y1m3o5Kc8Xw2Rt6Ub4Ne9Lp1Js0Hd5Ga7Fi3k8"})
	if err != nil {
		t.Fatal(err)
	}
	s, err := store.Open(t.Context(), databaseURL, ring, store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	r := &rig{t: t, store: s, url: databaseURL, clock: clock.NewFake(someTime), alpha: &plug{name: "alpha"}, beta: &plug{name: "beta"}}
	for _, p := range []*plug{r.alpha, r.beta} {
		p.now = r.clock.Now
		p.redeem = func(provider.Passage, provider.Reply) (provider.Identity, error) { return r.who, nil }
	}
	r.who = provider.Identity{Issuer: "https://idp.example", Subject: "1001", Email: "ada@corp.example", EmailVerified: true, Authoritative: true, Name: "Ada"}
	registry, err := provider.NewRegistry(r.alpha, r.beta)
	if err != nil {
		t.Fatal(err)
	}
	p := provider.Parts{
		Registry: registry, Store: s, Sealer: ring, Sessions: sessions{r.clock.Now}, Clock: r.clock.Now, Log: slog.New(slog.DiscardHandler),
		Rules: provider.Rules{SignUp: provider.SignUpOpen}, Targets: targets(), PublicURL: "https://auth.example", VerifiedEmail: true,
		VerifyLink: func(u account.User, now time.Time) (onetime.Token, message.Outgoing) {
			m := message.ToMail(message.VerifyEmail, u.ID, u.Email)
			m.Link = "https://front.example/verify"
			return onetime.Token{Kind: onetime.EmailVerify, Hash: []byte(u.ID), UserID: u.ID, CreatedAt: now, ExpiresAt: now.Add(time.Hour)}, m
		},
		SignInPage: front + "/", AllowMail: func(context.Context, string) error { return nil },
		HasPasskey: func(context.Context, string) (bool, error) { return r.passkey, nil },
		Observe: func(name, step, outcome string) {
			r.mu.Lock()
			defer r.mu.Unlock()
			r.steps = append(r.steps, name+" "+step+" "+outcome)
		},
		Nudge: func() {},
	}
	for _, f := range change {
		f(&p)
	}
	r.Host = provider.New(p)
	return r
}

// trip is one passage as a browser sees it.
type trip struct {
	state   string
	cookies map[string]string
}

// begin starts a passage.
func (r *rig) begin(w provider.Wish) trip {
	r.t.Helper()
	d, err := r.Start(r.t.Context(), w)
	if err != nil {
		r.t.Fatal(err)
	}
	u, err := url.Parse(d.URL)
	if err != nil {
		r.t.Fatal(err)
	}
	return trip{u.Query().Get("state"), map[string]string{d.Cookie: d.Value}}
}

// back is the return of a passage from a provider.
func (r *rig) back(name string, t trip) (provider.Landing, error) {
	return r.Callback(r.t.Context(), provider.Arrival{
		Provider: name, State: t.state, Reply: provider.Reply{Code: "code"}, Cookie: func(name string) string { return t.cookies[name] },
	})
}

// arrive goes through a passage and returns what is shown for its code.
func (r *rig) arrive(w provider.Wish) provider.Showing {
	r.t.Helper()
	l, err := r.back(w.Provider, r.begin(w))
	if err != nil {
		r.t.Fatal(err)
	}
	_, code, _ := strings.Cut(l.URL, "#code=")
	return provider.Showing{Code: code, Browser: l.Handover}
}

// ticket is one to link an account of that provider to a user, in session s1.
func (r *rig) ticket(userID, name string) string {
	r.t.Helper()
	address, err := r.Invite(r.t.Context(), userID, r.session(userID), provider.Wish{Provider: name})
	if err != nil {
		r.t.Fatal(err)
	}
	_, ticket, _ := strings.Cut(address, "?ticket=")
	return ticket
}

// sign signs in as r.who.
func (r *rig) sign() (provider.Result, error) {
	r.t.Helper()
	return r.Exchange(r.t.Context(), r.arrive(provider.Wish{Provider: "alpha"}))
}

// member adds a user with a password, verified or not.
func (r *rig) member(email string, verified bool) account.User {
	r.t.Helper()
	a, err := account.ParseAddress(email)
	if err != nil {
		r.t.Fatal(err)
	}
	u := account.NewUser(a, "", account.Member, "$argon2id$x", r.clock.Now())
	if verified {
		u.EmailVerifiedAt = r.clock.Now()
	}
	if err := r.store.CreateUser(r.t.Context(), u, nil, audit.Of(audit.New(r.t.Context(), r.clock.Now(), audit.UserCreated, audit.Success, u.ID))); err != nil {
		r.t.Fatal(err)
	}
	return u
}

// session returns the one open session of that user.
func (r *rig) session(userID string) string {
	r.t.Helper()
	r.mu.Lock()
	defer r.mu.Unlock()
	if id := r.sessions[userID]; id != "" {
		return id
	}
	now := r.clock.Now()
	n := session.Session{
		ID: ident.New(), UserID: userID, Level: proof.AAL1, Proofs: []proof.Proof{{Method: proof.Password, At: now}},
		Delivery: session.InBody, CreatedAt: now, LastSeenAt: now, ExpiresAt: now.AddDate(0, 0, 30),
	}
	first := session.Refresh{
		Hash: []byte("refresh " + n.ID), SessionID: n.ID, Binding: []byte(n.ID), CreatedAt: now, ExpiresAt: n.ExpiresAt,
	}
	touched, err := r.store.OpenSession(r.t.Context(), n, first, session.Basis{}, audit.Trail{})
	if err != nil || !touched {
		r.t.Fatalf("open a session: got %t, %v", touched, err)
	}
	if r.sessions == nil {
		r.sessions = map[string]string{}
	}
	r.sessions[userID] = n.ID
	return n.ID
}

// outcomes lists what Observe was told since the last call.
func (r *rig) outcomes() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	out := r.steps
	r.steps = nil
	return out
}

// trailOf is any trail about that user.
func trailOf(r *rig, u account.User) audit.Trail {
	return audit.Of(audit.New(r.t.Context(), r.clock.Now(), audit.UserUpdated, audit.Success, u.ID))
}

// audited lists what the audit log says about decisions, oldest first: event,
// result, decision and reason.
func (r *rig) audited() (out []string) {
	r.t.Helper()
	driver, address := "pgx", r.url
	if path, ok := strings.CutPrefix(r.url, "sqlite:"); ok {
		driver, address = "sqlite", "file:"+path
	}
	db, err := sql.Open(driver, address)
	if err != nil {
		r.t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	rows, err := db.QueryContext(r.t.Context(), "SELECT name, result, reason, details FROM audit_logs WHERE factor = 'oauth' ORDER BY id")
	if err != nil {
		r.t.Fatal(err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var name, result, reason, raw string
		var details map[string]string
		if err := rows.Scan(&name, &result, &reason, &raw); err != nil {
			r.t.Fatal(err)
		}
		if err := json.Unmarshal([]byte(raw), &details); err != nil {
			r.t.Fatal(err)
		}
		out = append(out, strings.Join([]string{name, result, details["decision"], reason}, " "))
	}
	if err := rows.Err(); err != nil {
		r.t.Fatal(err)
	}
	return out
}
