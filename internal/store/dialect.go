package store

import (
	"context"
	"database/sql"
	"strings"
	"sync"

	"github.com/sallyport/sallyport/internal/store/queries"
)

// dialect wraps a connection so that queries written for SQLite run on the
// store's engine.
func (s *Store) dialect(db queries.DBTX) queries.DBTX {
	if s.engine == Postgres {
		return dollars{db}
	}
	return db
}

// dollars runs queries with ?N parameters on PostgreSQL, which wants $N.
type dollars struct{ db queries.DBTX }

// rewritten keeps the translated text of each query; the queries are the
// generated constants, so it holds a few dozen entries and no more.
var rewritten sync.Map

// toDollars turns ?N into $N. The generated queries hold no question mark
// elsewhere; a conformance test runs every one of them on PostgreSQL.
func toDollars(query string) string {
	if q, ok := rewritten.Load(query); ok {
		return q.(string)
	}
	q := strings.ReplaceAll(query, "?", "$")
	rewritten.Store(query, q)
	return q
}

func (d dollars) ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error) {
	return d.db.ExecContext(ctx, toDollars(query), args...)
}

func (d dollars) PrepareContext(ctx context.Context, query string) (*sql.Stmt, error) {
	return d.db.PrepareContext(ctx, toDollars(query))
}

func (d dollars) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	return d.db.QueryContext(ctx, toDollars(query), args...)
}

func (d dollars) QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row {
	return d.db.QueryRowContext(ctx, toDollars(query), args...)
}
