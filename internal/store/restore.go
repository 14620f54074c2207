package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/sallyport/sallyport/internal/audit"
	"github.com/sallyport/sallyport/internal/clock"
	"github.com/sallyport/sallyport/internal/store/queries"
)

// ErrNoBackup is why a database cannot be copied from inside.
var ErrNoBackup = errors.New("store: a PostgreSQL database is copied with pg_dump")

// Backup writes a whole copy of a SQLite database to a file of that name, while
// others work; the copy is what one transaction saw. The file must not exist, and
// is readable by its owner alone. PostgreSQL is ErrNoBackup.
func (s *Store) Backup(ctx context.Context, file string) (err error) {
	if s.engine != SQLite {
		return ErrNoBackup
	}
	// SQLite takes an empty file for one that is not there.
	f, err := os.OpenFile(file, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	if err := s.vacuumInto(ctx, file); err != nil {
		return errors.Join(fmt.Errorf("store: copying the database: %w", err), os.Remove(file))
	}
	return nil
}

// vacuumInto copies on a connection of its own: those of the store are for one
// writer, who would wait, and for readers, who write no file.
func (s *Store) vacuumInto(ctx context.Context, file string) error {
	db, err := sql.Open("sqlite", "file:"+s.file+"?_pragma=busy_timeout(5000)")
	if err != nil {
		return err
	}
	_, err = db.ExecContext(ctx, "VACUUM INTO ?", file)
	return errors.Join(err, db.Close())
}

// Restored counts what a restored copy no longer has.
type Restored struct {
	Sessions, OneTime, BackupCodes, Messages int
}

// Restored makes a copy of an earlier time safe to serve: nobody knows what was
// used up since, so everything that works once counts as used, and everything that
// ends has ended (BC-03). That is every session, mail link, remembered device,
// backup code, queued message, the present step of every authenticator app, and
// the signing keys with all access tokens. All in one transaction.
func (s *Store) Restored(ctx context.Context, now time.Time, step int64, t audit.Trail) (r Restored, err error) {
	at := clock.Micros(now)
	err = s.write(ctx, func(q *queries.Queries) error {
		for _, part := range []struct {
			count *int
			do    func() (int64, error)
		}{
			{&r.Sessions, func() (int64, error) { return q.EndEverySession(ctx, at) }},
			{&r.OneTime, func() (int64, error) { return q.SpendEverything(ctx, at) }},
			{&r.BackupCodes, func() (int64, error) { return q.SpendEveryBackupCode(ctx, at) }},
			{&r.Messages, func() (int64, error) { return q.ExpireEveryMessage(ctx, at) }},
			{new(int), func() (int64, error) { return q.CloseEveryStep(ctx, step) }},
			{new(int), func() (int64, error) { return q.ForgetEverySigningKey(ctx) }},
		} {
			n, err := part.do()
			if err != nil {
				return err
			}
			*part.count = int(n)
		}
		return s.leave(ctx, q, t)
	})
	return r, err
}
