package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	_ "github.com/jackc/pgx/v5/stdlib" // the "pgx" driver
	_ "modernc.org/sqlite"             // the "sqlite" driver

	"github.com/sallyport/sallyport/internal/clock"
	"github.com/sallyport/sallyport/internal/store/queries"
)

// Sealer encrypts what must not lie in the clear in the database. The three
// names are bound to the ciphertext, so that it opens nowhere else (OP-02).
type Sealer interface {
	Seal(plain []byte, table, row, column string) []byte
	Open(sealed []byte, table, row, column string) ([]byte, error)
	// Stale reports whether a value is not under the key that seals now.
	Stale(sealed []byte) bool
}

// Engine is the database product.
type Engine string

// The engines.
const (
	SQLite   Engine = "sqlite"
	Postgres Engine = "postgres"
)

// Store is the open database. It is safe for concurrent use.
type Store struct {
	engine Engine
	file   string // of SQLite
	// rw serves transactions that write, ro single reads. On PostgreSQL both are
	// one pool; on SQLite rw is the one writer and ro a pool of readers, so that a
	// reader never waits for a writer and writers queue in order.
	rw, ro *sql.DB
	seal   Sealer

	statements *statements
	kept       *prepared        // of rw, on SQLite
	reads      *queries.Queries // on ro
	changed    func(userIDs ...string)
}

// Options tunes Open.
type Options struct {
	// MaxConns bounds the PostgreSQL pool, or SQLite's readers; 0: 4 per core, at
	// least 8.
	MaxConns int
	// Changed is told whose row of users a transaction has changed, after it was
	// committed by this store. It must not block, nor ask the store. nil: nobody.
	Changed func(userIDs ...string)
}

// Open opens the database that databaseURL names: "sqlite:PATH" or
// "postgres://…". For SQLite the folder is made if it is missing, readable by
// its owner only. It does not migrate.
func Open(ctx context.Context, databaseURL string, seal Sealer, o Options) (*Store, error) {
	if o.MaxConns == 0 {
		o.MaxConns = max(8, 4*runtime.NumCPU())
	}
	s := &Store{seal: seal, changed: o.Changed}
	var err error
	switch {
	case strings.HasPrefix(databaseURL, "sqlite:"):
		s.engine = SQLite
		err = s.openSQLite(strings.TrimPrefix(strings.TrimPrefix(databaseURL, "sqlite:"), "//"), o)
	case strings.HasPrefix(databaseURL, "postgres://"), strings.HasPrefix(databaseURL, "postgresql://"):
		s.engine = Postgres
		err = s.openPostgres(databaseURL, o)
	default:
		return nil, errors.New("store: the database URL begins neither with sqlite: nor with postgres://")
	}
	if err != nil {
		return nil, err
	}
	s.arrange()
	if err := s.Ping(ctx); err != nil {
		_ = s.Close()
		return nil, err
	}
	return s, nil
}

// arrange sets up how queries run on the pools.
func (s *Store) arrange() {
	s.statements = &statements{engine: s.engine}
	r := reader{statements: s.statements, db: s.ro}
	if s.engine == SQLite {
		s.kept, r.kept = newPrepared(s.rw), newPrepared(s.ro)
	}
	s.reads = queries.New(r)
}

func (s *Store) openSQLite(path string, o Options) error {
	s.file = path
	if dir := filepath.Dir(path); dir != "" {
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return fmt.Errorf("store: making the data folder: %w", err)
		}
	}
	// synchronous=FULL: what was acknowledged survives a power cut, so a code
	// spent once stays spent.
	pragmas := url.Values{"_pragma": {
		"journal_mode(WAL)", "busy_timeout(5000)", "foreign_keys(1)", "synchronous(FULL)", "temp_store(MEMORY)",
	}, "_txlock": {"immediate"}}
	rw, err := sql.Open("sqlite", "file:"+path+"?"+pragmas.Encode())
	if err != nil {
		return err
	}
	rw.SetMaxOpenConns(1)
	// The writer creates the file with WAL before any reader looks at it.
	if err := rw.Ping(); err != nil {
		_ = rw.Close()
		return fmt.Errorf("store: opening %s: %w", path, err)
	}
	if err := os.Chmod(path, 0o600); err != nil {
		_ = rw.Close()
		return err
	}
	pragmas.Add("_pragma", "query_only(1)")
	ro, err := sql.Open("sqlite", "file:"+path+"?"+pragmas.Encode())
	if err != nil {
		_ = rw.Close()
		return err
	}
	ro.SetMaxOpenConns(o.MaxConns)
	ro.SetMaxIdleConns(o.MaxConns)
	s.rw, s.ro = rw, ro
	return nil
}

func (s *Store) openPostgres(databaseURL string, o Options) error {
	db, err := sql.Open("pgx", databaseURL)
	if err != nil {
		// The driver's error can quote the URL with its password.
		return errors.New("store: the PostgreSQL database URL cannot be read")
	}
	db.SetMaxOpenConns(o.MaxConns)
	db.SetMaxIdleConns(o.MaxConns)
	s.rw, s.ro = db, db
	return nil
}

// Close closes every connection.
func (s *Store) Close() error {
	if s.ro == s.rw {
		return s.rw.Close()
	}
	return errors.Join(s.ro.Close(), s.rw.Close())
}

// Engine tells which product is behind the store.
func (s *Store) Engine() Engine { return s.engine }

// Ping asks the database for an answer, for readiness.
func (s *Store) Ping(ctx context.Context) error {
	if err := s.ro.PingContext(ctx); err != nil {
		return fmt.Errorf("store: the database does not answer: %w", hidePassword(err))
	}
	return nil
}

// Now asks the database for its own time, to compare clocks. It is the one
// statement that differs between the engines.
func (s *Store) Now(ctx context.Context) (time.Time, error) {
	query := "SELECT CAST(unixepoch('subsec') * 1000000 AS INTEGER)"
	if s.engine == Postgres {
		query = "SELECT CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000000 AS BIGINT)"
	}
	var us int64
	err := s.ro.QueryRowContext(ctx, query).Scan(&us)
	return clock.FromMicros(us), err
}

// Version asks the database which version it is: "17.2" or "3.50.4".
func (s *Store) Version(ctx context.Context) (version string, err error) {
	query := "SELECT sqlite_version()"
	if s.engine == Postgres {
		query = "SHOW server_version"
	}
	err = s.ro.QueryRowContext(ctx, query).Scan(&version)
	return version, err
}

// hidePassword keeps pgx's connection errors from quoting the URL.
func hidePassword(err error) error {
	var parse *pgconn.ParseConfigError
	if errors.As(err, &parse) {
		return errors.New("the database URL cannot be read")
	}
	return err
}

// Pools describes the pools of connections, by name: "write" and "read" on
// SQLite, "all" on PostgreSQL.
func (s *Store) Pools() map[string]sql.DBStats {
	if s.rw == s.ro {
		return map[string]sql.DBStats{"all": s.rw.Stats()}
	}
	return map[string]sql.DBStats{"write": s.rw.Stats(), "read": s.ro.Stats()}
}
