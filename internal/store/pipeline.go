package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"
)

// pipeline is a transaction on PostgreSQL that waits for an answer only where one
// is asked for. BEGIN travels with the first statement, statements whose count of
// rows nobody reads travel with the next one that is read, and the last ones with
// COMMIT. An error of a statement is told by whatever comes behind it, at the
// latest by commit: the transaction is over by then all the same.
type pipeline struct {
	*statements
	conn    *sql.Conn
	waiting []*later
	batch   *pgx.Batch
	begun   bool  // something was sent
	ended   bool  // committed
	err     error // the first; nothing is sent behind it
}

func beginPipeline(ctx context.Context, db *sql.DB, s *statements) (transaction, error) {
	conn, err := db.Conn(ctx)
	if err != nil {
		return nil, err
	}
	p := &pipeline{statements: s, conn: conn, batch: &pgx.Batch{}}
	p.queue(ctx, "begin")
	return p, nil
}

// later is the result of a statement that may not have been sent yet.
type later struct {
	ctx  context.Context //nolint:containedctx // sql.Result takes none, and it is asked for at once
	pipe *pipeline
	done bool
	tag  string
	rows int64
}

// LastInsertId is part of sql.Result; PostgreSQL has none.
func (l *later) LastInsertId() (int64, error) {
	return 0, errors.New("store: PostgreSQL counts no inserted ids")
}

// RowsAffected is part of sql.Result. It sends what waits.
func (l *later) RowsAffected() (int64, error) {
	if !l.done {
		if err := l.pipe.flush(l.ctx); err != nil {
			return 0, err
		}
	}
	return l.rows, nil
}

func (p *pipeline) queue(ctx context.Context, text string, args ...any) *later {
	l := &later{ctx: ctx, pipe: p}
	p.batch.Queue(text, args...)
	p.waiting = append(p.waiting, l)
	return l
}

// flush sends what waits and reads every answer.
func (p *pipeline) flush(ctx context.Context) error {
	if p.err != nil || len(p.waiting) == 0 {
		return p.err
	}
	waiting, batch := p.waiting, p.batch
	p.waiting, p.batch, p.begun = nil, &pgx.Batch{}, true
	p.err = p.conn.Raw(func(c any) error {
		answers := c.(*stdlib.Conn).Conn().SendBatch(ctx, batch)
		for _, l := range waiting {
			tag, err := answers.Exec()
			if err != nil {
				_ = answers.Close() // repeats the error
				return err
			}
			l.done, l.rows, l.tag = true, tag.RowsAffected(), tag.String()
		}
		return answers.Close()
	})
	return p.err
}

func (p *pipeline) failed() error { return p.err }

// neverSent reports whether PostgreSQL has seen nothing of what failed: a
// connection of the pool was dead, another one may not be.
func neverSent(err error) bool { return err != nil && pgconn.SafeToRetry(err) }

func (p *pipeline) commit(ctx context.Context) error {
	last := p.queue(ctx, "commit")
	if err := p.flush(ctx); err != nil {
		return err
	}
	if last.tag != "COMMIT" {
		return fmt.Errorf("store: the transaction ended with %s", last.tag)
	}
	p.ended = true
	return nil
}

// rollbackLimit is how long a transaction may take to be undone. A connection that
// takes longer is closed, which undoes it too.
const rollbackLimit = 5 * time.Second

func (p *pipeline) rollback() {
	defer func() { _ = p.conn.Close() }()
	if !p.begun || p.ended {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), rollbackLimit)
	defer cancel()
	_ = p.conn.Raw(func(c any) error {
		conn := c.(*stdlib.Conn).Conn()
		if conn.IsClosed() {
			return driver.ErrBadConn
		}
		if conn.PgConn().TxStatus() == 'I' {
			return nil
		}
		if _, err := conn.Exec(ctx, "rollback"); err != nil {
			return driver.ErrBadConn // the pool closes it
		}
		return nil
	})
}

// ExecContext is part of queries.DBTX. The result waits until it is read.
func (p *pipeline) ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error) {
	if p.err != nil {
		return nil, p.err
	}
	return p.queue(ctx, p.of(query).text, args...), nil
}

// PrepareContext is part of queries.DBTX.
func (p *pipeline) PrepareContext(ctx context.Context, query string) (*sql.Stmt, error) {
	if err := p.flush(ctx); err != nil {
		return nil, err
	}
	return p.conn.PrepareContext(ctx, p.of(query).text)
}

// QueryContext is part of queries.DBTX.
func (p *pipeline) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	if err := p.flush(ctx); err != nil {
		return nil, err
	}
	return p.conn.QueryContext(ctx, p.of(query).text, args...)
}

// QueryRowContext is part of queries.DBTX. Behind a failure nothing is asked any
// more: BEGIN itself may not have been sent. The row then holds context.Canceled,
// and write tells the first error.
func (p *pipeline) QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row {
	if p.flush(ctx) != nil {
		over, cancel := context.WithCancel(ctx)
		cancel()
		ctx = over
	}
	return p.conn.QueryRowContext(ctx, p.of(query).text, args...)
}
