package store_test

import (
	"context"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/sallyport/sallyport/internal/clock"
	"github.com/sallyport/sallyport/internal/fault"
	"github.com/sallyport/sallyport/internal/store"
	"github.com/sallyport/sallyport/internal/testbed"
)

func TestOpen(t *testing.T) {
	t.Run("makes a folder and a file that only their owner reads", func(t *testing.T) {
		dir := filepath.Join(t.TempDir(), "var", "data")
		path := filepath.Join(dir, "sallyport.db")
		open(t, "sqlite:"+path)
		for name, want := range map[string]os.FileMode{dir: 0o700, path: 0o600} {
			if info, err := os.Stat(name); err != nil || info.Mode().Perm() != want {
				t.Errorf("%s: got %v, error %v; want %o", name, info.Mode().Perm(), err, want)
			}
		}
	})
	t.Run("says the time of the database", func(t *testing.T) {
		onEngines(t, func(t *testing.T, url string) {
			r := open(t, url)
			now, err := r.Now(r.ctx())
			if off := clock.System().Sub(now).Abs(); err != nil || off > time.Minute {
				t.Errorf("got %v, error %v; want the present", now, err)
			}
			if want := store.Engine(strings.SplitN(url, ":", 2)[0]); r.Engine() != want {
				t.Errorf("engine: got %s, want %s", r.Engine(), want)
			}
			if version, err := r.Version(r.ctx()); err != nil || !regexp.MustCompile(`^\d+\.\d+`).MatchString(version) {
				t.Errorf("version: got %q, error %v; want a number", version, err)
			}
		})
	})
	secret := "hunter2-in-the-url"
	for name, url := range map[string]string{
		"no scheme":            "./sallyport.db",
		"another scheme":       "mysql://root:" + secret + "@localhost/db",
		"a URL with a mistake": "postgres://sally:" + secret + "@localhost:port/db",
		"nobody at home":       "postgres://sally:" + secret + "@127.0.0.1:1/db?sslmode=disable&connect_timeout=1",
		"a path it cannot use": "sqlite:/dev/null/sallyport.db",
		"no database file":     "sqlite:" + t.TempDir(),
	} {
		t.Run("refuses "+name, func(t *testing.T) {
			s, err := store.Open(t.Context(), url, nil, store.Options{MaxConns: 1})
			if err == nil {
				_ = s.Close()
				t.Fatal("got no error, want one")
			}
			if strings.Contains(err.Error(), secret) {
				t.Errorf("AU-03 the error quotes the password: %v", err)
			}
		})
	}
}

// TestSurvives kills the connections of a running store.
func TestSurvives(t *testing.T) {
	server := testbed.OwnPostgres(t)
	r := open(t, server.URL())
	_, err := r.MigrateUp(r.ctx())
	r.must(err)
	u := r.user()
	server.Stop()
	if err := r.Ping(r.ctx()); err == nil {
		t.Error("OP-09 a server that is down: got no error, want one")
	}
	if _, err := r.UserByID(r.ctx(), u.ID); err == nil || fault.Of(err) == fault.CodeNotFound {
		t.Errorf("OP-09 a look-up on a server that is down: got error %v, want one of its own", err)
	}
	server.Start()
	if got := r.again(u.ID); got.ID != u.ID {
		t.Errorf("after a restart: got %+v, want what was committed", got)
	}
}

// TestClosedStore calls every method of a store whose database is gone. Each
// must say so: an error that is no answer, and nothing beside it that reads as
// one (OP-09).
func TestClosedStore(t *testing.T) {
	onBoth(t, func(t *testing.T, r *rig) {
		r.must(r.Close())
		v := reflect.ValueOf(r.Store)
		for i := range v.NumMethod() {
			name, method := v.Type().Method(i).Name, v.Method(i)
			if name == "Close" || name == "Engine" || name == "Pools" { // they ask nothing of the database
				continue
			}
			out := method.Call(nothings(t.Context(), method.Type()))
			err, ok := out[len(out)-1].Interface().(error)
			if !ok {
				t.Errorf("OP-09 %s: got no error, want one", name)
			}
			if code := fault.Of(err); code != fault.CodeInternal {
				t.Errorf("OP-09 %s: got %s, want %s", name, code, fault.CodeInternal)
			}
			for _, answer := range out[:len(out)-1] {
				if !answer.IsZero() && (answer.Kind() != reflect.Slice || answer.Len() > 0) {
					t.Errorf("OP-09 %s: got %+v beside the error, want nothing", name, answer)
				}
			}
		}
	})
}

// nothings are arguments of a method: the context, and zero of whatever else it
// takes.
func nothings(ctx context.Context, method reflect.Type) (args []reflect.Value) {
	for in := range method.Ins() {
		switch {
		case in == reflect.TypeFor[context.Context]():
			args = append(args, reflect.ValueOf(ctx))
		case method.IsVariadic() && len(args) == method.NumIn()-1: // may be left out
		default:
			args = append(args, reflect.Zero(in))
		}
	}
	return args
}

func TestPools(t *testing.T) {
	onBoth(t, func(t *testing.T, r *rig) {
		pools := r.Pools()
		if want := map[store.Engine]int{store.SQLite: 2, store.Postgres: 1}[r.Engine()]; len(pools) != want {
			t.Errorf("pools: got %d, want %d", len(pools), want)
		}
		for name, s := range pools {
			if s.MaxOpenConnections < 1 || s.InUse != 0 {
				t.Errorf("%s: got %+v, want a bounded pool at rest", name, s)
			}
		}
	})
}
