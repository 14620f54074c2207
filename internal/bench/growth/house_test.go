package growth_test

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib" // the driver the store uses
	_ "modernc.org/sqlite"             // the driver the store uses

	"github.com/sallyport/sallyport/internal/account"
	"github.com/sallyport/sallyport/internal/apptest"
	"github.com/sallyport/sallyport/internal/bench/crowd"
	"github.com/sallyport/sallyport/internal/clock"
	"github.com/sallyport/sallyport/internal/factor/password"
	"github.com/sallyport/sallyport/internal/ident"
	"github.com/sallyport/sallyport/internal/proof"
	"github.com/sallyport/sallyport/internal/seal"
	"github.com/sallyport/sallyport/internal/session"
	"github.com/sallyport/sallyport/internal/store"
	"github.com/sallyport/sallyport/internal/store/queries"
	"github.com/sallyport/sallyport/internal/testbed"
)

// house is the program on a database of some size, and the same database past it.
type house struct {
	crowd.House
	*apptest.Rig
	t        *testing.T
	db       *sql.DB
	postgres bool
	admin    string // an administrator's access token
	visitors int    // who came last
}

// build fills a database and opens the program on it.
func build(t *testing.T, engine string, users int) *house {
	t.Helper()
	file := filepath.Join(t.TempDir(), "sallyport.db")
	url, driver, source := "sqlite:"+file, "sqlite", "file:"+file+"?_pragma=busy_timeout(60000)&_txlock=immediate"
	if engine == "postgres" {
		url = testbed.Postgres(t)
		driver, source = "pgx", url
	}
	migrate(t, url)
	db, err := sql.Open(driver, source)
	must(t, err)
	t.Cleanup(func() { _ = db.Close() })
	db.SetMaxOpenConns(1)
	hasher, err := password.New(password.Options{})
	must(t, err)
	hash, err := hasher.Hash(t.Context(), apptest.Password)
	must(t, err)
	h := &house{House: crowd.House{Users: users, Now: clock.System(), PasswordHash: hash}, t: t, db: db, postgres: engine == "postgres"}
	began := clock.System()
	must(t, crowd.Fill(t.Context(), db, h.postgres, h.House))
	t.Logf("%s, %d users: filled in %v", engine, users, clock.System().Sub(began))
	settings := []string{"AUDIT_RETENTION=0"}
	for _, rule := range []string{"LOGIN_IP", "LOGIN_ACCOUNT", "REGISTER_IP", "REFRESH_SESSION", "API_IP"} {
		settings = append(settings, "RATE_"+rule+"=1000000/1s")
	}
	h.Rig = apptest.Open(t, url, settings...)
	h.admin = h.open(crowd.Administrator, proof.Proof{Method: proof.Passkey, Ref: "key", UserVerified: true}).Access
	return h
}

