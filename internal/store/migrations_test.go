package store_test

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/sallyport/sallyport/internal/store"
	"github.com/sallyport/sallyport/internal/testbed"
)

// schema describes every table, column, default and index there is.
func (r *rig) schema() (out []string) {
	r.Helper()
	queries := []string{"SELECT type, name, sql FROM sqlite_master WHERE name NOT LIKE 'sqlite_%' AND tbl_name <> 'goose_db_version'"}
	if r.Engine() == store.Postgres {
		queries = []string{
			`SELECT table_name, column_name, data_type, is_nullable, column_default, collation_name FROM information_schema.columns
				WHERE table_schema = 'public' AND table_name <> 'goose_db_version'`,
			"SELECT indexdef FROM pg_indexes WHERE schemaname = 'public' AND tablename <> 'goose_db_version'",
			`SELECT conrelid::regclass::text, pg_get_constraintdef(oid) FROM pg_constraint
				WHERE connamespace = 'public'::regnamespace AND conrelid::regclass::text <> 'goose_db_version'`,
		}
	}
	for _, q := range queries {
		for _, row := range r.rows(q) {
			out = append(out, strings.Join(strings.Fields(fmt.Sprintln(row...)), " "))
		}
	}
	slices.Sort(out)
	return out
}

func TestMigrations(t *testing.T) {
	files, err := os.ReadDir("migrations")
	if err != nil {
		t.Fatal(err)
	}
	onEngines(t, func(t *testing.T, url string) {
		r := open(t, url)
		all, err := r.Migrations(r.ctx())
		r.must(err)
		if len(all) != len(files) {
			t.Fatalf("got %d migrations, want one for each of %d files", len(all), len(files))
		}
		for i, m := range all {
			if m.Version != int64(i)+1 || m.Name != files[i].Name() || !m.AppliedAt.IsZero() {
				t.Errorf("got %+v, want %s, not applied", m, files[i].Name())
			}
		}
		up := func(want int) []string {
			done, err := r.MigrateUp(r.ctx())
			if err != nil || len(done) != want {
				t.Fatalf("up: got %v, error %v; want %d", done, err, want)
			}
			return r.schema()
		}
		first := up(len(files))
		if again := up(0); !slices.Equal(again, first) {
			t.Errorf("up when all is up: the schema changed")
		}
		if all, err = r.Migrations(r.ctx()); err != nil || slices.ContainsFunc(all, func(m store.Migration) bool { return m.AppliedAt.IsZero() }) {
			t.Errorf("after up: got %+v, error %v; want all applied", all, err)
		}
		for i := len(files); i > 0; i-- {
			if m, err := r.MigrateDown(r.ctx()); err != nil || m.Version != int64(i) {
				t.Fatalf("down: got %+v, error %v; want %d", m, err, i)
			}
			if i == len(files) { // the latest alone, down and up again
				up(1)
				_, err := r.MigrateDown(r.ctx())
				r.must(err)
			}
		}
		if left := r.schema(); len(left) != 0 {
			t.Errorf("all the way down: got %v, want nothing left", left)
		}
		if m, err := r.MigrateDown(r.ctx()); err == nil {
			t.Errorf("down from nothing: got %+v, want an error", m)
		}
		if second := up(len(files)); !slices.Equal(second, first) {
			t.Errorf("up, down and up: got another schema\n%s\nwant\n%s", strings.Join(second, "\n"), strings.Join(first, "\n"))
		}
	})
}

func TestNodesMigrateAtOnce(t *testing.T) {
	onEngines(t, func(t *testing.T, url string) {
		const nodes = 4
		first := open(t, url)
		stores := []*rig{first}
		for len(stores) < nodes && first.Engine() == store.Postgres {
			stores = append(stores, open(t, url))
		}
		var next, applied atomic.Int64
		first.atOnce(len(stores), func() (bool, error) {
			done, err := stores[next.Add(1)-1].MigrateUp(first.ctx())
			applied.Add(int64(len(done)))
			return true, err
		})
		all, err := first.Migrations(first.ctx())
		first.must(err)
		if applied.Load() != int64(len(all)) {
			t.Errorf("%d nodes applied %d migrations, want each of %d once", len(stores), applied.Load(), len(all))
		}
	})
}

func TestTextComparesByBytes(t *testing.T) {
	r := open(t, testbed.Postgres(t))
	_, err := r.MigrateUp(r.ctx())
	r.must(err)
	for _, row := range r.rows(`SELECT table_name, column_name, collation_name FROM information_schema.columns
		WHERE table_schema = 'public' AND table_name <> 'goose_db_version' AND data_type IN ('text', 'character varying') AND collation_name IS DISTINCT FROM 'C'`) {
		t.Errorf("RC-09 %s.%s compares by %v, want C as on SQLite", row...)
	}
}
