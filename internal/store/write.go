package store

import (
	"context"
	"errors"
	"slices"

	"github.com/jackc/pgx/v5/pgconn"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"github.com/sallyport/sallyport/internal/fault"
	"github.com/sallyport/sallyport/internal/store/queries"
)

// tries is how often a transaction is run that PostgreSQL gave up because it and
// another waited for each other.
const tries = 3

// write runs f in one transaction that writes, and commits if it returns nil. An
// f that found nothing to change returns unchanged(nil): all is rolled back and
// write returns nil. f may run more than once; it sets what it answers and never
// adds to it. Locks are taken at once on SQLite, so a transaction never fails
// half-way for having read first.
//
// A row that belongs to somebody who is gone is fault.CodeNotFound.
func (s *Store) write(ctx context.Context, f func(q *queries.Queries) error) (err error) {
	for range tries {
		if err = s.once(ctx, f); !isDeadlock(err) && !neverSent(err) {
			break
		}
	}
	if isOrphan(err) {
		return fault.Because(fault.CodeNotFound, err)
	}
	return err
}

// writeFor is write for a change to several things of one user. The user's row
// is held first, so such changes take turns on every engine: of two that replace
// the user's codes, or end the user's sessions, the later sees what the earlier
// did. An empty userID holds nothing.
func (s *Store) writeFor(ctx context.Context, userID string, f func(q *queries.Queries) error) error {
	if userID == "" {
		return s.write(ctx, f)
	}
	return s.write(ctx, func(q *queries.Queries) error {
		if err := q.LockUser(ctx, userID); err != nil {
			return err
		}
		return f(q)
	})
}

func (s *Store) once(ctx context.Context, f func(q *queries.Queries) error) error {
	tx, err := s.begin(ctx)
	if err != nil {
		return err
	}
	defer tx.rollback()
	w := &watched{transaction: tx, statements: s.statements}
	err = f(queries.New(w))
	if first := tx.failed(); first != nil {
		return first
	}
	if errors.Is(err, errUnchanged) {
		return nil
	}
	if err != nil {
		return err
	}
	if err := tx.commit(ctx); err != nil {
		return err
	}
	if s.changed != nil && len(w.users) > 0 {
		s.changed(w.users...)
	}
	return nil
}

// begin starts a transaction that writes.
func (s *Store) begin(ctx context.Context) (transaction, error) {
	if s.engine == Postgres {
		return beginPipeline(ctx, s.rw, s.statements)
	}
	return beginLite(ctx, s.rw, s.kept)
}

// errUnchanged rolls a transaction back without being an error: a conditional
// UPDATE touched no row, so nothing of the change may stand.
var errUnchanged = errors.New("store: nothing changed")

// unchanged is what a transaction returns when its claim or condition failed:
// err where there is one, else errUnchanged.
func unchanged(err error) error {
	if err != nil {
		return err
	}
	return errUnchanged
}

// read gives queries outside of a transaction: one statement each.
func (s *Store) read() *queries.Queries { return s.reads }

// isDuplicate reports whether err is the refusal of a unique index.
func isDuplicate(err error) bool {
	return failed(err, "23505", sqlite3.SQLITE_CONSTRAINT_UNIQUE, sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY)
}

// isOrphan reports whether err is the refusal of a row whose owner is not there.
func isOrphan(err error) bool { return failed(err, "23503", sqlite3.SQLITE_CONSTRAINT_FOREIGNKEY) }

// isDeadlock reports whether err is PostgreSQL's way out of transactions that
// wait for each other.
func isDeadlock(err error) bool { return failed(err, "40P01") }

// failed reports whether err is a refusal of either engine by these codes.
func failed(err error, state string, codes ...int) bool {
	var pg *pgconn.PgError
	if errors.As(err, &pg) {
		return pg.Code == state
	}
	var lite *sqlite.Error
	return errors.As(err, &lite) && slices.Contains(codes, lite.Code())
}
