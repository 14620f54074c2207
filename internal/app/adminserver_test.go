package app_test

import (
	"bufio"
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/sallyport/sallyport/internal/apptest"
	"github.com/sallyport/sallyport/internal/audit"
	"github.com/sallyport/sallyport/internal/ident"
	"github.com/sallyport/sallyport/internal/message"
	"github.com/sallyport/sallyport/internal/statistics"
)

func TestAdminSessions(t *testing.T) {
	apptest.OnBoth(t, func(t *testing.T, r *apptest.Rig) {
		o := newOffice(t, r)
		r.Member(t, email)
		first, second := r.SignedIn(t, email), r.SignedIn(t, email)
		var got struct {
			Sessions []struct {
				ID, Email string
				Current   bool
			}
			Next string
		}
		o.ask("GET", "/sessions?limit=2", "", 200, &got)
		if len(got.Sessions) != 2 || got.Sessions[0].ID != second.Session.ID || got.Sessions[0].Email != email || got.Next != first.Session.ID {
			t.Errorf("the first two: got %+v, want the newest of %s", got, email)
		}
		next := got.Next
		got.Next, got.Sessions = "", nil
		o.ask("GET", "/sessions?limit=2&after="+next, "", 200, &got)
		if len(got.Sessions) != 1 || !got.Sessions[0].Current || got.Next != "" {
			t.Errorf("the rest: got %+v, want the administrator's own", got)
		}
		o.ask("DELETE", "/sessions/"+first.Session.ID, "", 204, nil)
		if status, _ := ask(t, r, "GET", "/api/v1/me", first.Access, ""); status != 401 {
			t.Errorf("TK-16 the ended session: got %d, want 401", status)
		}
		o.refused("twice", "DELETE", "/sessions/"+first.Session.ID, "", 404, "not_found")
		o.refused("none", "DELETE", "/sessions/"+ident.New(), "", 404, "not_found")
		row := r.Rows(t)[len(r.Rows(t))-1]
		if row.Name != audit.SessionEnded || row.ActorID != o.id || row.SessionID != first.Session.ID || row.Reason != "ended_by_admin" {
			t.Errorf("AU-02 got %+v, want the administrator who ended it", row)
		}
	})
}

func TestAdminSettings(t *testing.T) {
	apptest.OnBoth(t, func(t *testing.T, r *apptest.Rig) {
		o := newOffice(t, r)
		w := o.send("GET", "/settings", "")
		for _, want := range []string{`"APP_NAME"`, `"House"`, `"GITHUB_CLIENT_SECRET"`} {
			if !strings.Contains(w.Body.String(), want) {
				t.Errorf("got no %s in the settings", want)
			}
		}
		for _, secret := range []string{"Zq7v0Y1m3o5Kc8Xw2Rt6", "github-secret-4711"} {
			if strings.Contains(w.Body.String(), secret) {
				t.Error("AU-03 a secret stands in the settings")
			}
		}
		var got struct {
			Providers []struct {
				Name        string
				RedirectURI string `json:"redirect_uri"`
			}
		}
		o.ask("GET", "/providers", "", 200, &got)
		if len(got.Providers) != 1 || got.Providers[0].Name != "github" || !strings.HasSuffix(got.Providers[0].RedirectURI, "/api/v1/oauth/github/callback") {
			t.Errorf("got %+v, want github with its redirect address", got)
		}
	}, "APP_NAME=House", "GITHUB_CLIENT_ID=id", "GITHUB_CLIENT_SECRET=github-secret-4711")
}

