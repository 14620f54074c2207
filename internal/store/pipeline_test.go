package store_test

import (
	"context"
	"encoding/binary"
	"io"
	"net"
	"net/url"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/sallyport/sallyport/internal/account"
	"github.com/sallyport/sallyport/internal/audit"
	"github.com/sallyport/sallyport/internal/store"
	"github.com/sallyport/sallyport/internal/testbed"
)

// turnstile passes connections on to a PostgreSQL and counts how often a client
// waits for an answer: each Sync and each simple Query of the protocol.
type turnstile struct{ turns atomic.Int64 }

// between returns databaseURL with the turnstile in the way.
func (s *turnstile) between(t *testing.T, databaseURL string) string {
	t.Helper()
	u, err := url.Parse(databaseURL)
	if err != nil {
		t.Fatal(err)
	}
	target := u.Host
	ln, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = ln.Close() })
	go func() {
		for {
			client, err := ln.Accept()
			if err != nil {
				return
			}
			server, err := new(net.Dialer).DialContext(context.WithoutCancel(t.Context()), "tcp", target)
			if err != nil {
				_ = client.Close()
				return
			}
			go func() { _, _ = io.Copy(client, server); _ = client.Close() }()
			go func() { s.forward(server, client); _ = server.Close() }()
		}
	}()
	u.Host = ln.Addr().String()
	q := u.Query()
	q.Set("sslmode", "disable")
	u.RawQuery = q.Encode()
	return u.String()
}

// forward copies messages: the first has no type, each other one byte of it; then
// comes its length, which counts itself (PostgreSQL, "Message Formats").
func (s *turnstile) forward(server io.Writer, client io.Reader) {
	for first := true; ; first = false {
		head := make([]byte, 5)
		if first {
			head = head[1:]
		}
		if _, err := io.ReadFull(client, head); err != nil {
			return
		}
		body := make([]byte, binary.BigEndian.Uint32(head[len(head)-4:])-4)
		if _, err := io.ReadFull(client, body); err != nil {
			return
		}
		if !first && (head[0] == 'S' || head[0] == 'Q') {
			s.turns.Add(1)
		}
		if _, err := server.Write(slices.Concat(head, body)); err != nil {
			return
		}
	}
}

// TestRoundTrips counts how often a store waits for PostgreSQL: a refresh is one
// read and one transaction, three times in all.
func TestRoundTrips(t *testing.T) {
	stile := &turnstile{}
	r := open(t, stile.between(t, testbed.Postgres(t)))
	if _, err := r.MigrateUp(t.Context()); err != nil {
		t.Fatal(err)
	}
	n, held := r.session(r.user().ID)
	rotate := func() {
		next := refresh(n.ID)
		if _, err := r.FindRefresh(t.Context(), held.Hash); err != nil {
			t.Fatal(err)
		}
		touched, err := r.RotateRefresh(t.Context(), held.Hash, next, "", audit.Of(r.event(n.UserID)))
		r.done(touched, err)
		held = next
	}
	rotate() // prepares the statements
	before := stile.turns.Load()
	for range 10 {
		rotate()
	}
	if got := stile.turns.Load() - before; got != 30 {
		t.Errorf("10 refreshes: got %d round trips, want 30", got)
	}
}

// TestDeadConnection ends every connection of the pool behind its back: the next
// change takes another one.
func TestDeadConnection(t *testing.T) {
	r := open(t, testbed.Postgres(t))
	if _, err := r.MigrateUp(t.Context()); err != nil {
		t.Fatal(err)
	}
	u := r.user()
	for i := range 5 {
		r.exec("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()")
		if err := r.RenameUser(t.Context(), u.ID, "Ada", noon, audit.Of(r.event(u.ID))); err != nil && !store.IsOutage(err) {
			t.Errorf("change %d: got %v, want none or an outage", i, err)
		}
	}
	if err := r.RenameUser(t.Context(), u.ID, "Ada Lovelace", noon, audit.Of(r.event(u.ID))); err != nil {
		t.Errorf("once the connections stay: got %v, want no error", err)
	}
}

