package store

import (
	"context"
	"database/sql"
	"regexp"
	"strconv"
	"strings"
	"sync"

	"github.com/sallyport/sallyport/internal/store/queries"
)

// statement is one of the generated queries, as an engine reads it.
type statement struct {
	text string
	// user is the place of the argument that names the user whose row the
	// statement changes, from 1; 0: it changes nobody's.
	user int
}

// statements keeps what was made of each query. The queries are the generated
// constants, so each map holds a few dozen entries and no more.
type statements struct {
	engine Engine
	known  sync.Map // text of the query → statement
}

func (s *statements) of(query string) statement {
	if st, ok := s.known.Load(query); ok {
		return st.(statement)
	}
	st := statement{text: query, user: changedUser(query)}
	if s.engine == Postgres {
		st.text = toDollars(query)
	}
	s.known.Store(query, st)
	return st
}

// toDollars turns ?N, as the queries are written, into the $N of PostgreSQL. The
// generated queries hold no question mark elsewhere; a conformance test runs every
// one of them on PostgreSQL.
func toDollars(query string) string { return strings.ReplaceAll(query, "?", "$") }

// ofOneUser is a statement that changes what is known about one user: it sets
// updated_at, or removes the row. What only orders transactions or counts
// sign-ins does neither.
var ofOneUser = regexp.MustCompile(`(?s)\n(?:UPDATE users SET .*\bupdated_at = \?|DELETE FROM users\b).*\bWHERE id = \?(\d+)`)

func changedUser(query string) int {
	found := ofOneUser.FindStringSubmatch(query)
	if found == nil {
		return 0
	}
	n, err := strconv.Atoi(found[1])
	if err != nil {
		return 0
	}
	return n
}

// reader runs queries outside of transactions.
type reader struct {
	*statements
	db *sql.DB
	// kept are prepared statements on SQLite; nil on PostgreSQL, whose driver keeps
	// its own.
	kept *prepared
}

// ExecContext is part of queries.DBTX.
func (r reader) ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error) {
	return r.db.ExecContext(ctx, r.of(query).text, args...)
}

// PrepareContext is part of queries.DBTX.
func (r reader) PrepareContext(ctx context.Context, query string) (*sql.Stmt, error) {
	return r.db.PrepareContext(ctx, r.of(query).text)
}

// QueryContext is part of queries.DBTX.
func (r reader) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	if st := r.kept.get(ctx, query); st != nil { //nolint:sqlclosecheck // kept for the next use
		return st.QueryContext(ctx, args...)
	}
	return r.db.QueryContext(ctx, r.of(query).text, args...)
}

// QueryRowContext is part of queries.DBTX.
func (r reader) QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row {
	if st := r.kept.get(ctx, query); st != nil { //nolint:sqlclosecheck // kept for the next use
		return st.QueryRowContext(ctx, args...)
	}
	return r.db.QueryRowContext(ctx, r.of(query).text, args...)
}

// transaction is one that writes, on either engine.
type transaction interface {
	queries.DBTX
	// failed is the first error of a statement whose answer nobody has read yet.
	failed() error
	commit(ctx context.Context) error
	// rollback gives the connection back, and undoes what was not committed.
	rollback()
}

// watched notes whose row a transaction changes.
type watched struct {
	transaction
	*statements
	users []string
}

// ExecContext is part of queries.DBTX. Statements that change a user are of this
// kind; a test looks.
func (w *watched) ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error) {
	if n := w.of(query).user; n > 0 && n <= len(args) {
		if id, ok := args[n-1].(string); ok {
			w.users = append(w.users, id)
		}
	}
	return w.transaction.ExecContext(ctx, query, args...)
}
