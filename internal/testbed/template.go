package testbed

import (
	"os"
	"path/filepath"
	"sync"
	"testing"
)

// Template is what a database holds before a test begins. It is filled once for
// each engine and copied for each test, which takes a fraction of the time.
type Template struct {
	fill     func(databaseURL string) error
	sqlite   func() ([]byte, error)
	postgres func() (string, error)
}

// NewTemplate returns a template that fill fills. fill must have closed the
// database when it returns.
func NewTemplate(fill func(databaseURL string) error) *Template {
	t := &Template{fill: fill}
	t.sqlite = sync.OnceValues(t.fillSQLite)
	t.postgres = sync.OnceValues(t.fillPostgres)
	return t
}

// SQLite returns the URL of a copy, which is gone when the test ends.
func (t *Template) SQLite(tb testing.TB) string {
	tb.Helper()
	content, err := t.sqlite()
	if err != nil {
		tb.Fatalf("testbed: fill a template: %v", err)
	}
	file := filepath.Join(tb.TempDir(), "sallyport.db")
	if err := os.WriteFile(file, content, 0o600); err != nil {
		tb.Fatal(err)
	}
	return "sqlite:" + file
}

// Postgres returns the URL of a copy, which is dropped when the test ends.
func (t *Template) Postgres(tb testing.TB) string {
	tb.Helper()
	if os.Getenv(PostgresURLVariable) != "" { // nothing would drop a template there
		url := Postgres(tb)
		if err := t.fill(url); err != nil {
			tb.Fatalf("testbed: fill a database: %v", err)
		}
		return url
	}
	name, err := t.postgres()
	if err != nil {
		tb.Fatalf("testbed: fill a template: %v", err)
	}
	return database(tb, " TEMPLATE "+name)
}

func (t *Template) fillSQLite() ([]byte, error) {
	folder, err := os.MkdirTemp("", "sallyport-template-")
	if err != nil {
		return nil, err
	}
	defer func() { _ = os.RemoveAll(folder) }()
	file := filepath.Join(folder, "sallyport.db")
	if err := t.fill("sqlite:" + file); err != nil {
		return nil, err
	}
	return os.ReadFile(file)
}

// fillPostgres returns the name of a database that nobody can connect to any more:
// one in use cannot be copied.
func (t *Template) fillPostgres() (string, error) {
	cluster, err := shared()
	if err != nil {
		return "", err
	}
	name, url, err := createDatabase(cluster, "")
	if err != nil {
		return "", err
	}
	if err := t.fill(url); err != nil {
		return "", err
	}
	return name, execute(cluster, "ALTER DATABASE "+name+" ALLOW_CONNECTIONS false")
}
