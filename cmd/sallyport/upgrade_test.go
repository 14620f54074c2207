package main

import (
	"database/sql"
	"errors"
	"path/filepath"
	"strings"
	"testing"

	"github.com/sallyport/sallyport/internal/store"
)

// TestOlderBinary runs the commands on tables that a newer version has changed.
func TestOlderBinary(t *testing.T) {
	file := filepath.Join(t.TempDir(), "x.db")
	environ := []string{"DATABASE_URL=sqlite:" + file, "SECRET_KEY=Zq7v0Y1m3o5Kc8Xw2Rt6Ub4Ne9Lp1Js0Hd5Ga7Fi3k8", "LISTEN_ADDR=127.0.0.1:0", "METRICS_ADDR=off"}
	var out strings.Builder
	console := terminal{strings.NewReader(""), &out, &out}
	if err := (migrateUpCmd{}).Run(t.Context(), console, settings{environ: environ}); err != nil {
		t.Fatal(err)
	}
	db, err := sql.Open("sqlite", "file:"+file)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := db.ExecContext(t.Context(), "INSERT INTO goose_db_version (version_id, is_applied) VALUES (9999, TRUE)"); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	for name, run := range map[string]func(settings) error{
		"serve":          func(s settings) error { return serveCmd{}.Run(t.Context(), console, s) },
		"user list":      func(s settings) error { return userListCmd{}.Run(t.Context(), console, s) },
		"migrate up":     func(s settings) error { return migrateUpCmd{}.Run(t.Context(), console, s) },
		"migrate down":   func(s settings) error { return migrateDownCmd{Yes: true}.Run(t.Context(), console, s) },
		"migrate status": func(s settings) error { return migrateStatusCmd{}.Run(t.Context(), console, s) },
	} {
		for _, auto := range []string{"true", "false"} {
			if name == "user list" && auto == "false" {
				continue // like a node that runs: it reads what it knows
			}
			t.Run(name+" "+auto, func(t *testing.T) {
				err := run(settings{environ: append(environ, "AUTO_MIGRATE="+auto)})
				if !errors.Is(err, store.ErrNewer) || !strings.Contains(err.Error(), "at step 9999") || !strings.Contains(err.Error(), "docs/upgrade.md") {
					t.Errorf("OP-09 got %v, want that a newer version was here, and where to read on", err)
				}
			})
		}
	}
	if got, err := examine(t, environ...); err == nil || !strings.Contains(got, "FAIL  database   store: a newer version") {
		t.Errorf("doctor: got %v\n%s\nwant it to say so", err, got)
	}
}
