package gateway_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/sallyport/sallyport/internal/audit"
	"github.com/sallyport/sallyport/internal/bus"
	"github.com/sallyport/sallyport/internal/fault"
	"github.com/sallyport/sallyport/internal/gateway"
	"github.com/sallyport/sallyport/internal/session"
	"github.com/sallyport/sallyport/internal/token"
	"github.com/sallyport/sallyport/internal/topic"
)

// publish hands an event to the bus and returns its id.
func (r *rig) publish(to gateway.Audience, e gateway.Event) string {
	r.t.Helper()
	id, err := r.gw.Publish(context.Background(), to, e)
	if err != nil || id == "" {
		r.t.Fatalf("publish: got %q, %v, want an id", id, err)
	}
	return id
}

// back opens a socket that tells which event it saw last.
func (r *rig) back(raw, after string) *socket {
	r.t.Helper()
	s, res, err := r.tryAt(path+"?after="+after, http.Header{"Authorization": {"Bearer " + raw}})
	if err != nil {
		r.t.Fatalf("got %v (%v), want a socket", err, status(res))
	}
	s.want("welcome")
	return s
}

// listen subscribes and reads the answer.
func (s *socket) listen(topic, more string) {
	s.t.Helper()
	s.send(`{"type":"subscribe","topic":"` + topic + `"` + more + `}`)
	if got := s.want("subscribed"); got["topic"] != topic {
		s.t.Fatalf("got %v, want the topic %s", got, topic)
	}
}

// wantEvents reads events with these names, in that order and nothing between.
func (s *socket) wantEvents(names ...string) {
	s.t.Helper()
	for _, want := range names {
		if got := s.want("event"); got["name"] != want {
			s.t.Fatalf("got the event %v, want %s", got, want)
		}
	}
}

// quiet reads nothing more: the answer to a ping is the next frame.
func (s *socket) quiet() {
	s.t.Helper()
	s.send(`{"type":"ping"}`)
	s.want("pong")
}

func rules(t testing.TB, patterns ...string) (out []topic.Rule) {
	t.Helper()
	for _, p := range patterns {
		r, err := topic.ParseRule(p)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, r)
	}
	return out
}

func TestPublish(t *testing.T) {
	r := start(t, func(c *gateway.Config) { c.Topics = rules(t, "news/*") })
	raw, claims := r.signIn(time.Hour)
	otherRaw, other := r.signIn(time.Hour)
	one, two, stranger := r.bearer(raw), r.bearer(raw), r.bearer(otherRaw)
	two.listen("news/sport", "")
	stranger.listen("news/sport", "")

	id := r.publish(gateway.Audience{User: claims.Subject}, gateway.Event{Name: "hello", Data: json.RawMessage(`{"a":1}`)})
	r.publish(gateway.Audience{Session: other.SessionID}, gateway.Event{Name: "psst"})
	r.publish(gateway.Audience{Topic: "news/sport"}, gateway.Event{Name: "goal", ID: "g1"})
	r.publish(gateway.Audience{Topic: "news/sport"}, gateway.Event{Name: "goal", ID: "g1"}) // a retry of the backend
	r.publish(gateway.Audience{Topic: "news/politics"}, gateway.Event{Name: "vote"})
	r.publish(gateway.Audience{User: "nobody"}, gateway.Event{Name: "void"})

	if got := one.want("event"); got["id"] != id || got["name"] != "hello" || fmt.Sprint(got["data"]) != "map[a:1]" || got["topic"] != nil {
		t.Errorf("got %v, want the event %s as it was published", got, id)
	}
	one.quiet()
	two.wantEvents("hello")
	if got := two.want("event"); got["topic"] != "news/sport" || got["id"] != "g1" {
		t.Errorf("got %v, want the event g1 with its topic", got)
	}
	two.quiet()
	stranger.wantEvents("psst", "goal")
	stranger.quiet()
	if got := r.metric("sallyport_ws_published_total", `"topic"`); got != 3 {
		t.Errorf("got %v events published to topics, want 3", got)
	}
}

