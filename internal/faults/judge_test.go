package faults_test

import (
	"database/sql"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

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
	c.b.verified(t)
	c.b.neverWrong(t)
	db := c.b.open(t)
	defer func() { _ = db.Close() }()
	for _, p := range c.b.people {
		p.audited(t, db)
	}
	c.b.silent(t, db)
	t.Log(c.observed())
	c.b.shrinks(t)
}

// verified waits until every row is in the chain and checks it.
func (b *bench) verified(t *testing.T) {
	t.Helper()
	await(t, "AU-05 every audit row is in the chain", 30*time.Second, func() bool {
		if b.before != nil {
			b.before()
		}
		db := b.open(t)
		defer func() { _ = db.Close() }()
		var open int
		err := db.QueryRowContext(t.Context(), `SELECT COUNT(*) FROM audit_logs WHERE chain_seq = 0`).Scan(&open)
		return err == nil && open == 0
	})
	if out := b.nodes[0].command(t, "audit", "verify"); !strings.Contains(out, "intact") {
		t.Errorf("AU-05 audit verify: got %q, want intact", out)
	}
}

// silent fails the test for secrets in what the programs wrote or in the audit
// log: of the people, of their programs and of the services around them.
func (b *bench) silent(t *testing.T, db *sql.DB) {
	t.Helper()
	text := b.said() + b.auditText(t, db)
	if b.also != nil {
		text += b.also()
	}
	secrets := slices.Clone(b.secrets)
	for _, p := range b.people {
		secrets = append(secrets, p.secrets...)
	}
	slices.Sort(secrets)
	found := 0
	for _, secret := range slices.Compact(secrets) {
		if faults.Leaks(text, secret) {
			found++
		}
	}
	if found > 0 {
		t.Errorf("AU-03 the logs hold %d secrets, want none of %d", found, len(secrets))
	}
}

// auditText is what people wrote into the audit log, without its hashes.
func (b *bench) auditText(t *testing.T, db *sql.DB) string {
	t.Helper()
	rows, err := db.QueryContext(t.Context(), `SELECT reason || ' ' || user_agent || ' ' || details FROM audit_logs`)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = rows.Close() }()
	var out strings.Builder
	for rows.Next() {
		var line string
		if err := rows.Scan(&line); err != nil {
			t.Fatal(err)
		}
		out.WriteString(line + "\n")
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// shrinks waits until every program that runs holds no more than when it started.
func (b *bench) shrinks(t *testing.T) {
	t.Helper()
	b.client.CloseIdleConnections()
	for _, n := range b.nodes {
		if n.cmd != nil {
			n.shrinks(t)
		}
	}
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
	rows := map[string]int{}
	err := query(t, db, `SELECT a.name, a.result, COUNT(*) FROM audit_logs a JOIN users u ON a.target_id = u.id WHERE u.email = $1 GROUP BY a.name, a.result`, p.email, func(next *sql.Rows) error {
		var event, outcome string
		var n int
		if err := next.Scan(&event, &outcome, &n); err != nil {
			return err
		}
		switch {
		case event == "user_created":
			event = registered
		case strings.HasPrefix(event, "authn_login_success"):
			event = signedIn
		case outcome != "success" && event != "authn_recovery_started":
			return nil
		}
		rows[event] += n
		return nil
	})
	if err != nil {
		t.Fatalf("%s: %v", p.email, err)
	}
	for _, broken := range faults.Unaccounted(p.acknowledged, rows) {
		t.Errorf("AU-06 %s: %s", p.email, broken)
	}
	var sessions []faults.Session
	err = query(t, db, `SELECT s.id, s.aal, s.proofs FROM sessions s JOIN users u ON s.user_id = u.id WHERE u.email = $1`, p.email, func(next *sql.Rows) error {
		s, proofs := faults.Session{}, ""
		if err := next.Scan(&s.ID, &s.Level, &proofs); err != nil {
			return err
		}
		var shown []struct {
			Method string `json:"method"`
		}
		if err := json.Unmarshal([]byte(proofs), &shown); err != nil {
			return err
		}
		for _, one := range shown {
			s.Proofs = append(s.Proofs, one.Method)
		}
		sessions = append(sessions, s)
		return nil
	})
	if err != nil {
		t.Fatalf("%s: %v", p.email, err)
	}
	for _, broken := range faults.Above(sessions, p.shown) {
		t.Errorf("MF-01 %s: %s", p.email, broken)
	}
}

// query hands each row to take.
func query(t *testing.T, db *sql.DB, statement, email string, take func(*sql.Rows) error) error {
	t.Helper()
	rows, err := db.QueryContext(t.Context(), statement, email)
	if err != nil {
		return err
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		if err := take(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}
