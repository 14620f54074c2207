package store_test

import (
	"context"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/sallyport/sallyport/internal/audit"
	"github.com/sallyport/sallyport/internal/challenge"
	"github.com/sallyport/sallyport/internal/clock"
	"github.com/sallyport/sallyport/internal/fault"
	"github.com/sallyport/sallyport/internal/message"
	"github.com/sallyport/sallyport/internal/onetime"
	"github.com/sallyport/sallyport/internal/proof"
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
// must say so: an error, and nothing that reads as an answer (OP-09).
func TestClosedStore(t *testing.T) {
	calls := closedCalls()
	exempt := []string{"Close", "Engine"} // they ask nothing of the database
	for m := range reflect.TypeFor[*store.Store]().Methods() {
		if _, ok := calls[m.Name]; !ok && !slices.Contains(exempt, m.Name) {
			t.Errorf("OP-09 method %s is not in closedCalls", m.Name)
		}
	}
	onBoth(t, func(t *testing.T, r *rig) {
		w := r.world()
		r.must(r.Close())
		for name, call := range calls {
			answer, err := call(w, r.ctx())
			if err == nil {
				t.Errorf("OP-09 %s: got no error, want one", name)
			}
			if code := fault.Of(err); code == fault.CodeNotFound || code == fault.CodeConflict {
				t.Errorf("OP-09 %s: got %s, want an error that is no answer", name, code)
			}
			if answer != nil && !reflect.ValueOf(answer).IsZero() && reflect.ValueOf(answer).Kind() != reflect.Slice {
				t.Errorf("OP-09 %s: got %+v beside the error, want nothing", name, answer)
			}
			if v := reflect.ValueOf(answer); v.IsValid() && v.Kind() == reflect.Slice && v.Len() > 0 {
				t.Errorf("OP-09 %s: got %d rows beside the error, want none", name, v.Len())
			}
		}
	})
}

// called is a call with what it answered beside its error; nil: nothing.
type called func(w *world, ctx context.Context) (answer any, err error)

// closedCalls has every method that asks the database something: those that
// leave a trail from their own list, the others here.
func closedCalls() map[string]called {
	calls := map[string]called{
		"AcceptStep": func(w *world, ctx context.Context) (any, error) {
			return w.AcceptStep(ctx, w.u.ID, w.app.ID, 200, noon)
		},
		"AuditCheckpoint": func(w *world, ctx context.Context) (any, error) { return w.AuditCheckpoint(ctx) },
		"AuditHead":       func(w *world, ctx context.Context) (any, error) { return w.AuditHead(ctx) },
		"AuditPage":       func(w *world, ctx context.Context) (any, error) { return w.AuditPage(ctx, w.u.ID, "", 5) },
		"BackupCode":      func(w *world, ctx context.Context) (any, error) { return w.BackupCode(ctx, w.u.ID, "aa") },
		"BackupCodesLeft": func(w *world, ctx context.Context) (any, error) { return w.BackupCodesLeft(ctx, w.u.ID) },
		"ClaimMessages": func(w *world, ctx context.Context) (any, error) {
			return w.ClaimMessages(ctx, message.Email, noon, time.Minute, 5)
		},
		"ClaimOneTime": func(w *world, ctx context.Context) (any, error) {
			return w.ClaimOneTime(ctx, onetime.Attempt, w.hash(onetime.Attempt), noon)
		},
		"ClearAllAttempts": func(w *world, ctx context.Context) (any, error) { return nil, w.ClearAllAttempts(ctx, w.u.ID) },
		"ClearAttempts":    func(w *world, ctx context.Context) (any, error) { return nil, w.ClearAttempts(ctx, w.u.ID, proof.TOTP) },
		"CountAdmins":      func(w *world, ctx context.Context) (any, error) { return w.CountAdmins(ctx) },
		"CountAttempt": func(w *world, ctx context.Context) (any, error) {
			return w.CountAttempt(ctx, w.u.ID, proof.TOTP, noon, curve)
		},
		"DropMessage":    func(w *world, ctx context.Context) (any, error) { return nil, w.DropMessage(ctx, "m", noon) },
		"Enrolments":     func(w *world, ctx context.Context) (any, error) { return w.Enrolments(ctx, w.u.ID, noon) },
		"ExpireMessages": func(w *world, ctx context.Context) (any, error) { return w.ExpireMessages(ctx, noon) },
		"FindOneTime": func(w *world, ctx context.Context) (any, error) {
			return w.FindOneTime(ctx, onetime.Attempt, w.hash(onetime.Attempt), noon)
		},
		"FindRefresh":    func(w *world, ctx context.Context) (any, error) { return w.FindRefresh(ctx, w.first.Hash) },
		"ForgetMessages": func(w *world, ctx context.Context) (any, error) { return w.ForgetMessages(ctx, noon) },
		"ListMessages":   func(w *world, ctx context.Context) (any, error) { return w.ListMessages(ctx, message.StateDead, 5) },
		"ListUsers":      func(w *world, ctx context.Context) (any, error) { return w.ListUsers(ctx, "", 5) },
		"MarkFailed": func(w *world, ctx context.Context) (any, error) {
			return nil, w.MarkFailed(ctx, "m", 1, "x", noon, noon)
		},
		"MarkSent":    func(w *world, ctx context.Context) (any, error) { return nil, w.MarkSent(ctx, "m", 1, "x", noon) },
		"MigrateDown": func(w *world, ctx context.Context) (any, error) { return w.MigrateDown(ctx) },
		"MigrateUp":   func(w *world, ctx context.Context) (any, error) { return w.MigrateUp(ctx) },
		"Migrations":  func(w *world, ctx context.Context) (any, error) { return w.Migrations(ctx) },
		"Now":         func(w *world, ctx context.Context) (any, error) { return w.Now(ctx) },
		"OAuthAccount": func(w *world, ctx context.Context) (any, error) {
			return w.OAuthAccount(ctx, w.linked.Provider, w.linked.Issuer, w.linked.Subject)
		},
		"OAuthAccounts": func(w *world, ctx context.Context) (any, error) { return w.OAuthAccounts(ctx, w.u.ID) },
		"OneTimesOfUser": func(w *world, ctx context.Context) (any, error) {
			return w.OneTimesOfUser(ctx, onetime.Attempt, w.u.ID, noon)
		},
		"OutboxCounts": func(w *world, ctx context.Context) (any, error) { return w.OutboxCounts(ctx, noon) },
		"Ping":         func(w *world, ctx context.Context) (any, error) { return nil, w.Ping(ctx) },
		"RecordDelivery": func(w *world, ctx context.Context) (any, error) {
			return w.RecordDelivery(ctx, message.Delivery{MessageID: "m"})
		},
		"RetryMessage":     func(w *world, ctx context.Context) (any, error) { return nil, w.RetryMessage(ctx, "m", noon) },
		"RevocationsSince": func(w *world, ctx context.Context) (any, error) { return w.RevocationsSince(ctx, time.Time{}, noon) },
		"SealAudit":        func(w *world, ctx context.Context) (any, error) { return w.SealAudit(ctx, 5, w.chain().Link) },
		"SealedAudit":      func(w *world, ctx context.Context) (any, error) { return w.SealedAudit(ctx, 0, 5) },
		"SearchUsers":      func(w *world, ctx context.Context) (any, error) { return w.SearchUsers(ctx, "a", "", 5) },
		"SessionByID":      func(w *world, ctx context.Context) (any, error) { return w.SessionByID(ctx, w.n.ID) },
		"SessionsOfUser":   func(w *world, ctx context.Context) (any, error) { return w.SessionsOfUser(ctx, w.u.ID, noon) },
		"SigningKeys":      func(w *world, ctx context.Context) (any, error) { return w.SigningKeys(ctx) },
		"SpendCode": func(w *world, ctx context.Context) (any, error) {
			return w.SpendCode(ctx, challenge.Spending{Challenge: w.tokens[onetime.SMSChallenge], At: noon})
		},
		"SpendGrace": func(w *world, ctx context.Context) (any, error) { return w.SpendGrace(ctx, w.first.Hash, noon, noon) },
		"SpendTry": func(w *world, ctx context.Context) (any, error) {
			return w.SpendTry(ctx, onetime.Attempt, w.hash(onetime.Attempt), noon)
		},
		"Sweep":     func(w *world, ctx context.Context) (any, error) { return w.Sweep(ctx, noon, grace, keep) },
		"TrimAudit": func(w *world, ctx context.Context) (any, error) { return w.TrimAudit(ctx, noon, noon, w.chain().Sign) },
		"UpgradePasswordHash": func(w *world, ctx context.Context) (any, error) {
			return nil, w.UpgradePasswordHash(ctx, w.u.ID, "a", "b")
		},
		"UserByEmail": func(w *world, ctx context.Context) (any, error) { return w.UserByEmail(ctx, w.u.Canonical) },
		"UserByID":    func(w *world, ctx context.Context) (any, error) { return w.UserByID(ctx, w.u.ID) },
	}
	for _, c := range changes() {
		calls[c.method] = func(w *world, _ context.Context) (any, error) {
			touched, err := c.do(w, audit.Of(w.event(w.u.ID)))
			return touched, err
		}
	}
	return calls
}
