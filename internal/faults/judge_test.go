package faults_test

import (
	"database/sql"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	_ "github.com/jackc/pgx/v5/stdlib" // to look at what was left
	_ "modernc.org/sqlite"             // to look at what was left

	"github.com/sallyport/sallyport/internal/faults"
)

// judge lets the crowd rest, asks the healthy program for everything that was
// acknowledged or spent, and holds the whole history, the tables, the audit chain
// and the logs against the promises.
func (c *crowd) judge(t *testing.T) {
	t.Helper()
	c.rest()
	for _, p := range c.people {
		p.looksBack()
	}
	for _, broken := range faults.Check(c.b.Ops()) {
		t.Error(broken)
	}
	if out := c.b.nodes[0].command(t, "audit", "verify"); !strings.Contains(out, "intact") {
		t.Errorf("AU-05 audit verify: got %q, want intact", out)
	}
	c.b.neverWrong(t)
	if c.b.before != nil {
		c.b.before()
	}
	db := c.b.open(t)
	defer func() { _ = db.Close() }()
	for _, p := range c.people {
		p.audited(t, db)
		for _, secret := range append(slices.Clone(p.secrets), password) {
			if secret != "" && c.b.leaks(secret) {
				t.Fatal("AU-03 the log holds a secret")
			}
		}
	}
	t.Log(c.observed())
}

// neverWrong fails the test for answers that no client should see, whatever broke:
// 500, and 503 that does not say when to come again.
func (b *bench) neverWrong(t *testing.T) {
	t.Helper()
	for i, wrong := range b.wrong {
		if i == 5 {
			t.Errorf("OP-09 and %d more", len(b.wrong)-i)
			break
		}
		t.Errorf("OP-09 an answer nobody should see: %s", wrong)
	}
}

// observed tells what happened, for docs/faults.md.
func (c *crowd) observed() string {
	counted := map[string]int{}
	for _, op := range c.b.Ops() {
		counted[fmt.Sprintf("%s %s", op.Kind, op.Outcome)]++
	}
	var parts []string
	for _, k := range slices.Sorted(maps.Keys(counted)) {
		parts = append(parts, fmt.Sprintf("%d %s", counted[k], k))
	}
	var answers []string
	for _, k := range slices.Sorted(maps.Keys(c.b.statuses)) {
		answers = append(answers, fmt.Sprintf("%d×%d", c.b.statuses[k], k))
	}
	return "observed: " + strings.Join(parts, ", ") + "; answers " + strings.Join(answers, " ")
}

// showsSomething fails a test in which too little happened.
func (c *crowd) showsSomething(t *testing.T) {
	t.Helper()
	worked := map[faults.Kind]int{}
	for _, op := range c.b.Ops() {
		if op.Outcome == faults.OK {
			worked[op.Kind]++
		}
	}
	if worked[faults.Spend] == 0 || worked[faults.Keep] == 0 {
		t.Errorf("calls that worked: got %v, want spends and finds, or the test shows nothing", worked)
	}
}

// open looks at the tables with the eyes of somebody else.
func (b *bench) open(t *testing.T) *sql.DB {
	t.Helper()
	driver, source := "pgx", b.database
	if file, ok := strings.CutPrefix(b.database, "sqlite:"); ok {
		driver, source = "sqlite", "file:"+file+"?mode=ro&_pragma=busy_timeout(10000)"
	}
	db, err := sql.Open(driver, source)
	if err != nil {
		t.Fatal(err)
	}
	return db
}

// audited holds what the person was told against the tables (AU-06), and the
// sessions against what was shown.
func (p *person) audited(t *testing.T, db *sql.DB) {
	t.Helper()
	for event, want := range p.acknowledged {
		var got int
		err := db.QueryRowContext(t.Context(), `SELECT COUNT(*) FROM audit_logs a JOIN users u ON a.target_id = u.id WHERE u.email = $1 AND a.name = $2 AND a.result = 'success'`, p.email, event).Scan(&got)
		if err != nil {
			t.Fatalf("%s: %v", p.email, err)
		}
		if got < want {
			t.Errorf("AU-06 %s: got %d rows of %s, acknowledged were %d", p.email, got, event, want)
		}
	}
	var above int
	if err := db.QueryRowContext(t.Context(), `SELECT COUNT(*) FROM sessions s JOIN users u ON s.user_id = u.id WHERE u.email = $1 AND s.aal > 1`, p.email).Scan(&above); err != nil {
		t.Fatalf("%s: %v", p.email, err)
	}
	if above > p.shown {
		t.Errorf("MF-01 %s: got %d sessions above aal1 for %d second factors", p.email, above, p.shown)
	}
}
