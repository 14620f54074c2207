package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"time"

	"github.com/sallyport/sallyport/internal/bus/redis"
	"github.com/sallyport/sallyport/internal/message"
	"github.com/sallyport/sallyport/internal/store"
)

// database opens the database, asks it something and counts the migrations. A
// SQLite file that is not there is not made.
func (d *doctor) database(ctx context.Context) []check {
	if path, ok := d.cfg.Database.SQLitePath(); ok {
		if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
			return []check{fine("database", path+" is not there yet; the first start makes it")}
		}
	}
	const mend = "Check DATABASE_URL, that the database runs, and that this user may use it"
	t, err := store.Open(ctx, d.cfg.Database.URL.Reveal(), nil, store.Options{}) // nothing sealed is read
	if err != nil {
		return []check{failed("database", err.Error(), mend)}
	}
	defer func() { _ = t.Close() }()
	if t.Engine() == store.Postgres { // SQLite's clock is this machine's own
		before := d.now()
		if at, err := t.Now(ctx); err == nil {
			d.see("the database", at, before, time.Millisecond)
		}
	}
	return append(d.migrations(ctx, t), d.databasePrivacy()...)
}

// migrations says whether the tables are those of this program.
func (d *doctor) migrations(ctx context.Context, t *store.Store) []check {
	all, err := t.Migrations(ctx)
	if errors.Is(err, store.ErrNewer) {
		return []check{failed("database", err.Error(), "Run the newer version of sallyport, or take its step back with it: docs/upgrade.md")}
	}
	if err != nil {
		return []check{failed("database", "the migrations cannot be read: "+err.Error(), "Check that this user may use the tables")}
	}
	missing := 0
	for _, m := range all {
		if m.AppliedAt.IsZero() {
			missing++
		}
	}
	version, err := t.Version(ctx)
	if err != nil {
		return []check{failed("database", "it does not say its version: "+err.Error(), "Check that it is PostgreSQL or SQLite itself")}
	}
	product := map[store.Engine]string{store.SQLite: "SQLite", store.Postgres: "PostgreSQL"}[t.Engine()]
	what := fmt.Sprintf("%s answers, %s %s, %d of %s applied", d.cfg.Database.URL, product, version, len(all)-missing, count(len(all), "migration"))
	switch {
	case missing == 0:
		return []check{fine("database", what)}
	case d.cfg.Database.AutoMigrate:
		return []check{fine("database", what+"; the next start applies the rest")}
	default:
		return []check{failed("database", what, `Run "sallyport migrate up", or set AUTO_MIGRATE=true`)}
	}
}

// databasePrivacy warns of a PostgreSQL connection that others can read.
func (d *doctor) databasePrivacy() []check {
	if _, lite := d.cfg.Database.SQLitePath(); lite {
		return nil
	}
	u, err := url.Parse(d.cfg.Database.URL.Reveal())
	if err != nil || u.Hostname() == "" || loopbackHost(u.Hostname()) {
		return nil
	}
	switch mode := u.Query().Get("sslmode"); mode {
	case "verify-full", "verify-ca":
		return nil
	case "require":
		return []check{caution("database", "the connection is encrypted, but anybody may pose as the database", "Use sslmode=verify-full and sslrootcert in DATABASE_URL")}
	default:
		return []check{caution("database", "the connection to "+u.Hostname()+" may be in the clear", "Use sslmode=verify-full in DATABASE_URL")}
	}
}

// redis asks Redis for its time, which also shows that the password is right.
func (d *doctor) redis(ctx context.Context) []check {
	if d.cfg.Redis.URL.Empty() {
		return []check{fine("redis", "not used; this is the only node")}
	}
	const mend = "Check REDIS_URL, its user name and password, and that Redis runs; REDIS_TLS_CA_FILE if an authority of your own vouches for it"
	before := d.now()
	found, err := redis.Probe(ctx, d.cfg.Redis.URL.Reveal(), d.cfg.Redis.CAFile)
	if err != nil {
		return []check{failed("redis", "it does not answer: "+message.OneLine(err.Error(), 200), mend)}
	}
	d.see("Redis", found.Now, before, time.Millisecond)
	what := fmt.Sprintf("%s answers within %v", d.cfg.Redis.URL, d.now().Sub(before).Round(100*time.Microsecond))
	if found.Version != "" {
		what += ", Redis " + found.Version
	}
	out := []check{fine("redis", what)}
	if !found.Private {
		out = append(out, caution("redis", "the connection is in the clear", "Use rediss:// in REDIS_URL, or keep Redis on a private network"))
	}
	return out
}
