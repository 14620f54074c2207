package session_test

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/sallyport/sallyport/internal/apptest"
	"github.com/sallyport/sallyport/internal/bus/memory"
	"github.com/sallyport/sallyport/internal/clock"
	"github.com/sallyport/sallyport/internal/fault"
	"github.com/sallyport/sallyport/internal/session"
	"github.com/sallyport/sallyport/internal/token"
)

// rows is the database's table of revocations.
type rows struct {
	mu    sync.Mutex
	all   []session.Revocation
	err   error
	since []time.Time
	live  bool // tell those alone that have not expired
}

func (r *rows) RevocationsSince(_ context.Context, since, now time.Time) (out []session.Revocation, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.since = append(r.since, since)
	for _, rev := range r.all {
		if !rev.At.Before(since) && (!r.live || rev.ExpiresAt.After(now)) {
			out = append(out, rev)
		}
	}
	return out, r.err
}

func (r *rows) change(f func(*rows)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	f(r)
}

// inBubble runs a feed with time that stands still until everybody waits.
func inBubble(t *testing.T, name string, f func(t *testing.T, feed *session.Feed, log *rows, bus *memory.Bus)) {
	t.Run(name, func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			log, bus := &rows{}, memory.New(0)
			feed := &session.Feed{Set: session.NewRevocations(), Log: log, Bus: bus, Clock: clock.System, Slog: slog.New(slog.DiscardHandler)}
			ctx, cancel := context.WithCancel(t.Context())
			if err := feed.Load(ctx); err != nil {
				t.Fatal(err)
			}
			done := make(chan struct{})
			go func() { feed.Run(ctx); close(done) }()
			synctest.Wait()
			f(t, feed, log, bus)
			cancel()
			<-done
		})
	})
}

func revoke(sid string) session.Revocation {
	now := clock.System()
	return session.Revocation{ID: sid, Kind: session.RevokedSession, Value: sid, At: now, ExpiresAt: now.Add(time.Hour)}
}

func TestFeed(t *testing.T) {
	revoked := func(f *session.Feed, sid string) bool { return f.Set.Revoked(token.Claims{SessionID: sid}) }
	inBubble(t, "TK-11 the bus tells within the instant", func(t *testing.T, f *session.Feed, _ *rows, bus *memory.Bus) {
		if err := bus.Publish(t.Context(), session.Topic, []byte(`[{"Kind":"sid","Value":"s1","ExpiresAt":"2100-01-01T00:00:00Z"}]`)); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		if !revoked(f, "s1") {
			t.Error("got s1 good, want it revoked")
		}
	})
	inBubble(t, "TK-11 the sweep finds what the bus never said", func(t *testing.T, f *session.Feed, log *rows, _ *memory.Bus) {
		log.change(func(r *rows) { r.all = append(r.all, revoke("s2")) })
		time.Sleep(5 * time.Second)
		synctest.Wait()
		if !revoked(f, "s2") {
			t.Error("after 5 s: got s2 good, want it revoked")
		}
	})
	inBubble(t, "TK-11 a message that cannot be read does no harm", func(t *testing.T, f *session.Feed, log *rows, bus *memory.Bus) {
		if err := bus.Publish(t.Context(), session.Topic, []byte("rubbish")); err != nil {
			t.Fatal(err)
		}
		log.change(func(r *rows) { r.all = append(r.all, revoke("s3")) })
		time.Sleep(5 * time.Second)
		synctest.Wait()
		if !revoked(f, "s3") {
			t.Error("got s3 good, want the feed to go on")
		}
	})
	inBubble(t, "TK-11 each read goes back a minute behind the last", func(t *testing.T, _ *session.Feed, log *rows, _ *memory.Bus) {
		time.Sleep(10 * time.Second)
		synctest.Wait()
		log.change(func(r *rows) {
			if last := r.since[len(r.since)-1]; clock.System().Sub(last) < time.Minute {
				t.Errorf("got a read from %v ago, want a minute at least", clock.System().Sub(last))
			}
		})
	})
	inBubble(t, "OP-09 a database that is away for too long refuses everybody, and its return lets them in", func(t *testing.T, f *session.Feed, log *rows, _ *memory.Bus) {
		log.change(func(r *rows) { r.err = errors.New("away") })
		time.Sleep(session.MaxStale - 3*time.Second)
		if err := f.Current(); err != nil {
			t.Errorf("for a while: got %v, want nil", err)
		}
		time.Sleep(4 * time.Second)
		if err := f.Current(); fault.Of(err) != fault.CodeUnavailable {
			t.Errorf("after %v: got %v, want %s", session.MaxStale, err, fault.CodeUnavailable)
		}
		log.change(func(r *rows) { r.err = nil })
		time.Sleep(3 * time.Second)
		if err := f.Current(); err != nil {
			t.Errorf("after its return: got %v, want nil", err)
		}
	})
}

func TestFeedBeforeItsFirstRead(t *testing.T) {
	f := &session.Feed{Set: session.NewRevocations(), Log: &rows{err: errors.New("away")}, Clock: clock.System}
	if err := f.Load(t.Context()); err == nil {
		t.Error("Load: got nil, want the error of the database")
	}
	if err := f.Current(); fault.Of(err) != fault.CodeUnavailable {
		t.Errorf("OP-09 Current: got %v, want %s", err, fault.CodeUnavailable)
	}
}

func TestTickets(t *testing.T) {
	apptest.OnBoth(t, func(t *testing.T, r *apptest.Rig) {
		u := r.Member(t, email)
		held := r.SignedIn(t, email)
		set := session.NewRevocations()
		tickets := session.Tickets{Store: r.Store, Revocations: set, Clock: r.Clock.Now}
		claims := token.Claims{Subject: u.ID, SessionID: held.Session.ID, ID: "j1", ExpiresAt: r.Clock.Now().Add(10 * time.Minute)}
		issue := func() string {
			t.Helper()
			plain, err := tickets.IssueTicket(r.Ctx(), claims)
			if err != nil {
				t.Fatal(err)
			}
			return plain
		}
		claim := func(what, plain string, want fault.Code) {
			t.Helper()
			got, err := tickets.ClaimTicket(r.Ctx(), plain)
			if fault.Of(err) != want || (want == "") != (got.SessionID == claims.SessionID) {
				t.Errorf("WS-02 %s: got %+v, %v, want %q", what, got, err, want)
			}
		}
		once := issue()
		claim("a ticket", once, "")
		claim("a second time", once, fault.CodeInvalidToken)
		claim("rubbish", "rubbish", fault.CodeInvalidToken)
		claim("a token of another kind", held.Refresh, fault.CodeInvalidToken)
		late := issue()
		r.Clock.Advance(session.TicketLife)
		claim("after 30 s", late, fault.CodeInvalidToken)
		revoked := issue()
		set.Add(session.Revocation{Kind: session.RevokedSession, Value: claims.SessionID, ExpiresAt: claims.ExpiresAt})
		claim("of a session that ended", revoked, fault.CodeInvalidToken)
		claims.ExpiresAt = r.Clock.Now()
		claim("of a token that expired", issue(), fault.CodeInvalidToken)
	})
}
