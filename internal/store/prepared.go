package store

import (
	"context"
	"database/sql"
	"sync"
)

// prepared keeps a prepared statement of each query for as long as the pool is
// open: SQLite would read and plan the text at every use, which takes longer than
// most of our queries do. A nil *prepared keeps none.
type prepared struct {
	db *sql.DB

	mu     sync.Mutex
	stmts  map[string]*sql.Stmt
	missed []string // asked for inside a transaction, to be prepared before the next
}

func newPrepared(db *sql.DB) *prepared { return &prepared{db: db, stmts: map[string]*sql.Stmt{}} }

// get prepares a query unless that was done. It may wait for a connection, so it
// is not for a caller who holds one. nil: run the text itself, which says what is
// wrong.
func (p *prepared) get(ctx context.Context, query string) *sql.Stmt {
	if p == nil {
		return nil
	}
	if st := p.have(query); st != nil {
		return st
	}
	st, err := p.db.PrepareContext(ctx, query)
	if err != nil {
		return nil
	}
	return p.keep(query, st)
}

// keep holds st for query, or closes it where another was faster.
func (p *prepared) keep(query string, st *sql.Stmt) *sql.Stmt {
	p.mu.Lock()
	defer p.mu.Unlock()
	if first := p.stmts[query]; first != nil {
		_ = st.Close()
		return first
	}
	p.stmts[query] = st
	return st
}

func (p *prepared) have(query string) *sql.Stmt {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.stmts[query]
}

// miss notes a query that a transaction would like to find prepared.
func (p *prepared) miss(query string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.missed = append(p.missed, query)
}

// catchUp prepares what transactions missed, before the next one begins.
func (p *prepared) catchUp(ctx context.Context) {
	p.mu.Lock()
	missed := p.missed
	p.missed = nil
	p.mu.Unlock()
	for _, query := range missed {
		p.get(ctx, query)
	}
}

// liteTx is a transaction of SQLite's one writer.
type liteTx struct {
	*sql.Tx
	kept *prepared
}

func beginLite(ctx context.Context, db *sql.DB, kept *prepared) (transaction, error) {
	kept.catchUp(ctx)
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return nil, err
	}
	return liteTx{tx, kept}, nil
}

func (t liteTx) failed() error                { return nil } // each statement is answered at once
func (t liteTx) commit(context.Context) error { return t.Commit() }
func (t liteTx) rollback()                    { _ = t.Rollback() }

// statement returns the prepared query inside the transaction; nil: none yet.
func (t liteTx) statement(ctx context.Context, query string) *sql.Stmt {
	st := t.kept.have(query)
	if st == nil {
		t.kept.miss(query)
		return nil
	}
	return t.StmtContext(ctx, st)
}

// ExecContext is part of queries.DBTX.
func (t liteTx) ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error) {
	if st := t.statement(ctx, query); st != nil { //nolint:sqlclosecheck // ends with the transaction
		return st.ExecContext(ctx, args...)
	}
	return t.Tx.ExecContext(ctx, query, args...)
}

// QueryContext is part of queries.DBTX.
func (t liteTx) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	if st := t.statement(ctx, query); st != nil { //nolint:sqlclosecheck // ends with the transaction
		return st.QueryContext(ctx, args...)
	}
	return t.Tx.QueryContext(ctx, query, args...)
}

// QueryRowContext is part of queries.DBTX.
func (t liteTx) QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row {
	if st := t.statement(ctx, query); st != nil { //nolint:sqlclosecheck // ends with the transaction
		return st.QueryRowContext(ctx, args...)
	}
	return t.Tx.QueryRowContext(ctx, query, args...)
}
