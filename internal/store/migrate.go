package store

import (
	"bytes"
	"context"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"regexp"
	"time"

	"github.com/pressly/goose/v3"
)

//go:embed migrations/*.sql
var migrationFiles embed.FS

// Migration is one step of the schema.
type Migration struct {
	Version   int64
	Name      string
	AppliedAt time.Time // zero: not applied
}

// ErrNewer says that a newer version of this program has changed the tables. A
// node that runs already goes on: steps only add (docs/upgrade.md). None begins,
// since it cannot know what the new step relies on.
var ErrNewer = errors.New("store: a newer version of this program has changed the tables")

// MigrateUp applies every migration that is missing and returns them, or
// ErrNewer. It is idempotent. On PostgreSQL an advisory lock keeps nodes that
// start together from migrating twice.
func (s *Store) MigrateUp(ctx context.Context) ([]Migration, error) {
	p, err := s.migrations()
	if err != nil {
		return nil, err
	}
	done, err := p.Up(ctx) // nothing, on newer tables
	if err == nil {
		err = s.known(ctx, p)
	}
	return results(done), err
}

// MigrateDown takes the latest migration back, with its data. Only the version
// that knows a step can: ErrNewer.
func (s *Store) MigrateDown(ctx context.Context) (Migration, error) {
	p, err := s.migrations()
	if err != nil {
		return Migration{}, err
	}
	if _, err := s.Migrations(ctx); err != nil {
		return Migration{}, err
	}
	done, err := p.Down(ctx)
	if err != nil {
		return Migration{}, err
	}
	return results([]*goose.MigrationResult{done})[0], nil
}

// Migrations lists every migration this program knows, in order; beside the list
// stands ErrNewer if there are others.
func (s *Store) Migrations(ctx context.Context) ([]Migration, error) {
	p, err := s.migrations()
	if err != nil {
		return nil, err
	}
	all, err := p.Status(ctx)
	if err != nil {
		return nil, err
	}
	out := make([]Migration, 0, len(all))
	for _, m := range all {
		out = append(out, Migration{Version: m.Source.Version, Name: m.Source.Path, AppliedAt: m.AppliedAt})
	}
	return out, s.known(ctx, p)
}

// known returns ErrNewer if the tables are at a step that p does not have. The
// table of steps must be there. It takes no turn with nodes that migrate, as
// asking goose would.
func (s *Store) known(ctx context.Context, p *goose.Provider) error {
	var at int64
	if err := s.ro.QueryRowContext(ctx, "SELECT MAX(version_id) FROM "+goose.DefaultTablename).Scan(&at); err != nil {
		return err
	}
	sources := p.ListSources()
	if last := sources[len(sources)-1].Version; at > last {
		return fmt.Errorf("%w: they are at step %d, and this one knows %d steps. Start the newer version; docs/upgrade.md has the way back", ErrNewer, at, last)
	}
	return nil
}

func (s *Store) migrations() (*goose.Provider, error) {
	sub, err := fs.Sub(migrationFiles, "migrations")
	if err != nil {
		return nil, err
	}
	if s.engine == SQLite {
		return goose.NewProvider(goose.DialectSQLite3, s.rw, sub)
	}
	return newPostgresProvider(s.rw, postgresDialect{sub})
}

func results(done []*goose.MigrationResult) []Migration {
	out := make([]Migration, 0, len(done))
	for _, r := range done {
		out = append(out, Migration{Version: r.Source.Version, Name: r.Source.Path})
	}
	return out
}

// postgresWords are the words of the migrations that read differently on
// PostgreSQL. Text compares byte by byte there as it does on SQLite, whatever
// the language of the server: pages come in the same order and a search finds
// the same rows on both.
var postgresWords = map[string]string{"BLOB": "BYTEA", "TEXT": `TEXT COLLATE "C"`}

var wordOfType = regexp.MustCompile(`\b(BLOB|TEXT)\b`)

// postgresDialect reads the migrations with those words replaced.
type postgresDialect struct{ fs.FS }

func (b postgresDialect) Open(name string) (fs.File, error) {
	f, err := b.FS.Open(name)
	if err != nil {
		return nil, err
	}
	if info, err := f.Stat(); err != nil || info.IsDir() {
		return f, err
	}
	defer func() { _ = f.Close() }()
	text, err := fs.ReadFile(b.FS, name)
	if err != nil {
		return nil, err
	}
	info, err := f.Stat()
	text = wordOfType.ReplaceAllFunc(text, func(word []byte) []byte { return []byte(postgresWords[string(word)]) })
	return &textFile{Reader: bytes.NewReader(text), info: info}, err
}

// textFile is a file whose text was changed on the way.
type textFile struct {
	*bytes.Reader
	info fs.FileInfo
}

func (f *textFile) Stat() (fs.FileInfo, error) { return f.info, nil }
func (f *textFile) Close() error               { return nil }