func TestPublishRefuses(t *testing.T) {
	r := start(t, nil)
	alice := gateway.Audience{User: "alice"}
	for _, tt := range []struct {
		name  string
		to    gateway.Audience
		event gateway.Event
	}{
		{"nobody", gateway.Audience{}, gateway.Event{Name: "x"}},
		{"two audiences", gateway.Audience{User: "a", Topic: "b"}, gateway.Event{Name: "x"}},
		{"no topic", gateway.Audience{Topic: "a//b"}, gateway.Event{Name: "x"}},
		{"no name", alice, gateway.Event{}},
		{"a long name", alice, gateway.Event{Name: strings.Repeat("x", 129)}},
		{"a long id", alice, gateway.Event{Name: "x", ID: strings.Repeat("x", 65)}},
		{"no JSON", alice, gateway.Event{Name: "x", Data: json.RawMessage(`{`)}},
		{"much data", alice, gateway.Event{Name: "x", Data: json.RawMessage(`"` + strings.Repeat("x", gateway.MaxEventData) + `"`)}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if id, err := r.gw.Publish(t.Context(), tt.to, tt.event); fault.Of(err) != fault.CodeInvalidRequest || id != "" {
				t.Errorf("got %q, %v, want %s", id, err, fault.CodeInvalidRequest)
			}
		})
	}
}

// brokenBus takes nothing.
type brokenBus struct{ bus.Bus }

func (brokenBus) Publish(context.Context, string, []byte) error { return errors.New("redis is away") }

func TestPublishWithoutABus(t *testing.T) {
	r := startWith(t, func(r *rig) { r.bus = brokenBus{r.bus} })
	raw, claims := r.signIn(time.Hour)
	s := r.bearer(raw)
	id, err := r.gw.Publish(t.Context(), gateway.Audience{User: claims.Subject}, gateway.Event{Name: "hello", ID: "h1"})
	if fault.Of(err) != fault.CodeUnavailable || id != "h1" {
		t.Errorf("got %q, %v, want h1 and %s: others were not reached", id, err, fault.CodeUnavailable)
	}
	s.wantEvents("hello")
	if got := r.metric("sallyport_ws_published_total", `"local"`); got != 1 {
		t.Errorf("got %v events that stayed here, want 1", got)
	}
}

func TestComingBack(t *testing.T) {
	r := start(t, func(c *gateway.Config) {
		c.Topics, c.HistoryEvents, c.QueueBytes = rules(t, "news/*"), 6, 4096
	})
	raw, claims := r.signIn(time.Hour)
	_, other := r.signIn(time.Hour)
	mine := gateway.Audience{User: claims.Subject}
	s := r.bearer(raw)
	seen := r.publish(mine, gateway.Event{Name: "seen"})
	s.wantEvents("seen")
	_ = s.ws.CloseNow()
	r.publish(mine, gateway.Event{Name: "one"})
	r.publish(gateway.Audience{User: other.Subject}, gateway.Event{Name: "not mine"})
	r.publish(gateway.Audience{Session: claims.SessionID}, gateway.Event{Name: "two"})
	sport := r.publish(gateway.Audience{Topic: "news/sport"}, gateway.Event{Name: "goal"})
	until(t, "all are delivered", func() bool { return r.gw.Remembered(sport) })

	t.Run("what was missed follows the welcome", func(t *testing.T) {
		s := r.back(raw, seen)
		s.wantEvents("one", "two")
		s.listen("news/sport", `,"after":"`+seen+`"`)
		s.wantEvents("goal")
		s.quiet()
		r.publish(mine, gateway.Event{Name: "three"})
		s.wantEvents("three")
	})
	t.Run("nothing was missed", func(t *testing.T) { r.back(raw, sport).wantEvents("three") })
	t.Run("an unknown id is a gap", func(t *testing.T) {
		s := r.back(raw, "unknown")
		if got := s.want("gap"); got["topic"] != nil {
			t.Errorf("got %v, want a gap of everything", got)
		}
		s.listen("news/sport", `,"after":"unknown"`)
		if got := s.want("gap"); got["topic"] != "news/sport" {
			t.Errorf("got %v, want a gap of the topic", got)
		}
		s.quiet()
	})
	t.Run("what is forgotten is a gap", func(t *testing.T) {
		last := ""
		for range 6 {
			last = r.publish(gateway.Audience{Topic: "news/sport"}, gateway.Event{Name: "more"})
		}
		until(t, "delivered", func() bool { return r.gw.Remembered(last) })
		r.back(raw, seen).want("gap")
	})
	t.Run("more than the queue takes is a gap", func(t *testing.T) {
		first := r.publish(mine, gateway.Event{Name: "first"})
		last := ""
		for range 3 {
			last = r.publish(mine, gateway.Event{Name: "big", Data: json.RawMessage(`"` + strings.Repeat("x", 1000) + `"`)})
		}
		until(t, "delivered", func() bool { return r.gw.Remembered(last) })
		r.back(raw, first).want("gap")
	})
	t.Run("a long id is refused", func(t *testing.T) {
		_, res, err := r.tryAt(path+"?after="+strings.Repeat("x", 65), http.Header{"Authorization": {"Bearer " + raw}})
		if err == nil || res == nil || res.StatusCode != http.StatusBadRequest {
			t.Errorf("got %v, %v, want 400", status(res), err)
		}
	})
}

