package store

import (
	"database/sql"
	"database/sql/driver"
	"errors"
	"io"
	"net"

	"github.com/jackc/pgx/v5/pgconn"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// IsOutage reports whether err says that the database cannot serve at present: it
// is gone, starting, full, locked or read-only. What was asked for was not done,
// or its end is not known; asking again later may help.
func IsOutage(err error) bool {
	var pg *pgconn.PgError
	var lite *sqlite.Error
	var connect *pgconn.ConnectError
	var network *net.OpError
	switch {
	case errors.As(err, &pg):
		return isOutageState(pg.Code)
	case errors.As(err, &lite):
		switch lite.Code() & 0xff { // the primary result code
		case sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY:
			return true
		}
		return false
	case errors.As(err, &connect), errors.As(err, &network), pgconn.SafeToRetry(err):
		return true
	}
	return errors.Is(err, driver.ErrBadConn) || errors.Is(err, sql.ErrConnDone) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, net.ErrClosed)
}

// isOutageState judges by the SQLSTATE (PostgreSQL, appendix A): the classes of
// broken connections, missing resources, intervention of the operator and errors
// of the system, and single states of locks and of a server that became read-only.
func isOutageState(state string) bool {
	switch state {
	case "25006", "40001", "40P01", "55P03":
		return true
	}
	if len(state) != 5 {
		return false
	}
	switch state[:2] {
	case "08", "53", "57", "58":
		return true
	}
	return false
}