// TestHangingUp cancels changes at every moment: none leaves a transaction open,
// or half of itself behind.
func TestHangingUp(t *testing.T) {
	onBoth(t, func(t *testing.T, r *rig) {
		u := r.user()
		for i := range 40 {
			ctx, cancel := context.WithTimeout(t.Context(), time.Duration(i*50)*time.Microsecond)
			events := r.count("SELECT COUNT(*) FROM audit_logs")
			err := r.RenameUser(ctx, u.ID, "Ada", noon, audit.Of(r.event(u.ID)))
			cancel()
			if got := r.count("SELECT COUNT(*) FROM audit_logs") - events; err == nil && got != 1 {
				t.Fatalf("acknowledged change %d: got %d events, want 1", i, got)
			}
		}
		if err := r.RenameUser(t.Context(), u.ID, "Ada", noon, audit.Of(r.event(u.ID))); err != nil {
			t.Errorf("afterwards: got %v, want no error", err)
		}
		if r.Engine() == store.Postgres {
			if n := r.count("SELECT COUNT(*) FROM pg_stat_activity WHERE datname = current_database() AND state LIKE 'idle in transaction%'"); n != 0 {
				t.Errorf("got %d transactions left open, want none", n)
			}
		}
	})
}

// TestChangedUsersAreTold runs every change there is: where what is shown of a user
// is another thing afterwards, the store has said so.
func TestChangedUsersAreTold(t *testing.T) {
	onBoth(t, func(t *testing.T, r *rig) {
		told := 0
		for _, c := range changes() {
			r.changed = nil
			w := r.world()
			before := r.profiles()
			r.changed = nil
			touched, err := c.do(w, w.trail(w.u.ID))
			r.done(touched, err)
			after := r.profiles()
			for id, was := range before {
				if now, there := after[id]; !there || now != was {
					told++
					if !slices.Contains(r.changed, id) {
						t.Errorf("%s changed %+v to %+v: got %v told, want that user", c.method, was, now, r.changed)
					}
				}
			}
		}
		if told < 10 {
			t.Errorf("got %d users changed by all changes, want at least 10", told)
		}
	})
}

func (r *rig) profiles() map[string]account.Profile {
	r.Helper()
	out := map[string]account.Profile{}
	all, err := r.ListUsers(r.ctx(), "", 10_000)
	r.must(err)
	for _, u := range all {
		out[u.ID] = account.ProfileOf(u)
	}
	return out
}

func TestUsersChangedSince(t *testing.T) {
	onBoth(t, func(t *testing.T, r *rig) {
		first, second := r.user(), r.user()
		later := noon.Add(time.Hour)
		r.must(r.RenameUser(r.ctx(), second.ID, "Grace", later, audit.Of(r.event(second.ID))))
		for _, tt := range []struct {
			name  string
			since time.Time
			limit int
			want  []string
		}{
			{"all", noon, 10, []string{first.ID, second.ID}},
			{"the one changed since", later, 10, []string{second.ID}},
			{"none", later.Add(time.Microsecond), 10, nil},
			{"no more than asked for", noon, 1, []string{first.ID}},
		} {
			got, err := r.UsersChangedSince(r.ctx(), tt.since, tt.limit)
			if err != nil || !slices.Equal(got, tt.want) {
				t.Errorf("%s: got %v, %v; want %v", tt.name, got, err, tt.want)
			}
		}
	})
}

// TestStatementsSurviveAColumn adds a column under the statements that were kept, as
// a newer version does beside this one.
func TestStatementsSurviveAColumn(t *testing.T) {
	onBoth(t, func(t *testing.T, r *rig) {
		u := r.user()
		use := func() {
			t.Helper()
			_, err := r.UserByID(r.ctx(), u.ID)
			r.must(err)
			r.must(r.RenameUser(r.ctx(), u.ID, "Ada", noon, audit.Of(r.event(u.ID))))
		}
		use()
		use()
		r.exec("ALTER TABLE users ADD COLUMN newer BIGINT NOT NULL DEFAULT 7")
		use()
		use()
	})
}
