package journey_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/coder/websocket"
	"github.com/coder/websocket/wsjson"

	"github.com/sallyport/sallyport/internal/storetest"
	"github.com/sallyport/sallyport/internal/testbed"
)

// dashboard is what Grafana reads, as far as it matters here.
type dashboard struct {
	UID, Title string
	Panels     []struct {
		Type, Title string
		FieldConfig struct{ Defaults struct{ Unit string } }
		Targets     []struct{ Expr, LegendFormat string }
	}
}

// needsMore are metrics that this test's traffic does not touch.
var needsMore = regexp.MustCompile(`sallyport_(sms_codes|passkey|provider)_`)

// TestDashboards has a real Prometheus scrape a server with traffic, and asks it
// every question that the dashboards and the alerts ask.
func TestDashboards(t *testing.T) {
	metrics := fmt.Sprintf("127.0.0.1:%d", testbed.FreePort(t))
	s := start(t, storetest.SQLite(t), "METRICS_ADDR="+metrics, "WS_HEARTBEAT=5s")
	alerts, err := filepath.Abs(deploy + "/prometheus/alerts.yml")
	if err != nil {
		t.Fatal(err)
	}
	prometheus := testbed.Prometheus(t, fmt.Sprintf(`
global: {scrape_interval: 500ms, evaluation_interval: 500ms}
rule_files: [%q]
scrape_configs: [{job_name: sallyport, static_configs: [{targets: [%q]}]}]
`, alerts, metrics))
	waitFor(t, "two scrapes", func() bool { return len(ask(t, prometheus, `count_over_time(sallyport_ws_capacity[1m]) >= 2`)) > 0 })
	s.traffic(t, prometheus)
	waitFor(t, "the traffic to be seen", func() bool {
		return len(ask(t, prometheus, `increase(sallyport_audit_events_total{event="session_ended"}[1m]) >= 0 and on() increase(sallyport_ws_heartbeat_rtt_seconds_count[1m]) > 0`)) > 0
	})

	known := metricNames(t)
	asked := 0
	for _, name := range []string{"websocket-monitoring", "sign-in"} {
		var d dashboard
		if err := json.Unmarshal([]byte(read(t, deploy+"/grafana/dashboards/"+name+".json")), &d); err != nil {
			t.Fatal(err)
		}
		if d.UID == "" || d.Title == "" {
			t.Errorf("%s: got no uid or title", name)
		}
		for _, p := range d.Panels {
			if p.Type != "row" && (len(p.Targets) == 0 || p.FieldConfig.Defaults.Unit == "") {
				t.Errorf("%s, %s: got no question or no unit", name, p.Title)
			}
			for _, q := range p.Targets {
				asked++
				for _, m := range regexp.MustCompile(`sallyport_\w+`).FindAllString(q.Expr, -1) {
					if !slices.Contains(known, strings.TrimSuffix(m, "_bucket")) {
						t.Errorf("%s, %s: %s is no metric of this program", name, p.Title, m)
					}
				}
				got := ask(t, prometheus, strings.NewReplacer("$__rate_interval", "1m", "$instance", ".*").Replace(q.Expr))
				if len(got) == 0 && !needsMore.MatchString(q.Expr) {
					t.Errorf("%s, %s: got no data for %s", name, p.Title, q.Expr)
				}
			}
		}
	}
	if asked < 60 {
		t.Errorf("questions of the dashboards: got %d, want them all read", asked)
	}
	for _, m := range regexp.MustCompile(`(?m)expr: (.+)$`).FindAllStringSubmatch(read(t, deploy+"/prometheus/alerts.yml"), -1) {
		if m[1] != "|" {
			ask(t, prometheus, m[1])
		}
	}
	for _, r := range rules(t, prometheus) {
		if r.Health != "ok" {
			t.Errorf("alert %s: got health %q (%s), want ok", r.Name, r.Health, r.LastError)
		}
		if r.State == "firing" {
			t.Errorf("alert %s: fires on a good day", r.Name)
		}
	}
}

// traffic is a little of everything: sign-ins good and bad, a second factor, a
// socket that talks and is revoked, one that shows a forged token.
func (s *server) traffic(t *testing.T, prometheus string) {
	t.Helper()
	s.member(t, "ada@example.org")
	for range 3 {
		s.call(t, "POST", "/api/v1/auth/login", "", map[string]any{"email": "ada@example.org", "password": "not this one"})
	}
	access := s.login(t, "ada@example.org").text("access_token")
	s.call(t, "GET", "/api/v1/me", access, nil)
	s.call(t, "POST", "/api/v1/mfa/totp/setup", access, map[string]any{})
	s.call(t, "POST", "/api/v1/mfa/totp/verify-setup", access, map[string]any{"code": "000000"})
	s.call(t, "GET", "/api/v1/me", access+"x", nil)
	ws := s.socket(t, access)
	go func() { // answers the server's pings until the socket closes
		for {
			if _, _, err := ws.Read(t.Context()); err != nil {
				return
			}
		}
	}()
	for i := range 5 {
		if err := wsjson.Write(t.Context(), ws, map[string]string{"type": "ping", "id": fmt.Sprint(i)}); err != nil {
			t.Fatal(err)
		}
	}
	if _, res, err := websocket.Dial(t.Context(), s.url+"/api/v1/ws", &websocket.DialOptions{HTTPHeader: http.Header{"Authorization": {"Bearer " + access + "x"}}}); err == nil || res.StatusCode != http.StatusUnauthorized {
		t.Fatalf("a forged token: got %v, want 401", err)
	}
	waitFor(t, "a beat of the gateway", func() bool {
		return len(ask(t, prometheus, `sallyport_ws_heartbeat_rtt_seconds_count > 0`)) > 0
	})
	if a := s.call(t, "POST", "/api/v1/auth/logout", access, map[string]any{}); a.status != http.StatusNoContent {
		t.Fatalf("sign-out: got %d", a.status)
	}
}

// ask asks Prometheus for the present value of an expression.
func ask(t *testing.T, prometheus, expr string) []any {
	t.Helper()
	var a struct {
		Status, Error string
		Data          struct{ Result []any }
	}
	getJSON(t, prometheus+"/api/v1/query?query="+url.QueryEscape(expr), &a)
	if a.Status != "success" {
		t.Errorf("%s: got %s", expr, a.Error)
	}
	return a.Data.Result
}

// rule is an alert as Prometheus judges it.
type rule struct{ Name, State, Health, LastError string }

func rules(t *testing.T, prometheus string) (out []rule) {
	t.Helper()
	var a struct {
		Data struct{ Groups []struct{ Rules []rule } }
	}
	getJSON(t, prometheus+"/api/v1/rules", &a)
	for _, g := range a.Data.Groups {
		out = append(out, g.Rules...)
	}
	if len(out) < 10 {
		t.Fatalf("alerts: got %d, want all of them", len(out))
	}
	return out
}

func getJSON(t *testing.T, address string, into any) {
	t.Helper()
	res, err := http.Get(address)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	if err := json.NewDecoder(res.Body).Decode(into); err != nil {
		t.Fatal(err)
	}
}
