package store_test

import (
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"net"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/sallyport/sallyport/internal/store"
)

func TestIsOutage(t *testing.T) {
	state := func(code string) error { return fmt.Errorf("reading: %w", &pgconn.PgError{Code: code}) }
	for _, c := range []struct {
		name string
		err  error
		want bool
	}{
		{"none", nil, false},
		{"anything", errors.New("a mistake of ours"), false},
		{"a connection that ended", driver.ErrBadConn, true},
		{"half an answer", fmt.Errorf("reading: %w", io.ErrUnexpectedEOF), true},
		{"nobody listens", &net.OpError{Op: "dial", Err: errors.New("connection refused")}, true},
		{"shut down by the operator", state("57P01"), true},
		{"starting", state("57P03"), true},
		{"disk full", state("53100"), true},
		{"became a replica", state("25006"), true},
		{"deadlock", state("40P01"), true},
		{"a row twice", state("23505"), false},
		{"a mistake in the statement", state("42601"), false},
		{"no state", state(""), false},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := store.IsOutage(c.err); got != c.want {
				t.Errorf("OP-09 got %v, want %v", got, c.want)
			}
		})
	}
}
