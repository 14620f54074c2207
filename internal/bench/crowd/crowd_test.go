package crowd_test

import (
	"database/sql"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib" // the driver the store uses
	_ "modernc.org/sqlite"             // the driver the store uses

	"github.com/sallyport/sallyport/internal/account"
	"github.com/sallyport/sallyport/internal/apptest"
	"github.com/sallyport/sallyport/internal/bench/crowd"
	"github.com/sallyport/sallyport/internal/ident"
	"github.com/sallyport/sallyport/internal/testbed"
)

// TestCrowd fills a database and lets the program loose on it.
func TestCrowd(t *testing.T) {
	t.Run("sqlite", func(t *testing.T) {
		file := filepath.Join(t.TempDir(), "sallyport.db")
		try(t, "sqlite:"+file, "sqlite", "file:"+file+"?_pragma=busy_timeout(5000)")
	})
	t.Run("postgres", func(t *testing.T) {
		url := testbed.Postgres(t)
		try(t, url, "pgx", url)
	})
}

func try(t *testing.T, url, driver, source string) {
	const users = 700
	first := apptest.Open(t, url)
	chief := first.Member(t, "chief@example.org")
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	db, err := sql.Open(driver, source)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	db.SetMaxOpenConns(1)
	h := crowd.House{Users: users, Now: first.Clock.Now(), PasswordHash: chief.PasswordHash}
	if err := crowd.Fill(t.Context(), db, driver == "pgx", h); err != nil {
		t.Fatal(err)
	}
	for query, want := range map[string]int{
		"SELECT COUNT(*) FROM users":                                                                users + 1,
		"SELECT COUNT(*) FROM sessions":                                                             users * 3 / 2,
		"SELECT COUNT(*) FROM audit_logs WHERE chain_seq > 0":                                       5 * users,
		"SELECT COUNT(*) FROM sessions WHERE user_id NOT IN (SELECT id FROM users)":                 0,
		"SELECT COUNT(*) FROM refresh_tokens WHERE session_id NOT IN (SELECT id FROM sessions)":     0,
		"SELECT COUNT(*) FROM user_mfa WHERE user_id NOT IN (SELECT id FROM users)":                 0,
		"SELECT COUNT(*) FROM mfa_backup_codes WHERE user_id NOT IN (SELECT user_id FROM user_mfa)": 0,
		"SELECT COUNT(*) FROM webauthn_credentials WHERE user_id NOT IN (SELECT id FROM users)":     0,
		"SELECT COUNT(*) FROM oauth_accounts WHERE user_id NOT IN (SELECT id FROM users)":           0,
		"SELECT COUNT(*) FROM users WHERE role = 'admin'":                                           1,
	} {
		var got int
		if err := db.QueryRowContext(t.Context(), query).Scan(&got); err != nil || got != want {
			t.Errorf("%s: got %d, %v, want %d", query, got, err, want)
		}
	}
	r := apptest.Open(t, url)
	signIn(t, r, h)
	page(t, r)
	weigh(t, db, driver == "pgx")
}

// signIn lets people of the crowd sign in.
func signIn(t *testing.T, r *apptest.Rig, h crowd.House) {
	came := 0
	for n := 1; came < 3; n += 97 {
		if crowd.ByPassword(n) {
			r.SignedIn(t, h.Email(n))
			came++
		}
	}
	u, err := r.Store.UserByEmail(t.Context(), h.Email(crowd.Administrator))
	if err != nil || u.Role != account.Admin {
		t.Errorf("the administrator: got %+v, %v, want one", u, err)
	}
}

// page reads people in the order of their ids, which is that of their time.
func page(t *testing.T, r *apptest.Rig) {
	all, err := r.Store.ListUsers(t.Context(), "", 1000)
	if err != nil || len(all) < 700 {
		t.Fatalf("people: got %d, %v, want all", len(all), err)
	}
	for i, u := range all {
		at, ok := ident.Time(u.ID)
		if !strings.HasPrefix(u.Name, "Person ") {
			continue
		}
		if !ident.Valid(u.ID) || !ok || at.Sub(u.CreatedAt).Abs() > time.Millisecond || i > 0 && u.CreatedAt.Before(all[i-1].CreatedAt) {
			t.Fatalf("user %s of %v: got %v in the id, want an id of that time, in order", u.ID, u.CreatedAt, at)
		}
	}
}

// weigh expects the log to be the heaviest.
func weigh(t *testing.T, db *sql.DB, postgres bool) {
	all, err := crowd.Weigh(t.Context(), db, postgres)
	if err != nil || len(all) < 15 || all[0].Table != "audit_logs" || all[0].Rows < 3500 || all[0].Bytes < 1_000_000 {
		t.Errorf("weights: got %s, %v, want the audit log first", strings.TrimSpace(fmt.Sprintln(all)), err)
	}
}
