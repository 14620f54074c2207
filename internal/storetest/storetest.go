package storetest

import (
	"context"
	"testing"

	"github.com/sallyport/sallyport/internal/seal"
	"github.com/sallyport/sallyport/internal/store"
	"github.com/sallyport/sallyport/internal/testbed"
)

var migrated = testbed.NewTemplate(func(databaseURL string) error {
	ring, err := seal.NewKeyring([]string{seal.GenerateKey()})
	if err != nil {
		return err
	}
	ctx := context.Background()
	s, err := store.Open(ctx, databaseURL, ring, store.Options{})
	if err != nil {
		return err
	}
	if _, err := s.MigrateUp(ctx); err != nil {
		_ = s.Close()
		return err
	}
	return s.Close()
})

// OnBoth runs f with the URL of a database of each engine.
func OnBoth(t *testing.T, f func(t *testing.T, databaseURL string)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) { f(t, SQLite(t)) })
	t.Run("postgres", func(t *testing.T) { f(t, Postgres(t)) })
}

// SQLite returns the URL of a database of the test's own.
func SQLite(tb testing.TB) string {
	tb.Helper()
	return migrated.SQLite(tb)
}

// Postgres returns the URL of a database of the test's own.
func Postgres(tb testing.TB) string {
	tb.Helper()
	return migrated.Postgres(tb)
}
