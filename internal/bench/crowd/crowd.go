package crowd

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"
	"time"
)

// House is who lives in a database.
type House struct {
	Users int
	// Audit is how many rows the audit log has; 0: five for each user.
	Audit int
	// Least is how many rows the tables have at the least that a small house would
	// leave almost empty.
	Least int
	// Now is where the rows end in time.
	Now time.Time
	// PasswordHash is everybody's.
	PasswordHash string
}

// Noisy is the number of the user whom one in a hundred audit rows is about.
const Noisy = 2

func (h House) audit() int {
	if h.Audit == 0 {
		return 5 * h.Users
	}
	return h.Audit
}

// Email is the address of the nth user, from 1. Addresses do not come in the order
// in which people signed up.
func (h House) Email(n int) string { return fmt.Sprintf("p%08x@example.org", uint32(n*scatter)) }

// scatter is odd, so that it numbers people anew without giving a number twice.
const scatter = 2654435761

// Administrator is the number of a user who is one.
const Administrator = 1

// ByPassword reports whether the user of that number signs in by password alone.
func ByPassword(n int) bool { return n%4 >= 2 && n%7 != 0 && n%50 != 0 }

// Fill fills a migrated database of no users. db is a pool past the store that
// nobody else uses meanwhile; it is of PostgreSQL if postgres is set, where its user
// is a superuser, else of SQLite.
//
// Indexes are built at the end, from rows in order: they are as small as they get.
func Fill(ctx context.Context, db *sql.DB, postgres bool, h House) (err error) {
	conn, err := db.Conn(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close() }()
	l := loader{ctx, conn, words{postgres}}
	if err := l.all(l.before()); err != nil {
		return err
	}
	for _, t := range tables(l.words, h) {
		if err := l.fill(t); err != nil {
			return fmt.Errorf("crowd: %s: %w", t.name, err)
		}
	}
	return l.all(l.after())
}

// loader is one connection on which keys to other tables are not looked at.
type loader struct {
	ctx  context.Context
	conn *sql.Conn
	words
}

func (l loader) before() []string {
	if l.postgres {
		return []string{"SET session_replication_role = replica", "SET synchronous_commit = off", "SET maintenance_work_mem = '512MB'"}
	}
	return []string{"PRAGMA foreign_keys = OFF", "PRAGMA journal_mode = OFF", "PRAGMA synchronous = OFF", "PRAGMA cache_size = -2000000"}
}

func (l loader) after() []string {
	if l.postgres {
		return []string{"SET session_replication_role = origin", "VACUUM ANALYZE", "CHECKPOINT"}
	}
	return []string{"PRAGMA journal_mode = WAL", "PRAGMA cache_size = -2000"}
}

func (l loader) all(statements []string) error {
	for _, s := range statements {
		if _, err := l.conn.ExecContext(l.ctx, s); err != nil {
			return fmt.Errorf("crowd: %s: %w", s, err)
		}
	}
	return nil
}

func (l loader) fill(t table) error {
	if t.rows == 0 {
		return nil
	}
	drop, create, err := l.indexes(t.name)
	if err != nil {
		return err
	}
	columns, values := make([]string, 0, len(t.columns)), make([]string, 0, len(t.columns))
	for _, c := range t.columns {
		columns, values = append(columns, c.name), append(values, c.value)
	}
	insert := fmt.Sprintf("INSERT INTO %s (%s) SELECT %s FROM %s",
		t.name, strings.Join(columns, ", "), strings.Join(values, ", "), l.series(t.rows))
	return l.all(slices.Concat(drop, []string{insert}, create))
}

// indexes are the statements that drop and make again the indexes of a table, but
// for those of its keys.
func (l loader) indexes(table string) (drop, create []string, err error) {
	query := "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL AND tbl_name = ?"
	if l.postgres {
		query = `SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public' AND tablename = $1
			AND NOT EXISTS (SELECT 1 FROM pg_constraint WHERE conname = indexname)`
	}
	rows, err := l.conn.QueryContext(l.ctx, query, table)
	if err != nil {
		return nil, nil, err
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var name, definition string
		if err := rows.Scan(&name, &definition); err != nil {
			return nil, nil, err
		}
		drop, create = append(drop, "DROP INDEX "+name), append(create, definition)
	}
	return drop, create, rows.Err()
}