func TestAdminKeys(t *testing.T) {
	apptest.OnBoth(t, func(t *testing.T, r *apptest.Rig) {
		o := newOffice(t, r)
		type keys struct{ Keys []struct{ ID, State string } }
		var before, after keys
		o.ask("GET", "/keys", "", 200, &before)
		if len(before.Keys) != 1 || before.Keys[0].State != "signing" {
			t.Fatalf("got %+v, want one key that signs", before)
		}
		r.Clock.Advance(time.Minute)
		o.current()
		o.ask("POST", "/keys/rotate", "", 200, &after)
		if len(after.Keys) != 2 || after.Keys[0] != before.Keys[0] || after.Keys[1].State != "next" {
			t.Errorf("rotated: got %+v, want the old one and the next", after)
		}
		rows := r.Rows(t)
		if last := rows[len(rows)-1]; last.Name != audit.SystemKeyRotated || last.ActorID != o.id || last.ActorKind != "admin" {
			t.Errorf("AU-02 got %+v, want the administrator who rotated", last)
		}
	})
}

func TestAdminOutbox(t *testing.T) {
	apptest.OnBoth(t, func(t *testing.T, r *apptest.Rig) {
		o := newOffice(t, r)
		all, err := r.Store.ClaimMessages(t.Context(), message.Email, r.Clock.Now(), time.Minute, 10)
		if err != nil || len(all) == 0 {
			t.Fatalf("got %d messages, %v; want the notices of the office", len(all), err)
		}
		for _, m := range all {
			if err := r.Store.MarkFailed(t.Context(), m.ID, m.Attempts, "refused", time.Time{}, r.Clock.Now()); err != nil {
				t.Fatal(err)
			}
		}
		var got struct {
			Counts   struct{ Queued, Dead int }
			Messages []struct{ ID, State, Reason string }
		}
		o.ask("GET", "/outbox", "", 200, &got)
		if got.Counts.Dead != len(all) || len(got.Messages) != len(all) || got.Messages[0].Reason != "refused" {
			t.Fatalf("got %+v, want %d dead ones", got, len(all))
		}
		var ids []string
		for after := ""; ; {
			var page struct {
				Messages []struct{ ID string }
				Next     string
			}
			o.ask("GET", "/outbox?limit=1&after="+after, "", 200, &page)
			for _, m := range page.Messages {
				ids = append(ids, m.ID)
			}
			if after = page.Next; after == "" {
				break
			}
		}
		if len(ids) != len(all) || slices.Compact(slices.Sorted(slices.Values(ids)))[0] != ids[len(ids)-1] {
			t.Errorf("one by one: got %v, want the %d of before, newest first", ids, len(all))
		}
		id := got.Messages[0].ID
		o.ask("POST", "/outbox/"+id+"/retry", "", 204, nil)
		o.refused("retried twice", "POST", "/outbox/"+id+"/retry", "", 404, "not_found")
		o.ask("DELETE", "/outbox/"+id, "", 204, nil)
		o.refused("dropped twice", "DELETE", "/outbox/"+id, "", 404, "not_found")
		names := r.Events(t)
		if !slices.Contains(names, audit.MessageRetried) || !slices.Contains(names, audit.MessageDropped) {
			t.Errorf("AU-01 got %v, want both in the audit log", names)
		}
	})
}

