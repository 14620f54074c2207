package bench_test

import (
	"database/sql"
	"fmt"
	"net/http"
	"path/filepath"
	"testing"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib" // the driver the store uses
	"golang.org/x/crypto/argon2"
	_ "modernc.org/sqlite" // the driver the store uses

	"github.com/sallyport/sallyport/internal/testbed"
)

// BenchmarkBareAnswer is the reference of every request that only reads: a bare
// net/http server that writes as many bytes as GET /me.
func BenchmarkBareAnswer(b *testing.B) {
	me := profile(b, start(b, "sqlite:"+filepath.Join(b.TempDir(), "sallyport.db")))
	mux := http.NewServeMux()
	mux.HandleFunc("GET /api/v1/me", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write(me)
	})
	ln := listen(b)
	server := &http.Server{Handler: mux, ReadHeaderTimeout: 5 * time.Second}
	go func() { _ = server.Serve(ln) }()
	b.Cleanup(func() { _ = server.Close() })
	c := dial(b, ln.Addr().String())
	request := c.request("GET", "/api/v1/me", "", nil)
	measure(b, func() { c.send(200, request) })
}

func profile(b *testing.B, address string) []byte {
	c := dial(b, address)
	return c.send(200, c.request("GET", "/api/v1/me", c.signIn().Access, nil))
}

// BenchmarkGetMe is one verified request.
func BenchmarkGetMe(b *testing.B) {
	engines(b, func(b *testing.B, databaseURL string) {
		c := dial(b, start(b, databaseURL))
		request := c.request("GET", "/api/v1/me", c.signIn().Access, nil)
		measure(b, func() { c.send(200, request) })
	})
}

// BenchmarkCommittedRow is the reference of what writes: one row of a refresh
// token's size, committed as durably as the store does; sqlite-normal is what the
// store could save if a power cut were allowed to undo the last commits.
func BenchmarkCommittedRow(b *testing.B) {
	for name, synchronous := range map[string]string{"sqlite": "FULL", "sqlite-normal": "NORMAL"} {
		b.Run(name, func(b *testing.B) {
			file := filepath.Join(b.TempDir(), "rows.db")
			commit(b, "sqlite", "file:"+file+"?_pragma=journal_mode(WAL)&_pragma=synchronous("+synchronous+")&_txlock=immediate", "BLOB", "?")
		})
	}
	b.Run("postgres", func(b *testing.B) { commit(b, "pgx", testbed.Postgres(b), "BYTEA", "$1") })
	b.Run("postgres-durable", func(b *testing.B) { commit(b, "pgx", testbed.DurablePostgres(b).URL(), "BYTEA", "$1") })
}

func commit(b *testing.B, driver, source, blob, argument string) {
	db, err := sql.Open(driver, source)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = db.Close() })
	db.SetMaxOpenConns(1)
	if _, err := db.ExecContext(b.Context(), fmt.Sprintf("CREATE TABLE row (content %s)", blob)); err != nil {
		b.Fatal(err)
	}
	insert, content := fmt.Sprintf("INSERT INTO row (content) VALUES (%s)", argument), make([]byte, 200)
	measure(b, func() {
		if _, err := db.ExecContext(b.Context(), insert, content); err != nil {
			b.Fatal(err)
		}
	})
}

// BenchmarkRefresh renews the tokens of one session again and again; postgres-durable
// waits for the disk at each commit, as every other PostgreSQL here does not.
func BenchmarkRefresh(b *testing.B) {
	engines(b, refresh)
	b.Run("postgres-durable", func(b *testing.B) { refresh(b, testbed.DurablePostgres(b).URL()) })
}

func refresh(b *testing.B, databaseURL string) {
	c := dial(b, start(b, databaseURL))
	held := c.signIn()
	measure(b, func() {
		held = c.read(c.send(200, c.request("POST", "/api/v1/auth/refresh", "", map[string]string{"refresh_token": held.Refresh})))
	})
}

// BenchmarkRawArgon2 is the reference of a sign-in: the hash alone, with the
// parameters the server uses.
func BenchmarkRawArgon2(b *testing.B) {
	salt := make([]byte, 16)
	measure(b, func() { argon2.IDKey([]byte(password), salt, 2, 19456, 1, 32) })
}

// BenchmarkSignIn signs in with a password.
func BenchmarkSignIn(b *testing.B) {
	engines(b, func(b *testing.B, databaseURL string) {
		c := dial(b, start(b, databaseURL))
		c.signIn()
		request := c.request("POST", "/api/v1/auth/login", "", map[string]string{"email": email, "password": password})
		measure(b, func() { c.send(200, request) })
	})
}

// BenchmarkSignUp registers one person after another: one hash, one transaction.
func BenchmarkSignUp(b *testing.B) {
	engines(b, func(b *testing.B, databaseURL string) {
		c := dial(b, start(b, databaseURL))
		var people int
		measure(b, func() {
			people++
			who := map[string]string{"email": fmt.Sprintf("person%d@example.org", people), "password": password}
			c.send(202, c.request("POST", "/api/v1/auth/register", "", who))
		})
	})
}
