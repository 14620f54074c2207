package store_test

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/sallyport/sallyport/internal/bench/crowd"
	"github.com/sallyport/sallyport/internal/testbed"
)

// TestWork runs every query in a house and in one of ten times as many people, and
// counts the blocks that PostgreSQL reads for it: a plan that walks along an index
// until it finds something looks like any other, and reads more the more there is.
func TestWork(t *testing.T) {
	small, large := work(t, 600), work(t, 6000)
	for name, blocks := range large {
		// A tree is a level higher at the most.
		if most := small[name]*3/2 + 40; blocks > most {
			t.Errorf("%s: got %d blocks, want %d at the most, from %d among a tenth of the people", name, blocks, most, small[name])
		}
	}
}

// work returns how many blocks each query reads in a house of so many users, by the
// dearer of the two kinds of plans: for these values, and for any.
func work(t *testing.T, users int) map[string]int {
	t.Helper()
	r := open(t, testbed.Postgres(t))
	_, err := r.MigrateUp(r.ctx())
	r.must(err)
	r.db.SetMaxOpenConns(1)
	h := crowd.House{Users: users, Now: noon, PasswordHash: "$argon2id$old"}
	r.must(crowd.Fill(r.ctx(), r.db, true, h))
	m := middles{rig: r, known: map[string]string{}}
	out := map[string]int{}
	for _, q := range readQueries(t) {
		if strings.HasPrefix(q.text, "INSERT") || scans(q) != "" {
			continue
		}
		modes := []string{"force_custom_plan", "force_generic_plan"}
		if strings.Contains(q.text, "@batch") {
			modes = modes[:1] // a plan for batches of any size is for large ones, and never the cheaper
		}
		for _, mode := range modes {
			out[q.name] = max(out[q.name], r.blocks(q, mode, m))
		}
	}
	return out
}

// blocks runs a query, takes back what it did and returns how many blocks it read. A
// batch out of so small a table is cheaper read from its beginning; there it counts
// what an index costs.
func (r *rig) blocks(q query, mode string, m middles) int {
	r.Helper()
	var places []string
	text := parameter.ReplaceAllStringFunc(q.text, func(name string) string {
		for i, p := range places {
			if p == name {
				return fmt.Sprintf("$%d", i+1)
			}
		}
		places = append(places, name)
		return fmt.Sprintf("$%d", len(places))
	})
	values := make([]string, 0, len(places))
	for _, name := range places {
		values = append(values, "'"+m.value(q, name[1:])+"'")
	}
	call := "explained"
	if len(values) > 0 {
		call += "(" + strings.Join(values, ", ") + ")"
	}
	tx, err := r.db.BeginTx(r.ctx(), nil)
	r.must(err)
	defer func() { _ = tx.Rollback() }()
	for _, s := range []string{
		"SET LOCAL plan_cache_mode = " + mode, fmt.Sprintf("SET LOCAL enable_seqscan = %t", !strings.Contains(q.text, "@batch")),
		"DEALLOCATE ALL", "PREPARE explained AS " + text,
	} {
		if _, err := tx.ExecContext(r.ctx(), s, pgx.QueryExecModeSimpleProtocol); err != nil {
			r.Fatalf("%s: %s: %v", q.name, s, err)
		}
	}
	var got []struct {
		Plan struct {
			Hit  int `json:"Shared Hit Blocks"`
			Read int `json:"Shared Read Blocks"`
		}
	}
	explain := "EXPLAIN (ANALYZE, BUFFERS, TIMING OFF, FORMAT JSON) EXECUTE " + call
	if err := tx.QueryRowContext(r.ctx(), explain, pgx.QueryExecModeSimpleProtocol).Scan(&text); err != nil {
		r.Fatalf("%s: %s: %v", q.name, explain, err)
	}
	if err := json.Unmarshal([]byte(text), &got); err != nil || len(got) != 1 {
		r.Fatalf("%s: the plan: %v in %s", q.name, err, text)
	}
	return got[0].Plan.Hit + got[0].Plan.Read
}

// middles finds values that stand in the middle of the tables.
type middles struct {
	*rig
	known map[string]string
}

// idBefore is a bound that is an id; others are instants.
var idBefore = regexp.MustCompile(`id < @before|, @before\)`)

// value is what a query is run with: about somebody in the middle of the crowd, and a
// few rows at a time.
func (m middles) value(q query, name string) string {
	ago := func(d time.Duration) string { return fmt.Sprint(noon.Add(-d).UnixMicro()) }
	switch name {
	case "id", "hash":
		return m.of(q.table, name)
	case "user_id", "target_id", "subject", "to_user":
		return m.of("users", "id")
	case "session_id":
		return m.of("sessions", "id")
	case "before":
		if idBefore.MatchString(q.text) {
			return m.of(q.table, "id")
		}
		return ago(time.Hour)
	case "now", "until":
		return ago(0)
	case "since":
		return ago(time.Hour)
	case "page", "batch", "seq":
		return "10"
	case "low", "high":
		if q.table == "users" {
			return map[string]string{"low": "p7", "high": "p8"}[name]
		}
		return map[string]string{"low": "447700000001", "high": "447700000009"}[name]
	case "after":
		return map[string]string{"audit_logs": "5"}[q.table]
	case "name":
		return "user_email_changed"
	case "state":
		return "dead"
	case "kind":
		return "setup"
	default:
		return "1"
	}
}

// of is the value of that column in the middle of a table.
func (m middles) of(table, column string) string {
	m.Helper()
	key := table + "." + column
	if m.known[key] != "" {
		return m.known[key]
	}
	rows := m.rows(fmt.Sprintf("SELECT %[2]s FROM %[1]s ORDER BY %[2]s OFFSET (SELECT COUNT(*) / 2 FROM %[1]s) LIMIT 1", table, column))
	if len(rows) == 0 {
		m.Fatalf("%s is empty: nothing can be told of its queries", table)
	}
	text := fmt.Sprint(rows[0][0])
	if b, ok := rows[0][0].([]byte); ok {
		text = `\x` + hex.EncodeToString(b)
	}
	m.known[key] = text
	return text
}