func TestGapOfTheBus(t *testing.T) {
	r := start(t, nil)
	raw, claims := r.signIn(time.Hour)
	s := r.bearer(raw)
	id := r.publish(gateway.Audience{User: claims.Subject}, gateway.Event{Name: "before"})
	s.wantEvents("before")
	r.gw.Take(bus.Message{Gap: true})
	if got := s.want("gap"); got["topic"] != nil {
		t.Errorf("got %v, want a gap of everything", got)
	}
	r.back(raw, id).want("gap")
	r.gw.Take(bus.Message{Body: []byte("no JSON")})
	s.quiet()
}

func TestTopics(t *testing.T) {
	begin := func(t *testing.T) (*rig, *socket, token.Claims) {
		r := start(t, func(c *gateway.Config) { c.Topics, c.MaxTopics = rules(t, "users/{user}/*", "open/*"), 3 })
		raw, claims := r.signIn(time.Hour)
		return r, r.bearer(raw), claims
	}
	t.Run("WS-05 a topic that no rule and no grant allows", func(t *testing.T) {
		r, s, claims := begin(t)
		s.listen("users/"+claims.Subject+"/orders", "")
		for _, name := range []string{"users/other/orders", "secret", "users/" + claims.Subject} {
			s.send(`{"type":"subscribe","topic":"` + name + `"}`)
			if got := s.want("error"); got["code"] != "forbidden" || got["topic"] != name {
				t.Errorf("%s: got %v, want forbidden", name, got)
			}
		}
		if got := r.diary.named(audit.AuthzFail); len(got) != 3 || got[0].Details["topic"] != "users/other/orders" {
			t.Errorf("got %v, want three refusals with their topics", got)
		}
		s.send(`{"type":"subscribe","topic":"a b"}`)
		if got := s.want("error"); got["code"] != "malformed_request" || got["topic"] != nil {
			t.Errorf("got %v, want malformed_request and no echo", got)
		}
	})
	t.Run("WS-05 a revoked session subscribes to nothing", func(t *testing.T) {
		r, s, claims := begin(t)
		r.revs.Add(session.Revocation{Kind: session.RevokedSession, Value: claims.SessionID, At: r.now(), ExpiresAt: r.now().Add(time.Hour)})
		s.wantClose(gateway.CloseRevoked)
		until(t, "nobody listens", func() bool { return r.gw.Counts() == gateway.Counts{} })
	})
	t.Run("no more than the cap, and again after an unsubscribe", func(t *testing.T) {
		_, s, _ := begin(t)
		for _, name := range []string{"open/1", "open/2", "open/3", "open/3"} {
			s.listen(name, "")
		}
		s.send(`{"type":"subscribe","topic":"open/4"}`)
		if got := s.want("error"); got["code"] != "rate_limited" {
			t.Errorf("got %v, want rate_limited", got)
		}
		s.send(`{"type":"unsubscribe","topic":"open/1"}`)
		s.want("unsubscribed")
		s.listen("open/4", "")
	})
	t.Run("after an unsubscribe nothing comes", func(t *testing.T) {
		r, s, _ := begin(t)
		s.listen("open/1", "")
		for range 2 { // the second is no error
			s.send(`{"type":"unsubscribe","topic":"open/1"}`)
			s.want("unsubscribed")
		}
		id := r.publish(gateway.Audience{Topic: "open/1"}, gateway.Event{Name: "x"})
		until(t, "delivered", func() bool { return r.gw.Remembered(id) })
		s.quiet()
		if got := r.gw.Counts(); got.Topics != 0 || got.Listenings != 0 {
			t.Errorf("got %+v, want no topics", got)
		}
	})
}

