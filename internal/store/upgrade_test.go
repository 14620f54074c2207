package store_test

import (
	"database/sql"
	"errors"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/sallyport/sallyport/internal/store"
)

// TestUpgradeKeepsWhatIsThere fills every table as an older version had it and
// takes the next step, for each step.
func TestUpgradeKeepsWhatIsThere(t *testing.T) {
	files, err := os.ReadDir("migrations")
	if err != nil {
		t.Fatal(err)
	}
	for i := 1; i < len(files); i++ {
		t.Run(files[i].Name(), func(t *testing.T) {
			onEngines(t, func(t *testing.T, url string) {
				r := open(t, url)
				r.must(r.MigrateTo(r.ctx(), int64(i)))
				names := r.fillAll()
				before := r.contents(names)
				_, err := r.MigrateUp(r.ctx())
				r.must(err)
				after := r.contents(names)
				for table := range names {
					if len(before[table]) != 1 || !slices.Equal(before[table], after[table]) {
						t.Errorf("%s: got %q after the upgrade, want %q", table, after[table], before[table])
					}
				}
				if u, err := r.UserByID(r.ctx(), "users-id"); err != nil || u.Email != "email" || u.PasswordHash != "password_hash" {
					t.Errorf("the person of before: got %+v, error %v; want them as they were", u, err)
				}
			})
		})
	}
}

// fillAll puts a row of this test's own into every table and returns the columns of
// each.
func (r *rig) fillAll() map[string][]string {
	r.Helper()
	tables := r.tables()
	slices.SortFunc(tables, func(a, b string) int { return rank(a) - rank(b) })
	names := map[string][]string{}
	for _, table := range tables {
		var values []any
		for _, c := range r.types(table) {
			names[table] = append(names[table], c.Name())
			values = append(values, r.sample(table, c.Name(), c.DatabaseTypeName()))
		}
		marks := strings.TrimSuffix(strings.Repeat("?, ", len(values)), ", ")
		r.exec("INSERT INTO "+table+" ("+strings.Join(names[table], ", ")+") VALUES ("+marks+")", values...)
	}
	return names
}

// types lists the columns of a table with their types, in order.
func (r *rig) types(table string) []*sql.ColumnType {
	r.Helper()
	rows, err := r.db.QueryContext(r.ctx(), "SELECT * FROM "+table+" WHERE 1 = 0")
	r.must(err)
	defer func() { _ = rows.Close() }()
	types, err := rows.ColumnTypes()
	r.must(err)
	r.must(rows.Err())
	return types
}

// rank puts tables that others refer to first.
func rank(table string) int { return slices.Index([]string{"sessions", "users"}, table) * -1 }

// sample is a value for a column, which says where it belongs.
func (r *rig) sample(table, column, kind string) any {
	r.Helper()
	switch {
	case kind == "TEXT" && column == "id":
		return table + "-id"
	case column == "user_id" || column == "session_id":
		return strings.TrimSuffix(column, "_id") + "s-id"
	case kind == "TEXT":
		return column
	case strings.HasPrefix(kind, "BOOL"):
		return true
	case kind == "BIGINT" || kind == "INT8":
		return int64(len(table) + len(column))
	case kind == "BLOB" || kind == "BYTEA":
		return []byte(table + column)
	}
	r.Fatalf("%s.%s: got the type %q, want one of the four there are", table, column, kind)
	return nil
}

// contents reads those columns of those tables.
func (r *rig) contents(names map[string][]string) map[string][]string {
	r.Helper()
	out := map[string][]string{}
	for table, columns := range names {
		for _, row := range r.rows("SELECT " + strings.Join(columns, ", ") + " FROM " + table) {
			out[table] = append(out[table], fmt.Sprint(row...))
		}
	}
	return out
}

