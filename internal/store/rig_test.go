package store_test

import (
	"context"
	"database/sql"
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/sallyport/sallyport/internal/seal"
	"github.com/sallyport/sallyport/internal/store"
	"github.com/sallyport/sallyport/internal/storetest"
	"github.com/sallyport/sallyport/internal/testbed"
)

// noon is the instant at which the suite's clock stands.
var noon = time.Date(2026, 3, 1, 12, 0, 0, 123_456_000, time.UTC)

const secretKey = "Zq7v0Y1m3o5Kc8Xw2Rt6Ub4Ne9Lp1Js0Hd5Ga7Fi3k8"

// rig is a migrated store and, past it, the same database as an intruder or an
// operator would reach it.
type rig struct {
	*store.Store
	*testing.T
	url  string
	ring *seal.Keyring
	db   *sql.DB

	changed []string // of whom the store told
}

// onBoth runs f on a SQLite and on a PostgreSQL with empty tables.
func onBoth(t *testing.T, f func(t *testing.T, r *rig)) {
	t.Helper()
	storetest.OnBoth(t, func(t *testing.T, url string) { f(t, open(t, url)) })
}

// onEngines runs f with the address of an empty database of each engine.
func onEngines(t *testing.T, f func(t *testing.T, url string)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) { f(t, "sqlite:"+filepath.Join(t.TempDir(), "sallyport.db")) })
	t.Run("postgres", func(t *testing.T) { f(t, testbed.Postgres(t)) })
}

// open opens the store and the database behind it, without migrating.
func open(t *testing.T, url string) *rig {
	t.Helper()
	ring, err := seal.NewKeyring([]string{secretKey})
	if err != nil {
		t.Fatal(err)
	}
	r := &rig{T: t, url: url, ring: ring}
	var mu sync.Mutex
	s, err := store.Open(t.Context(), url, ring, store.Options{Changed: func(ids ...string) {
		mu.Lock()
		defer mu.Unlock()
		r.changed = append(r.changed, ids...)
	}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	driver, address := "pgx", url
	if path, ok := strings.CutPrefix(url, "sqlite:"); ok {
		driver, address = "sqlite", "file:"+path+"?_pragma=busy_timeout(5000)"
	}
	db, err := sql.Open(driver, address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	r.Store, r.db = s, db
	return r
}

func (r *rig) ctx() context.Context { return r.Context() }

// in is the same rig in the hands of a subtest.
func (r *rig) in(t *testing.T) *rig {
	sub := *r
	sub.T = t
	return &sub
}

// dialect turns each ? into $1, $2, … on PostgreSQL.
func (r *rig) dialect(query string) string {
	if r.Engine() == store.SQLite {
		return query
	}
	var b strings.Builder
	n := 0
	for _, c := range query {
		if c == '?' {
			n++
			fmt.Fprintf(&b, "$%d", n)
			continue
		}
		b.WriteRune(c)
	}
	return b.String()
}

// exec changes the database past the store and returns how many rows it touched.
func (r *rig) exec(query string, args ...any) int64 {
	r.Helper()
	res, err := r.db.ExecContext(r.ctx(), r.dialect(query), args...)
	if err != nil {
		r.Fatalf("%s: %v", query, err)
	}
	n, err := res.RowsAffected()
	r.must(err)
	return n
}

// count returns the one number a query gives.
func (r *rig) count(query string, args ...any) (n int64) {
	r.Helper()
	if err := r.db.QueryRowContext(r.ctx(), r.dialect(query), args...).Scan(&n); err != nil {
		r.Fatalf("%s: %v", query, err)
	}
	return n
}

// bytes returns the one value a query gives.
func (r *rig) bytes(query string, args ...any) (b []byte) {
	r.Helper()
	if err := r.db.QueryRowContext(r.ctx(), r.dialect(query), args...).Scan(&b); err != nil {
		r.Fatalf("%s: %v", query, err)
	}
	return b
}

func (r *rig) must(err error) {
	r.Helper()
	if err != nil {
		r.Fatal(err)
	}
}

// done fails unless a change went through.
func (r *rig) done(touched bool, err error) {
	r.Helper()
	if err != nil || !touched {
		r.Fatalf("got touched %t, error %v; want true, none", touched, err)
	}
}

// refused fails unless a change touched nothing.
func (r *rig) refused(what string, touched bool, err error) {
	r.Helper()
	if err != nil || touched {
		r.Errorf("%s: got touched %t, error %v; want false, none", what, touched, err)
	}
}

// atOnce calls f from n goroutines that start together and returns how many
// calls won.
func (r *rig) atOnce(n int, f func() (won bool, err error)) int {
	r.Helper()
	var wg sync.WaitGroup
	var won atomic.Int64
	start := make(chan struct{})
	for range n {
		wg.Go(func() {
			<-start
			ok, err := f()
			if err != nil {
				r.Errorf("one of %d at once: %v", n, err)
			} else if ok {
				won.Add(1)
			}
		})
	}
	close(start)
	wg.Wait()
	return int(won.Load())
}
