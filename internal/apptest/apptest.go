package apptest

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/sallyport/sallyport/internal/account"
	"github.com/sallyport/sallyport/internal/app"
	"github.com/sallyport/sallyport/internal/audit"
	"github.com/sallyport/sallyport/internal/clock"
	"github.com/sallyport/sallyport/internal/config"
	"github.com/sallyport/sallyport/internal/message"
	"github.com/sallyport/sallyport/internal/proof"
	"github.com/sallyport/sallyport/internal/session"
	"github.com/sallyport/sallyport/internal/signin"
	"github.com/sallyport/sallyport/internal/storetest"
)

// Password is one that policy allows.
const Password = "violet harbour lantern 88 moss"

// Rig is the program, ready but not serving.
type Rig struct {
	*app.App
	Clock *clock.Fake
	tb    testing.TB
}

// OnBoth runs f with an empty program on SQLite and on PostgreSQL. settings are
// NAME=value.
func OnBoth(t *testing.T, f func(t *testing.T, r *Rig), settings ...string) {
	t.Helper()
	storetest.OnBoth(t, func(t *testing.T, databaseURL string) { f(t, Open(t, databaseURL, settings...)) })
}

// Open builds a program on that database. Its clock stands at the present
// moment.
func Open(tb testing.TB, databaseURL string, settings ...string) *Rig {
	tb.Helper()
	r := &Rig{tb: tb, Clock: clock.NewFake(clock.System())}
	cfg, err := config.Load(append([]string{
		"DATABASE_URL=" + databaseURL, "METRICS_ADDR=", "SECRET_KEY=Zq7v0Y1m3o5Kc8Xw2Rt6Ub4Ne9Lp1Js0Hd5Ga7Fi3k8",
	}, settings...), "")
	if err != nil {
		tb.Fatalf("settings: %v", err)
	}
	if r.App, err = app.Open(tb.Context(), cfg, app.Options{Version: "test", Clock: r.Clock.Now}); err != nil {
		tb.Fatalf("open: %v", err)
	}
	tb.Cleanup(func() {
		if err := r.Close(); err != nil {
			tb.Errorf("close: got %v, want nil", err)
		}
	})
	if err := r.Prepare(tb.Context()); err != nil {
		tb.Fatalf("prepare: %v", err)
	}
	return r
}

// From is a context of a request by that client.
func From(ctx context.Context, ip, agent string) context.Context {
	return audit.WithOrigin(ctx, audit.Origin{ClientIP: ip, Prefix: ip, UserAgent: agent})
}

// Ctx is a context of a request by the client of most tests.
func (r *Rig) Ctx() context.Context { return From(r.tb.Context(), "192.0.2.1", "browser") }

// Member adds a person whose address is verified and whose password is Password.
func (r *Rig) Member(tb testing.TB, email string) account.User {
	tb.Helper()
	u, err := r.Accounts.Add(r.Ctx(), account.Registration{Email: email, Password: Password}, account.Member, account.Operator())
	if err != nil {
		tb.Fatalf("add %s: %v", email, err)
	}
	return u
}

// SignedIn signs a person without a second factor in.
func (r *Rig) SignedIn(tb testing.TB, email string) session.Tokens {
	tb.Helper()
	o, err := r.SignIn.Password(r.Ctx(), email, Password, session.InBody)
	if err != nil || o.Action != signin.Open {
		tb.Fatalf("sign %s in: got %+v, %v, want a session", email, o, err)
	}
	return *o.Tokens
}

// Mails takes every mail that waits, oldest first, but for those that go nowhere.
func (r *Rig) Mails(tb testing.TB) (out []message.Outgoing) {
	tb.Helper()
	all, err := r.Store.ClaimMessages(tb.Context(), message.Email, r.Clock.Now(), time.Hour, 100)
	if err != nil {
		tb.Fatalf("mails: %v", err)
	}
	for _, q := range all {
		if q.Kind != message.Nothing {
			out = append(out, q.Outgoing)
		}
	}
	return out
}

// Kinds lists the kinds of the mails that wait, and takes them.
func (r *Rig) Kinds(tb testing.TB) (out []message.Kind) {
	tb.Helper()
	for _, m := range r.Mails(tb) {
		out = append(out, m.Kind)
	}
	return out
}

// Mail takes the mails that wait and returns the only one of that kind.
func (r *Rig) Mail(tb testing.TB, kind message.Kind) message.Outgoing {
	tb.Helper()
	var found []message.Outgoing
	for _, m := range r.Mails(tb) {
		if m.Kind == kind {
			found = append(found, m)
		}
	}
	if len(found) != 1 {
		tb.Fatalf("mails of kind %s: got %d, want 1", kind, len(found))
	}
	return found[0]
}

// Events lists the names of the audit rows so far, oldest first.
func (r *Rig) Events(tb testing.TB) (out []audit.Name) {
	tb.Helper()
	for _, e := range r.Rows(tb) {
		out = append(out, e.Name)
	}
	return out
}

// Rows returns the audit rows so far, oldest first. It seals them.
func (r *Rig) Rows(tb testing.TB) (out []audit.Event) {
	tb.Helper()
	if err := r.SealAudit(tb.Context()); err != nil {
		tb.Fatalf("seal: %v", err)
	}
	all, err := r.Store.SealedAudit(tb.Context(), 0, 100_000)
	if err != nil {
		tb.Fatalf("audit rows: %v", err)
	}
	for _, row := range all {
		out = append(out, row.Event)
	}
	return out
}

// Answer signs a person in as far as the second factor and answers it.
func (r *Rig) Answer(tb testing.TB, email string, m proof.Method, answer string) (signin.Outcome, error) {
	tb.Helper()
	o, err := r.SignIn.Password(r.Ctx(), email, Password, session.InBody)
	if err != nil || o.Action != signin.Ask {
		tb.Fatalf("sign %s in: got %+v, %v, want a second factor asked for", email, o, err)
	}
	a, err := r.SignIn.Find(r.Ctx(), o.Attempt)
	if err != nil {
		tb.Fatalf("attempt: %v", err)
	}
	return r.SignIn.Prove(r.Ctx(), a, m, answer)
}

// SignedInWith signs a person with a second factor in.
func (r *Rig) SignedInWith(tb testing.TB, email string, m proof.Method, answer string) session.Tokens {
	tb.Helper()
	o, err := r.Answer(tb, email, m, answer)
	if err != nil || o.Tokens == nil {
		tb.Fatalf("sign %s in with %s: got %+v, %v, want a session", email, m, o, err)
	}
	return *o.Tokens
}

// Metrics scrapes the program and returns each series by its name and labels.
func (r *Rig) Metrics(tb testing.TB) map[string]float64 {
	tb.Helper()
	families, err := r.Gatherer().Gather()
	if err != nil {
		tb.Fatalf("metrics: %v", err)
	}
	out := map[string]float64{}
	for _, f := range families {
		for _, m := range f.GetMetric() {
			labels := make([]string, 0, len(m.GetLabel()))
			for _, l := range m.GetLabel() {
				labels = append(labels, fmt.Sprintf("%s=%q", l.GetName(), l.GetValue()))
			}
			name := f.GetName()
			if len(labels) > 0 {
				name += "{" + strings.Join(labels, ",") + "}"
			}
			out[name] = m.GetCounter().GetValue() + m.GetGauge().GetValue()
		}
	}
	return out
}