// TestNewerTables is a rolling upgrade as the older node sees it: the tables get
// a step it does not know.
func TestNewerTables(t *testing.T) {
	onBoth(t, func(t *testing.T, r *rig) {
		all, err := r.Migrations(r.ctx())
		r.must(err)
		before := r.user()
		r.exec("ALTER TABLE users ADD COLUMN later TEXT NOT NULL DEFAULT ''")
		r.exec("CREATE TABLE later (id TEXT NOT NULL PRIMARY KEY)")
		r.exec("INSERT INTO goose_db_version (version_id, is_applied) VALUES (?, ?)", len(all)+1, true)
		schema := r.schema()

		t.Run("a node that runs goes on", func(t *testing.T) {
			r := r.in(t)
			if got := r.again(before.ID); got.Email != before.Email {
				t.Errorf("got %+v, want the person as they were", got)
			}
			w := r.world() // people, sessions, factors, passkeys, linked accounts
			if got := r.again(w.u.ID); got.ID != w.u.ID {
				t.Errorf("got %+v, want the person that was written", got)
			}
		})
		t.Run("none begins, and none takes back what it does not know", func(t *testing.T) {
			r := open(t, r.url)
			if done, err := r.MigrateUp(r.ctx()); !errors.Is(err, store.ErrNewer) || len(done) > 0 {
				t.Errorf("OP-09 up: got %v, error %v; want %v", done, err, store.ErrNewer)
			}
			if m, err := r.MigrateDown(r.ctx()); !errors.Is(err, store.ErrNewer) || m.Version != 0 {
				t.Errorf("OP-09 down: got %+v, error %v; want %v", m, err, store.ErrNewer)
			}
			if got, err := r.Migrations(r.ctx()); !errors.Is(err, store.ErrNewer) || len(got) != len(all) {
				t.Errorf("OP-09 the list: got %d, error %v; want those it knows, and %v", len(got), err, store.ErrNewer)
			}
			if got := r.schema(); !slices.Equal(got, schema) {
				t.Error("OP-09 the tables were changed")
			}
		})
	})
}

// adds are the statements after which the version before still works: it writes
// no column it does not know, and reads none that is gone.
var adds = []*regexp.Regexp{
	regexp.MustCompile(`^CREATE TABLE `),
	regexp.MustCompile(`^CREATE INDEX `),
	regexp.MustCompile(`^ALTER TABLE \w+ ADD COLUMN \w+ \w+( NOT NULL DEFAULT \S+)?$`),
}

// refusals are the statements of a migration that do more than add, each as it
// begins. A unique index is one, unless its table is new: the version before may
// write what it refuses.
func refusals(text string) (out []string) {
	up, _, _ := strings.Cut(text, "-- +goose Down")
	up = regexp.MustCompile(`(?m)--.*$`).ReplaceAllString(up, "")
	for statement := range strings.SplitSeq(up, ";") {
		s := strings.Join(strings.Fields(statement), " ")
		if m := regexp.MustCompile(`^CREATE UNIQUE INDEX \w+ ON (\w+)`).FindStringSubmatch(s); m != nil && strings.Contains(up, "CREATE TABLE "+m[1]+" ") {
			continue
		}
		if s != "" && !slices.ContainsFunc(adds, func(r *regexp.Regexp) bool { return r.MatchString(s) }) {
			out = append(out, s)
		}
	}
	return out
}

func TestMigrationsOnlyAdd(t *testing.T) {
	files, err := os.ReadDir("migrations")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files[1:] {
		text, err := os.ReadFile("migrations/" + f.Name())
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range refusals(string(text)) {
			// Handles are 32 random bytes: the version before writes no two alike.
			if s != "CREATE UNIQUE INDEX users_webauthn_handle ON users (webauthn_handle)" {
				t.Errorf("%s: got %q, want statements that only add", f.Name(), s)
			}
		}
	}
	for _, bad := range []string{
		"DROP TABLE users", "DROP INDEX sessions_user", "ALTER TABLE users DROP COLUMN name", "ALTER TABLE users RENAME COLUMN name TO title",
		"ALTER TABLE users ADD COLUMN title TEXT NOT NULL", "CREATE UNIQUE INDEX users_name ON users (name)", "UPDATE users SET name = ''", "DELETE FROM sessions",
	} {
		if got := refusals("-- +goose Up\n" + bad + ";\n-- +goose Down\n"); len(got) != 1 {
			t.Errorf("%q: got %q, want it refused", bad, got)
		}
	}
}
