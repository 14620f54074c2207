package store_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/sallyport/sallyport/internal/store"
)

// tables lists the tables of the schema.
func (r *rig) tables() (names []string) {
	r.Helper()
	query := "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' AND name <> 'goose_db_version' ORDER BY name"
	if r.Engine() == store.Postgres {
		query = "SELECT table_name FROM information_schema.tables WHERE table_schema = 'public' AND table_name <> 'goose_db_version' ORDER BY table_name"
	}
	for _, row := range r.rows(query) {
		names = append(names, row[0].(string))
	}
	return names
}

// rows returns what a query gives, every value as the driver reads it.
func (r *rig) rows(query string, args ...any) (out [][]any) {
	r.Helper()
	rows, err := r.db.QueryContext(r.ctx(), r.dialect(query), args...)
	if err != nil {
		r.Fatalf("%s: %v", query, err)
	}
	defer func() { _ = rows.Close() }()
	columns, err := rows.Columns()
	r.must(err)
	for rows.Next() {
		row := make([]any, len(columns))
		into := make([]any, len(columns))
		for i := range row {
			into[i] = &row[i]
		}
		r.must(rows.Scan(into...))
		out = append(out, row)
	}
	r.must(rows.Err())
	return out
}

// dump is every row of every table, as text, by table.
func (r *rig) dump() map[string][]string {
	r.Helper()
	all := map[string][]string{}
	for _, table := range r.tables() {
		all[table] = []string{}
		for _, row := range r.rows("SELECT * FROM " + table) {
			all[table] = append(all[table], fmt.Sprint(row...))
		}
		slices.Sort(all[table])
	}
	return all
}

// difference names the tables whose rows differ; empty: none.
func difference(before, after map[string][]string) string {
	var out []string
	for _, table := range slices.Sorted(maps.Keys(before)) {
		if !slices.Equal(before[table], after[table]) {
			out = append(out, fmt.Sprintf("%s: %d rows before, %d after", table, len(before[table]), len(after[table])))
		}
	}
	return strings.Join(out, "; ")
}

// columns lists the columns of a table, in order.
func (r *rig) columns(table string) []string {
	r.Helper()
	rows, err := r.db.QueryContext(r.ctx(), "SELECT * FROM "+table+" WHERE 1 = 0")
	r.must(err)
	defer func() { _ = rows.Close() }()
	names, err := rows.Columns()
	r.must(err)
	r.must(rows.Err())
	return names
}

// mentions counts the rows that hold a text.
func mentions(rows []string, text string) (n int) {
	for _, row := range rows {
		if strings.Contains(row, text) {
			n++
		}
	}
	return n
}
