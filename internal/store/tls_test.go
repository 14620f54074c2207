package store_test

import (
	"net/url"
	"strings"
	"testing"

	"github.com/sallyport/sallyport/internal/store"
	"github.com/sallyport/sallyport/internal/testbed"
)

// TestPostgresOverTLS talks to a PostgreSQL that has the settings of
// deploy/postgres.
func TestPostgresOverTLS(t *testing.T) {
	certificates := testbed.NewCertificates(t)
	server := testbed.SecurePostgres(t, certificates)

	t.Run("with its authority it keeps people", func(t *testing.T) {
		r := open(t, server.URL())
		_, err := r.MigrateUp(r.ctx())
		r.must(err)
		u := r.user()
		if got := r.again(u.ID); got.ID != u.ID {
			t.Errorf("got %+v, want the person that was written", got)
		}
		for _, row := range r.rows("SELECT ssl, version FROM pg_stat_ssl WHERE pid = pg_backend_pid()") {
			if row[0] != true || !strings.HasPrefix(row[1].(string), "TLSv1.") {
				t.Errorf("OP-09 the connection: got %v, want TLS", row)
			}
		}
		for _, row := range r.rows("SELECT count(*) FROM pg_hba_file_rules WHERE auth_method <> 'scram-sha-256' OR type NOT IN ('local', 'hostssl')") {
			if row[0] != int64(0) {
				t.Errorf("deploy/postgres/pg_hba.conf: got %v rules that ask for less than scram and TLS, want none", row[0])
			}
		}
	})

	good, err := url.Parse(server.URL())
	if err != nil {
		t.Fatal(err)
	}
	password, _ := good.User.Password()
	with := func(change func(u *url.URL, q url.Values)) string {
		u, q := *good, good.Query()
		change(&u, q)
		u.RawQuery = q.Encode()
		return u.String()
	}
	for _, tt := range []struct{ name, address, secret, want string }{
		{"another authority", with(func(_ *url.URL, q url.Values) { q.Set("sslrootcert", testbed.NewCertificates(t).CA) }), password, "certificate signed by unknown authority"},
		{"the authorities of this machine", with(func(_ *url.URL, q url.Values) { q.Del("sslrootcert") }), password, "certificate signed by unknown authority"},
		{"another name", with(func(u *url.URL, _ url.Values) { u.Host = "127.0.0.2:" + u.Port() }), password, "valid for 127.0.0.1, not 127.0.0.2"},
		{"in the clear", with(func(_ *url.URL, q url.Values) { q.Set("sslmode", "disable"); q.Del("sslrootcert") }), password, "no encryption"},
		{"a wrong password", with(func(u *url.URL, _ url.Values) { u.User = url.UserPassword("postgres", "hunter2") }), "hunter2", "password authentication failed"},
	} {
		t.Run("OP-09 refused: "+tt.name, func(t *testing.T) {
			s, err := store.Open(t.Context(), tt.address, nil, store.Options{MaxConns: 1})
			if err == nil {
				_ = s.Close()
				t.Fatal("got no error, want one")
			}
			if !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want an error with %q", err, tt.want)
			}
			if strings.Contains(err.Error(), tt.secret) {
				t.Errorf("AU-03 the error repeats the password: %v", err)
			}
		})
	}
	if strings.Contains(server.Log(), "hunter2") {
		t.Error("AU-03 the server's log holds the password")
	}
}