func TestAdminAudit(t *testing.T) {
	apptest.OnBoth(t, func(t *testing.T, r *apptest.Rig) {
		o := newOffice(t, r)
		u := r.Member(t, email)
		_, _ = r.SignIn.Password(r.Ctx(), email, "wrong", "body")
		rows := r.Rows(t)
		type page struct {
			Events []struct {
				ID, Name string
				TargetID string `json:"target_id"`
			}
			Next string
		}
		for _, tt := range []struct {
			filter string
			want   func(audit.Event) bool
		}{
			{"", func(audit.Event) bool { return true }},
			{"&user=" + u.ID, func(e audit.Event) bool { return e.TargetID == u.ID }},
			{"&name=authn_login_fail", func(e audit.Event) bool { return e.Name == audit.LoginFail }},
			{"&name=user_created&user=" + u.ID, func(e audit.Event) bool { return e.Name == audit.UserCreated && e.TargetID == u.ID }},
			{"&name=nothing", func(audit.Event) bool { return false }},
		} {
			var want, got []string
			for _, e := range slices.Backward(rows) {
				if tt.want(e) {
					want = append(want, e.ID)
				}
			}
			for after := ""; ; {
				var p page
				o.ask("GET", "/audit?limit=3"+tt.filter+"&after="+after, "", 200, &p)
				for _, e := range p.Events {
					got = append(got, e.ID)
				}
				if after = p.Next; after == "" {
					break
				}
			}
			if !slices.Equal(got, want) {
				t.Errorf("audit%s: got %v, want %v", tt.filter, got, want)
			}
		}
		o.exported(rows)
		var verdict struct {
			Intact bool
			Rows   int
		}
		n := len(r.Rows(t))
		o.ask("GET", "/audit/verify", "", 200, &verdict)
		if !verdict.Intact || verdict.Rows != n {
			t.Errorf("AU-05 got %+v, want %d rows intact", verdict, n)
		}
	})
}

// exported takes a copy of the log and fails unless it holds those rows first, in
// order, and says that it is whole.
func (o office) exported(rows []audit.Event) {
	o.t.Helper()
	o.refused("export from nowhere", "GET", "/audit/export?after=-1", "", 422, "invalid_request")
	w := o.send("GET", "/audit/export", "")
	var ids []string
	end := false
	for lines := bufio.NewScanner(w.Body); lines.Scan(); {
		var row struct {
			ID  string
			End bool
		}
		if err := json.Unmarshal(lines.Bytes(), &row); err != nil {
			o.t.Fatalf("export: %v", err)
		}
		if end = row.End; !end {
			ids = append(ids, row.ID)
		}
	}
	for i, e := range rows {
		if i >= len(ids) || ids[i] != e.ID {
			o.t.Fatalf("export: got %d rows that differ from the log at %d", len(ids), i)
		}
	}
	if !end {
		o.t.Error("export: got no last line, want one that says it is whole")
	}
	if !slices.Contains(o.Events(o.t), audit.AuditRead) {
		o.t.Error("AU-01 export: got no event of it")
	}
}

func TestAdminStatistics(t *testing.T) {
	apptest.OnBoth(t, func(t *testing.T, r *apptest.Rig) {
		o := newOffice(t, r)
		r.Member(t, email)
		r.SignedIn(t, email)
		_, _ = r.SignIn.Password(r.Ctx(), email, "wrong", "body")
		if err := r.SealAudit(t.Context()); err != nil {
			t.Fatal(err)
		}
		if err := r.Sample(t.Context()); err != nil {
			t.Fatal(err)
		}
		other := statistics.Sample{At: r.Clock.Now(), Node: "other", SignIns: 10, Connections: 7, Revocations: 2, RevocationTime: 20 * time.Millisecond, RevocationWorst: 25 * time.Millisecond}
		if err := r.Store.AddSample(t.Context(), other); err != nil {
			t.Fatal(err)
		}
		var got struct {
			Step   int
			Points []struct {
				SignIns     int     `json:"sign_ins"`
				Failures    int     `json:"failures"`
				Connections int     `json:"connections"`
				Seconds     float64 `json:"revocation_seconds"`
				Worst       float64 `json:"revocation_worst_seconds"`
			}
		}
		o.ask("GET", "/statistics?hours=24", "", 200, &got)
		if got.Step != 900 || len(got.Points) != 96 {
			t.Fatalf("got %d points of %d s, want 96 of 900", len(got.Points), got.Step)
		}
		if last := got.Points[95]; last.SignIns != 12 || last.Failures != 1 || last.Connections != 7 || last.Seconds != 0.01 || last.Worst != 0.025 {
			t.Errorf("the last quarter of an hour: got %+v, want both nodes together", last)
		}
		o.refused("a year", "GET", "/statistics?hours=8760", "", 422, "invalid_request")
	})
}
