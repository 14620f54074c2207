package faults_test

import (
	"database/sql"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	_ "modernc.org/sqlite" // to look at what a killed program left

	"github.com/sallyport/sallyport/internal/faults"
)

// holder is a client that refreshes one session after another.
type holder struct {
	b               *bench
	email           string
	calm            bool     // stops early, so that its last refresh is acknowledged
	access, refresh string   // "" when the last answer never came
	spent           []string // refresh tokens that were answered
	signIns, outs   int      // acknowledged
	secrets         []string
}

// signIn opens a session; false when the program is gone.
func (h *holder) signIn() bool {
	_, a := h.b.call("POST", "/api/v1/auth/login", "", map[string]any{"email": h.email, "password": password})
	if !h.take(a) {
		return false
	}
	h.signIns++
	return true
}

func (h *holder) take(a map[string]any) bool {
	h.access, _ = a["access_token"].(string)
	h.refresh, _ = a["refresh_token"].(string)
	if h.refresh == "" {
		return false
	}
	h.secrets = append(h.secrets, h.access, h.refresh)
	h.b.Add(faults.Op{Kind: faults.Keep, Subject: name("session of", h.refresh), Outcome: faults.OK, Sent: h.b.now(), Done: h.b.now()})
	return true
}

// rotate spends the refresh token; by several callers at once where race is more
// than one, of which one may win and after which the session is over.
func (h *holder) rotate(race int) bool {
	token := h.refresh
	answers := make(chan map[string]any, race)
	for range race {
		go func() {
			outcome, a := h.b.do(faults.Spend, name("refresh token", token), "POST", "/api/v1/auth/refresh", "", map[string]any{"refresh_token": token})
			if outcome != faults.OK {
				a = nil
			}
			answers <- a
		}()
	}
	h.access, h.refresh = "", ""
	for range race {
		if a := <-answers; a != nil {
			h.spent = append(h.spent, token)
			h.take(a)
		}
	}
	if race > 1 {
		h.access, h.refresh = "", ""
		return h.signIn()
	}
	return h.refresh != ""
}

// signOut ends the session and shows its tokens again.
func (h *holder) signOut() bool {
	access, refresh := h.access, h.refresh
	subject := name("signed-out session of", refresh)
	h.access, h.refresh = "", ""
	if outcome, _ := h.b.do(faults.Revoke, subject, "POST", "/api/v1/auth/logout", access, nil); outcome != faults.OK {
		return false
	}
	h.outs++
	h.b.do(faults.Work, subject, "GET", "/api/v1/me", access, nil)
	h.b.do(faults.Work, subject, "POST", "/api/v1/auth/refresh", "", map[string]any{"refresh_token": refresh})
	return h.signIn()
}

// live goes on until the program is gone, or for a few refreshes where calm.
func (h *holder) live() {
	h.b.call("POST", "/api/v1/auth/register", "", map[string]any{"email": h.email, "password": password})
	if !h.signIn() {
		return
	}
	for n := 1; ; n++ {
		var ok bool
		switch {
		case h.calm && n > 5:
			return
		case n%11 == 0:
			ok = h.signOut()
		case n%7 == 0:
			ok = h.rotate(3)
		default:
			ok = h.rotate(1)
		}
		if !ok {
			return
		}
	}
}

// after shows the restarted program what was acknowledged and what was spent.
func (h *holder) after() {
	if h.refresh != "" {
		h.b.do(faults.Find, name("session of", h.refresh), "POST", "/api/v1/auth/refresh", "", map[string]any{"refresh_token": h.refresh})
	}
	for _, token := range h.spent[max(0, len(h.spent)-5):] {
		h.b.do(faults.Spend, name("refresh token", token), "POST", "/api/v1/auth/refresh", "", map[string]any{"refresh_token": token})
	}
}

// TestKilledDuringRefresh kills the program while people sign in, refresh, race
// with one refresh token and sign out, a little later each time.
func TestKilledDuringRefresh(t *testing.T) {
	b := newBench(t)
	rounds := 3
	if *long {
		rounds = 20
	}
	var all []*holder
	b.serve(t)
	for round := range rounds {
		var holders []*holder
		var running sync.WaitGroup
		for i := range 4 {
			h := &holder{b: b, email: fmt.Sprintf("user%d-%d@example.org", round, i), calm: i == 0}
			holders = append(holders, h)
			running.Go(h.live)
		}
		<-time.After(time.Second + time.Duration(round)*37*time.Millisecond)
		b.kill()
		running.Wait()
		if out := b.command(t, "audit", "verify"); !strings.Contains(out, "intact") {
			t.Errorf("AU-05 audit verify: got %q, want intact", out)
		}
		b.serve(t)
		for _, h := range holders {
			h.after()
		}
		all = append(all, holders...)
	}
	b.kill()
	for _, broken := range faults.Check(b.Ops()) {
		t.Error(broken)
	}
	counted := map[faults.Kind]map[faults.Outcome]int{}
	for _, op := range b.Ops() {
		if counted[op.Kind] == nil {
			counted[op.Kind] = map[faults.Outcome]int{}
		}
		counted[op.Kind][op.Outcome]++
	}
	spends := counted[faults.Spend]
	if spends[faults.OK] == 0 || spends[faults.Refused] == 0 || *long && spends[faults.Unknown] == 0 || counted[faults.Find][faults.OK] == 0 || counted[faults.Work][faults.Refused] == 0 {
		t.Errorf("calls by outcome: got %v, want spends of each, finds and refused work, or the test shows nothing", counted)
	}
	t.Logf("%d kills, calls by outcome: %v", rounds, counted)
	for _, h := range all {
		h.audited(t)
		for _, secret := range append(slices.Clone(h.secrets), password) {
			if strings.Contains(b.log.String(), secret) {
				t.Fatal("AU-03 the log holds a secret")
			}
		}
	}
}

// audited holds what the holder was told against the tables.
func (h *holder) audited(t *testing.T) {
	t.Helper()
	db, err := sql.Open("sqlite", "file:"+filepath.Join(h.b.folder, "data", "sallyport.db")+"?mode=ro")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	var opened, ended, above int
	err = db.QueryRowContext(t.Context(), `SELECT
		(SELECT COUNT(*) FROM audit_logs a WHERE a.target_id = u.id AND a.name = 'session_created'),
		(SELECT COUNT(*) FROM audit_logs a WHERE a.target_id = u.id AND a.name = 'session_ended'),
		(SELECT COUNT(*) FROM sessions s WHERE s.user_id = u.id AND s.aal > 1)
		FROM users u WHERE u.email = ?`, h.email).Scan(&opened, &ended, &above)
	if err != nil {
		t.Fatalf("%s: %v", h.email, err)
	}
	if opened < h.signIns || ended < h.outs {
		t.Errorf("AU-06 %s: got %d rows of sessions opened and %d ended, acknowledged were %d and %d", h.email, opened, ended, h.signIns, h.outs)
	}
	if above != 0 {
		t.Errorf("%s: got %d sessions above aal1 without a second factor, want none", h.email, above)
	}
}