func TestGrants(t *testing.T) {
	r := start(t, nil)
	raw, claims := r.signIn(time.Hour)
	_, other := r.signIn(time.Hour)
	issue := func(user string, life time.Duration, rules ...string) string {
		text, _, err := r.grants().Issue(user, rules, life)
		if err != nil {
			t.Fatal(err)
		}
		return text
	}
	good := issue(claims.Subject, time.Minute, "orders/42", "rooms/*")
	s := r.bearer(raw)
	s.listen("orders/42", `,"grant":"`+good+`"`)
	s.listen("rooms/a/b", `,"grant":"`+good+`"`)
	for name, grant := range map[string]string{
		"none": "", "of another user": issue(other.Subject, time.Minute, "orders/43"),
		"for another topic": good, "changed": good[:len(good)-1] + "A", "no grant": "spg_x.y", "a ticket": "spt_" + good[4:],
	} {
		t.Run("WS-05 refused: "+name, func(t *testing.T) {
			s.send(`{"type":"subscribe","topic":"orders/43","grant":"` + grant + `"}`)
			if got := s.want("error"); got["code"] != "forbidden" {
				t.Errorf("got %v, want forbidden", got)
			}
		})
	}
	t.Run("WS-05 it ends with its time", func(t *testing.T) {
		r.step.Add(int64(2 * time.Minute))
		ended := map[any]bool{s.want("unsubscribed")["topic"]: true}
		ended[s.want("unsubscribed")["topic"]] = true
		if !ended["orders/42"] || !ended["rooms/a/b"] {
			t.Errorf("got %v, want both topics ended", ended)
		}
		s.send(`{"type":"subscribe","topic":"orders/42","grant":"` + good + `"}`)
		if got := s.want("error"); got["code"] != "forbidden" {
			t.Errorf("an old grant: got %v, want forbidden", got)
		}
	})
}

func TestIssueRefuses(t *testing.T) {
	r := start(t, nil)
	for name, ask := range map[string]func() (string, time.Time, error){
		"no user":    func() (string, time.Time, error) { return r.grants().Issue("", []string{"a"}, 0) },
		"no topic":   func() (string, time.Time, error) { return r.grants().Issue("u", nil, 0) },
		"many":       func() (string, time.Time, error) { return r.grants().Issue("u", make([]string, 21), 0) },
		"no rule":    func() (string, time.Time, error) { return r.grants().Issue("u", []string{"*"}, 0) },
		"too long":   func() (string, time.Time, error) { return r.grants().Issue("u", []string{"a"}, 25*time.Hour) },
		"a negative": func() (string, time.Time, error) { return r.grants().Issue("u", []string{"a"}, -1) },
	} {
		if text, _, err := ask(); text != "" || fault.Of(err) != fault.CodeInvalidRequest {
			t.Errorf("%s: got %q, %v, want %s", name, text, err, fault.CodeInvalidRequest)
		}
	}
	if _, until, err := r.grants().Issue("u", []string{"a"}, 0); err != nil || until.After(r.now().Add(gateway.DefaultGrant)) {
		t.Errorf("got %v, %v, want ten minutes at most", until, err)
	}
}

