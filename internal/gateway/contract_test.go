package gateway_test

import (
	"flag"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/sallyport/sallyport/internal/audit"
	"github.com/sallyport/sallyport/internal/gateway"
	"github.com/sallyport/sallyport/internal/session"
)

var update = flag.Bool("update", false, "rewrite the golden files")

const guide = "../../docs/gateway.md"

func TestCloseCodesInTheGuide(t *testing.T) {
	const begin, end = "<!-- close codes: written by go test ./internal/gateway -update -->\n", "<!-- end of close codes -->"
	b, err := os.ReadFile(guide)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, ok1 := strings.Cut(string(b), begin)
	got, after, ok2 := strings.Cut(rest, end)
	if !ok1 || !ok2 {
		t.Fatalf("%s has no place for the table", guide)
	}
	want := "\n" + gateway.CloseTable() + "\n"
	if *update {
		if err := os.WriteFile(guide, []byte(before+begin+want+end+after), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if got != want {
		t.Errorf("got\n%s\nwant\n%s\nrun go test ./internal/gateway -update", got, want)
	}
}

func TestCloseCodesAreOneTable(t *testing.T) {
	names, last := map[string]bool{}, uint16(0)
	for _, c := range gateway.CloseCodes() {
		if c.Code <= last || names[c.Name] || c.Meaning == "" || len(c.Name) > 40 {
			t.Errorf("got %+v after %d, want rising codes with names of their own", c, last)
		}
		if c.Code < 4000 && c.Code > 1015 || c.Code > 4999 {
			t.Errorf("got %d, want a code of RFC 6455 or a private one", c.Code)
		}
		last, names[c.Name] = c.Code, true
	}
}

func TestMetricNames(t *testing.T) {
	r := start(t, nil)
	raw, claims := r.signIn(time.Hour)
	r.bearer(raw)
	refused, _ := r.signIn(-time.Hour)
	r.ask("", http.Header{"Authorization": {"Bearer " + refused}})
	r.revs.Add(session.Revocation{Kind: session.RevokedSession, Value: claims.SessionID, At: r.now(), ExpiresAt: r.now().Add(time.Hour)})
	until(t, "closed", func() bool { return r.metric("sallyport_ws_closes_total", "4001") == 1 })
	families, err := r.reg.Gather()
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	for _, f := range families {
		labels := ""
		for _, m := range f.GetMetric() {
			labels = ""
			for _, l := range m.GetLabel() {
				labels += " " + l.GetName()
				if strings.Contains(l.GetValue(), claims.Subject) || strings.Contains(l.GetValue(), claims.SessionID) {
					t.Errorf("%s: got a label that names a person", f.GetName())
				}
			}
		}
		lines = append(lines, f.GetName()+labels)
	}
	slices.Sort(lines)
	golden(t, "testdata/metrics.txt", strings.Join(lines, "\n")+"\n")
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(name, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(name)
	if err != nil || got != string(want) {
		t.Errorf("%s (%v): got\n%s\nwant\n%s", name, err, got, want)
	}
}

func TestWhoIsConnected(t *testing.T) {
	r := start(t, nil)
	raw, claims := r.signIn(time.Hour)
	begin := r.now()
	w, _, err := r.try(http.Header{"Authorization": {"Bearer " + raw}, "Test-Prefix": {"198.51.100.7"}})
	if err != nil {
		t.Fatal(err)
	}
	id := w.want("welcome")["connection_id"]
	otherRaw, _ := r.signIn(time.Hour)
	r.bearer(otherRaw)
	r.browser()
	got := r.gw.ConnectionsOf(claims.Subject)
	if len(got) != 1 {
		t.Fatalf("got %d connections of the user, want 1", len(got))
	}
	c := got[0]
	if c.ID != id || c.UserID != claims.Subject || c.SessionID != claims.SessionID || c.ClientIP != "198.51.100.7" ||
		c.UserAgent != "test" || c.Since.Before(begin) || !c.ExpiresAt.Equal(claims.ExpiresAt) {
		t.Errorf("got %+v, want the connection of %+v", c, claims)
	}
	if got := len(r.gw.Connections()); got != 2 {
		t.Errorf("got %d connections, want the 2 that are authenticated", got)
	}
	if got, want := r.gw.Counts(), (gateway.Counts{Pending: 1, Open: 2, Users: 2, Sessions: 2}); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
	for state, want := range map[string]float64{"open": 2, "pending": 1, "closing": 0} {
		if got := r.metric("sallyport_ws_connections", state); got != want {
			t.Errorf("%s: got %v, want %v", state, got, want)
		}
	}
}

func TestAudit(t *testing.T) {
	r := start(t, nil)
	raw, claims := r.signIn(time.Hour)
	s := r.bearer(raw)
	_ = s.ws.Close(1000, "")
	until(t, "WS-09 opened and closed", func() bool {
		return len(r.diary.named(audit.SocketOpened)) == 1 && len(r.diary.named(audit.SocketClosed)) == 1
	})
	for _, e := range append(r.diary.named(audit.SocketOpened), r.diary.named(audit.SocketClosed)...) {
		if e.TargetID != claims.Subject || e.SessionID != claims.SessionID || e.Details["connection_id"] == "" || e.Origin.ClientIP == "" {
			t.Errorf("WS-09 %s: got %+v, want user, session, connection and origin", e.Name, e)
		}
		for k, v := range e.Details {
			if strings.Contains(v, raw) {
				t.Errorf("%s: got the token in %s", e.Name, k)
			}
		}
	}
	if e := r.diary.named(audit.SocketClosed)[0]; e.Details["code"] != "1000" || e.Details["by"] != "client" {
		t.Errorf("got %v, want code 1000 by client", e.Details)
	}
}

func TestNewRefuses(t *testing.T) {
	good := gateway.Defaults()
	good.Node = "n1"
	for name, change := range map[string]func(*gateway.Config){
		"no heartbeat":        func(c *gateway.Config) { c.Heartbeat = 0 },
		"no cap":              func(c *gateway.Config) { c.MaxPerUser = 0 },
		"no name":             func(c *gateway.Config) { c.Node = "" },
		"no history":          func(c *gateway.Config) { c.HistoryEvents = 0 },
		"negative queue":      func(c *gateway.Config) { c.QueueBytes = -1 },
		"WS-03 a longer wait": func(c *gateway.Config) { c.AuthTimeout = 6 * time.Second },
	} {
		t.Run(name, func(t *testing.T) {
			c := good
			change(&c)
			if _, err := gateway.New(c, gateway.Parts{}); err == nil || strings.Contains(err.Error(), "part") {
				t.Errorf("got %v, want the setting refused", err)
			}
		})
	}
	if _, err := gateway.New(good, gateway.Parts{Metrics: prometheus.NewRegistry()}); err == nil {
		t.Error("missing parts: got nil, want an error")
	}
}
