package journey_test

import (
	"context"
	"encoding/hex"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/coder/websocket/wsjson"

	"github.com/sallyport/sallyport/internal/opaque"
	"github.com/sallyport/sallyport/internal/storetest"
	"github.com/sallyport/sallyport/internal/testbed"
)

// nodes runs a test on one node with SQLite, and on two with PostgreSQL and
// Redis; the second node is the first's in the first case.
func nodes(t *testing.T, f func(t *testing.T, one, two *server, serviceKey string)) {
	key, hash := opaque.New(opaque.Service)
	settings := []string{"SERVICE_KEYS=shop:sha256:" + hex.EncodeToString(hash), "WS_TOPICS=users/{user}/*"}
	t.Run("one node", func(t *testing.T) {
		s := start(t, storetest.SQLite(t), settings...)
		f(t, s, s, key)
	})
	t.Run("two nodes", func(t *testing.T) {
		settings = append(settings, "REDIS_URL="+testbed.Redis(t))
		databaseURL := testbed.Postgres(t)
		one := start(t, databaseURL, settings...)
		two := start(t, databaseURL, append(settings, "PUBLIC_URL="+one.url)...)
		f(t, one, two, key)
	})
}

// frame reads frames until one of that type comes, for at most ten seconds.
func frame(t *testing.T, ws *websocket.Conn, kind string) map[string]any {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	for {
		var f map[string]any
		if err := wsjson.Read(ctx, ws, &f); err != nil {
			t.Fatalf("got %v, want a %s frame", err, kind)
		}
		if f["type"] == kind {
			return f
		}
	}
}

// TestRealtime is a backend that tells the people of its application what
// happens, whatever node their sockets are on.
func TestRealtime(t *testing.T) {
	nodes(t, func(t *testing.T, one, two *server, key string) {
		one.member(t, "ada@example.org")
		signedIn := one.login(t, "ada@example.org")
		access := signedIn.text("access_token")
		user, _ := signedIn.body["user"].(map[string]any)
		userID := fmt.Sprint(user["id"])
		ws := two.socket(t, access)
		sessionID := fmt.Sprint(frame(t, ws, "welcome")["session_id"])

		publish := func(s *server, body map[string]any) string {
			return s.want(t, 202, "POST", "/api/v1/realtime/publish", key, body).text("id")
		}
		t.Run("to a user, a session and a topic", func(t *testing.T) {
			id := publish(one, map[string]any{"user": userID, "name": "order.paid", "data": map[string]any{"order": 42}})
			if got := frame(t, ws, "event"); got["id"] != id || fmt.Sprint(got["data"]) != "map[order:42]" {
				t.Errorf("got %v, want the event %s", got, id)
			}
			publish(one, map[string]any{"session": sessionID, "name": "hint", "data": []int{1}})
			if got := frame(t, ws, "event"); got["name"] != "hint" {
				t.Errorf("got %v, want hint", got)
			}
			topic := "users/" + userID + "/orders"
			if err := wsjson.Write(t.Context(), ws, map[string]string{"type": "subscribe", "topic": topic}); err != nil {
				t.Fatal(err)
			}
			frame(t, ws, "subscribed")
			publish(one, map[string]any{"topic": topic, "name": "tick"})
			if got := frame(t, ws, "event"); got["topic"] != topic {
				t.Errorf("got %v, want an event of %s", got, topic)
			}
		})
		t.Run("what was missed comes on whichever node the client comes back to", func(t *testing.T) {
			lost, witness := two.socket(t, access), one.socket(t, access)
			frame(t, lost, "welcome")
			frame(t, witness, "welcome")
			seen := publish(two, map[string]any{"user": userID, "name": "seen"})
			frame(t, lost, "event")
			frame(t, witness, "event") // the other node knows it, too
			_ = lost.CloseNow()
			missed := publish(two, map[string]any{"user": userID, "name": "missed"})
			back, _, err := websocket.Dial(t.Context(), one.url+"/api/v1/ws?after="+seen, &websocket.DialOptions{HTTPHeader: http.Header{"Authorization": {"Bearer " + access}}})
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = back.CloseNow() }()
			frame(t, back, "welcome")
			if got := frame(t, back, "event"); got["id"] != missed {
				t.Errorf("got %v, want the event %s that was missed", got, missed)
			}
			frame(t, ws, "event")
			frame(t, ws, "event")
		})
		t.Run("WS-05 a grant lets one user listen", func(t *testing.T) {
			grant := one.want(t, 201, "POST", "/api/v1/realtime/grants", key, map[string]any{"user": userID, "topics": []string{"rooms/7"}, "expires_in": 60}).text("grant")
			for _, f := range []map[string]string{{"type": "subscribe", "topic": "rooms/7"}, {"type": "subscribe", "topic": "rooms/7", "grant": grant}} {
				if err := wsjson.Write(t.Context(), ws, f); err != nil {
					t.Fatal(err)
				}
			}
			if got := frame(t, ws, "error"); got["code"] != "forbidden" {
				t.Errorf("without the grant: got %v, want forbidden", got)
			}
			frame(t, ws, "subscribed")
			publish(one, map[string]any{"topic": "rooms/7", "name": "hello"})
			if got := frame(t, ws, "event"); got["name"] != "hello" {
				t.Errorf("got %v, want hello", got)
			}
		})
		t.Run("who is connected", func(t *testing.T) {
			stats := func() (sockets int) {
				a := one.want(t, 200, "GET", "/api/v1/realtime/stats?user="+userID, key, nil)
				all, _ := a.body["nodes"].([]any)
				for _, n := range all {
					node, _ := n.(map[string]any)
					of, _ := node["connections"].([]any)
					sockets += len(of)
					for _, c := range of {
						conn, _ := c.(map[string]any)
						if member := fmt.Sprint(conn["id"], " ", node["id"]); len(member) > 64 {
							t.Fatalf("WS-06 a place in Redis is called %q, %d bytes: want at most 64, or its sets take four times the memory", member, len(member))
						}
					}
				}
				return sockets
			}
			waitFor(t, "both nodes know the socket", func() bool { return stats() == 1 })
			a := one.want(t, 200, "GET", "/api/v1/me/sessions", access, nil)
			all, _ := a.body["sessions"].([]any)
			mine, _ := all[0].(map[string]any)
			if sockets, _ := mine["sockets"].([]any); len(sockets) != 1 {
				t.Errorf("got %v, want the session with its socket", mine)
			}
		})
		t.Run("only with a service key, and only what can be published", func(t *testing.T) {
			one.want(t, 401, "POST", "/api/v1/realtime/publish", access, map[string]any{"user": userID, "name": "x"})
			one.want(t, 401, "GET", "/api/v1/realtime/stats", access, nil)
			for _, body := range []map[string]any{
				{"name": "x"}, {"user": userID, "topic": "a", "name": "x"}, {"user": userID}, {"topic": "a b", "name": "x"}, {"user": userID, "name": "x", "more": 1},
			} {
				one.want(t, 422, "POST", "/api/v1/realtime/publish", key, body)
			}
			one.want(t, 422, "POST", "/api/v1/realtime/grants", key, map[string]any{"user": userID, "topics": []string{"*"}})
		})
		t.Run("TK-11 the socket on the other node closes when the session ends here", func(t *testing.T) {
			one.want(t, 204, "POST", "/api/v1/auth/logout", access, nil)
			wantClose(t, ws, 4001)
		})
	})
}