// TestNothingIsLostOrTwice has listeners come and go while events are published:
// each sees an unbroken run of numbers.
func TestNothingIsLostOrTwice(t *testing.T) {
	r := start(t, func(c *gateway.Config) { c.Topics, c.MessagesPerMinute = rules(t, "run"), 100_000 })
	const events, readers = 400, 8
	raw, _ := r.signIn(time.Hour)
	ids := make([]string, events)
	ids[0] = r.publish(gateway.Audience{Topic: "run"}, gateway.Event{Name: "0"})
	until(t, "the first is delivered", func() bool { return r.gw.Remembered(ids[0]) })
	var wg sync.WaitGroup
	wg.Go(func() {
		for i := 1; i < events; i++ {
			r.publish(gateway.Audience{Topic: "run"}, gateway.Event{Name: fmt.Sprint(i)})
		}
	})
	for range readers {
		s := r.bearer(raw)
		wg.Go(func() {
			s.listen("run", `,"after":"`+ids[0]+`"`)
			for i := 1; i < events; i++ {
				m, err := s.read()
				if err != nil || m["name"] != fmt.Sprint(i) {
					t.Errorf("got %v, %v, want event %d", m, err, i)
					return
				}
			}
		})
	}
	wg.Wait()
}

func TestPresence(t *testing.T) {
	shared := start(t, nil)
	other := startWith(t, func(r *rig) { r.bus, r.people = shared.bus, shared.people })
	raw, claims := shared.signIn(time.Hour)
	shared.bearer(raw)
	otherRaw := other.issue(claims)
	other.bearer(otherRaw)
	other.bearer(otherRaw)
	ask := func() (rosters []gateway.Roster, complete bool) { return shared.gw.Ask(t.Context(), claims.Subject) }
	until(t, "the nodes know each other", func() bool { r, _ := ask(); return len(r) == 2 })
	rosters, complete := ask()
	if !complete || len(rosters[0].Connections) != 1 || len(rosters[1].Connections) != 2 {
		t.Fatalf("got %+v, %v, want one connection here and two there", rosters, complete)
	}
	if c := rosters[1].Connections[0]; c.UserID != claims.Subject || c.SessionID != claims.SessionID || rosters[1].Node == rosters[0].Node {
		t.Errorf("got %+v of node %s, want the user's connection of the other node", c, rosters[1].Node)
	}
	if rosters[1].Counts.Open != 2 {
		t.Errorf("got %+v, want 2 open", rosters[1].Counts)
	}
	if all, _ := shared.gw.Ask(t.Context(), ""); len(all[0].Connections) != 0 {
		t.Errorf("nobody asked about: got %+v, want counts only", all[0])
	}
}

func TestPresenceWithoutABus(t *testing.T) {
	r := startWith(t, func(r *rig) { r.bus = brokenBus{r.bus} })
	rosters, complete := r.gw.Ask(t.Context(), "")
	if len(rosters) != 1 || !complete {
		t.Errorf("alone: got %d rosters, %v, want its own", len(rosters), complete)
	}
	r.gw.Hear([]byte(`{"node":"away"}`))
	rosters, complete = r.gw.Ask(t.Context(), "")
	if len(rosters) != 1 || complete {
		t.Errorf("with a node that is away: got %d rosters, complete %v, want its own, incomplete", len(rosters), complete)
	}
	r.gw.Hear([]byte(`{"node":"away","bye":true}`))
	if _, complete = r.gw.Ask(t.Context(), ""); !complete {
		t.Error("after its bye: got incomplete, want complete")
	}
}
