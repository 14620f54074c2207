package config

import (
	"net/url"
	"path/filepath"
	"strings"
)

// Database is where everything durable is kept.
type Database struct {
	URL         DSN  // DATABASE_URL: sqlite:PATH or postgres://…
	AutoMigrate bool // AUTO_MIGRATE
	MaxConns    int  // DATABASE_MAX_CONNS; 0: four for each core, at least eight
}

func (d *Database) block() block {
	return block{
		title: "Database",
		about: "Where everything durable is kept: SQLite for one node, PostgreSQL for one or many.",
		settings: []Setting{
			{
				Name: "DATABASE_URL", Default: "sqlite:./data/sallyport.db", into: databaseURL(&d.URL),
				Help: "sqlite:PATH for a file, or postgres://user:password@host:5432/name. The parameters after the ? of a PostgreSQL URL go to the driver, sslmode=verify-full among them. The SQLite file's folder is made if it is missing.",
			},
			{
				Name: "AUTO_MIGRATE", Default: "true", into: flag(&d.AutoMigrate),
				Help: "Bring the tables up to date at the start. With false, the server refuses to start on old tables until `sallyport migrate up` has run.",
			},
			{
				Name: "DATABASE_MAX_CONNS", Default: "0", Unit: "connections", into: whole(&d.MaxConns, 0, 1000),
				Help: "The most connections this node opens to PostgreSQL; requests beyond that wait their turn. All nodes together must stay below max_connections of the server. 0: four for each core, at least eight. With SQLite it counts those that read; one writes.",
			},
		},
	}
}

// SQLitePath returns the file of the SQLite database; ok is false if the
// database is PostgreSQL.
func (d Database) SQLitePath() (path string, ok bool) {
	return strings.CutPrefix(d.URL.Reveal(), "sqlite:")
}

// DataDir is the folder of the SQLite file, and ./data without one: the files a
// local run makes for itself live there.
func (c Config) DataDir() string {
	if path, ok := c.Database.SQLitePath(); ok {
		return filepath.Dir(path)
	}
	return "data"
}

func databaseURL(to *DSN) value {
	const mend = "Write sqlite:./data/sallyport.db or postgres://user:password@host:5432/name"
	return value{
		form: "sqlite:PATH or postgres:// URL",
		set: func(s string) *refusal {
			if path, ok := strings.CutPrefix(s, "sqlite:"); ok {
				path = strings.TrimPrefix(path, "//") // sqlite:///var/lib/x.db is the same as sqlite:/var/lib/x.db
				if path == "" || strings.ContainsAny(path, "?#") || strings.Contains(path, ":memory:") {
					return refuse("it is not a path to a file", mend)
				}
				s = "sqlite:" + path
				*to = DSN{p: &s, shown: s}
				return nil
			}
			return setDSN(to, s, mend, "postgres", "postgresql")
		},
		show: func() string { return to.String() },
	}
}

// setDSN accepts a URL of one of the schemes. The refusal repeats nothing of
// it, since it may hold a password.
func setDSN(to *DSN, s, mend string, schemes ...string) *refusal {
	u, err := url.Parse(s)
	if err != nil {
		return refuse("it is not a URL", mend)
	}
	for _, scheme := range schemes {
		if u.Scheme == scheme && u.Opaque == "" && (u.Host != "" || u.Path != "") {
			*to = DSN{p: &s, shown: redact(*u)}
			return nil
		}
	}
	return refuse("it does not start with "+strings.Join(schemes, ":// or ")+"://", mend)
}

// redact writes u without its password and without any parameter that is
// called like one.
func redact(u url.URL) string {
	if _, has := u.User.Password(); has {
		u.User = url.UserPassword(u.User.Username(), "hidden")
	}
	if q := u.Query(); len(q) > 0 {
		for name := range q {
			if low := strings.ToLower(name); strings.Contains(low, "password") || strings.Contains(low, "secret") {
				q.Set(name, "hidden")
			}
		}
		u.RawQuery = q.Encode()
	}
	return u.String()
}

// Redis is what several nodes share.
type Redis struct {
	URL    DSN    // REDIS_URL; empty: this is the only node
	CAFile string // REDIS_TLS_CA_FILE; empty: the roots of this machine
}

func (r *Redis) block() block {
	return block{
		title: "Redis",
		about: "What several nodes share: rate limits, and the feed that closes sockets on every node.",
		settings: []Setting{
			{
				Name: "REDIS_URL", into: redisURL(&r.URL),
				Help: "redis://user:password@host:6379/0, or rediss:// for TLS. Empty: this is the only node. Losing Redis weakens nothing that matters: limits fall back to each node's own, and revocations are swept from the database.",
			},
			{
				Name: "REDIS_TLS_CA_FILE", into: text(&r.CAFile),
				Help: "A file of certificates in PEM: the authorities that may vouch for Redis behind rediss://, instead of those this machine trusts. It is read at the start. PostgreSQL has sslrootcert in DATABASE_URL for the same.",
			},
		},
		check: func(*Config) []Problem { return r.check() },
	}
}

func (r *Redis) check() []Problem {
	if r.CAFile == "" || strings.HasPrefix(r.URL.Reveal(), "rediss://") {
		return nil
	}
	return []Problem{{"REDIS_TLS_CA_FILE", "it is given, and REDIS_URL does not begin with rediss://", "Begin REDIS_URL with rediss://, or leave REDIS_TLS_CA_FILE out"}}
}

func redisURL(to *DSN) value {
	return value{
		form: "redis:// or rediss:// URL",
		set: func(s string) *refusal {
			return setDSN(to, s, "Write redis://host:6379/0, or rediss:// for TLS", "redis", "rediss")
		},
		show: func() string { return to.String() },
	}
}