// migrate brings an empty database up to date and leaves it alone.
func migrate(t *testing.T, url string) {
	t.Helper()
	ring, err := seal.NewKeyring([]string{"Zq7v0Y1m3o5Kc8Xw2Rt6Ub4Ne9Lp1Js0Hd5Ga7Fi3k8"})
	must(t, err)
	s, err := store.Open(t.Context(), url, ring, store.Options{})
	must(t, err)
	_, err = s.MigrateUp(t.Context())
	must(t, err)
	must(t, s.Close())
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// user reads the user of that number.
func (h *house) user(n int) account.User {
	u, err := h.Store.UserByEmail(h.Ctx(), h.Email(n))
	must(h.t, err)
	return u
}

// visitor is the number of somebody who signs in by password, another one each time.
func (h *house) visitor() int {
	for {
		h.visitors++
		if n := 1 + (h.visitors*7919)%h.Users; crowd.ByPassword(n) {
			return n
		}
	}
}

// open opens a session by that proof.
func (h *house) open(n int, p proof.Proof) session.Tokens {
	o, err := h.SignIn.Begin(h.Ctx(), h.user(n), p, session.InBody, 0)
	if err != nil || o.Tokens == nil {
		h.t.Fatalf("open a session of user %d: got %+v, %v, want tokens", n, o, err)
	}
	return *o.Tokens
}

// tokens are those of so many people.
func (h *house) tokens(count int) (out []session.Tokens) {
	for range count {
		out = append(out, h.open(h.visitor(), proof.Proof{Method: proof.Password}))
	}
	return out
}

// ask sends a request and returns the body of its answer, which must be 200.
func (h *house) ask(method, path, access, body string) []byte {
	req := httptest.NewRequestWithContext(h.t.Context(), method, "/api/v1"+path, strings.NewReader(body))
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	if access != "" {
		req.Header.Set("Authorization", "Bearer "+access)
	}
	w := httptest.NewRecorder()
	h.Handler().ServeHTTP(w, req)
	if w.Code != http.StatusOK {
		h.t.Fatalf("%s %s: got %d %s, want 200", method, path, w.Code, w.Body)
	}
	return w.Body.Bytes()
}

// page asks for a page of the administration, which must hold something in that
// field; with a question mark before its name the field may be empty.
func (h *house) page(path, field string) {
	body := h.ask("GET", "/admin"+path, h.admin, "")
	var fields map[string]json.RawMessage
	name, optional := strings.CutPrefix(field, "?")
	err := json.Unmarshal(body, &fields)
	if err != nil || fields[name] == nil || !optional && len(fields[name]) < 3 {
		h.t.Fatalf("%s: got %s, %v, want some %s", path, body, err, name)
	}
}

// middle is the id in the middle of a table whose rows lie evenly in time.
func (h *house) middle(table string) string {
	return h.one("SELECT id FROM " + table + " WHERE id >= '" + h.idOf(h.middleOf(table)) + "' ORDER BY id LIMIT 1")
}

// in runs f in a transaction past the store.
func (h *house) in(f func(ctx context.Context, q *queries.Queries) error) {
	ctx := h.t.Context()
	tx, err := h.db.BeginTx(ctx, nil)
	must(h.t, err)
	var db queries.DBTX = tx
	if h.postgres {
		db = dollars{tx}
	}
	must(h.t, f(ctx, queries.New(db)))
	must(h.t, tx.Commit())
}

// weights are what the tables weigh.
func (h *house) weights(t *testing.T) []crowd.Weight {
	t.Helper()
	w, err := crowd.Weigh(t.Context(), h.db, h.postgres)
	must(t, err)
	return w
}

// one reads one value past the store.
func (h *house) one(query string) (value string) {
	must(h.t, h.db.QueryRowContext(h.t.Context(), query).Scan(&value))
	return value
}

// dollars runs queries with ?N parameters on PostgreSQL, which wants $N.
type dollars struct{ *sql.Tx }

func (d dollars) ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error) {
	return d.Tx.ExecContext(ctx, strings.ReplaceAll(query, "?", "$"), args...)
}

func (d dollars) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	return d.Tx.QueryContext(ctx, strings.ReplaceAll(query, "?", "$"), args...)
}

func (d dollars) QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row {
	return d.Tx.QueryRowContext(ctx, strings.ReplaceAll(query, "?", "$"), args...)
}

// middleOf is the instant in the middle of a table.
func (h *house) middleOf(table string) time.Time {
	first, _ := ident.Time(h.one("SELECT MIN(id) FROM " + table))
	last, _ := ident.Time(h.one("SELECT MAX(id) FROM " + table))
	return first.Add(last.Sub(first) / 2)
}

// idOf is the least id of that instant.
func (h *house) idOf(t time.Time) string {
	digits := fmt.Sprintf("%012x", t.UnixMilli())
	return digits[:8] + "-" + digits[8:] + "-7000-8000-000000000000"
}

// oldestOpen is the id of the session behind which the last page of the open ones
// begins: some forty are left.
func (h *house) oldestOpen() string {
	return h.one(fmt.Sprintf(`SELECT id FROM (SELECT id FROM sessions WHERE ended_at = 0 AND expires_at > %d AND id > '%s'
		ORDER BY id LIMIT 40) AS oldest ORDER BY id DESC LIMIT 1`, h.Clock.Now().UnixMicro(), h.idOf(h.Now.Add(-30*24*time.Hour-time.Minute))))
}
