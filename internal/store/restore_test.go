package store_test

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/sallyport/sallyport/internal/audit"
	"github.com/sallyport/sallyport/internal/message"
	"github.com/sallyport/sallyport/internal/onetime"
	"github.com/sallyport/sallyport/internal/store"
)

// wholeChanges concern everybody: they come last.
func wholeChanges() []change {
	return []change{{
		method: "Restored",
		do: func(w *world, t audit.Trail) (bool, error) {
			_, err := w.Restored(w.ctx(), noon, 200, t)
			return wrote(err)
		},
	}}
}

func TestRestored(t *testing.T) {
	onBoth(t, func(t *testing.T, r *rig) {
		w := r.world()
		r.must(r.Record(r.ctx(), w.trail(w.u.ID)))
		r.log(3)
		r.sealAll()
		got, err := r.Restored(r.ctx(), noon, 200, audit.Of(r.event("")))
		if err != nil || got.Sessions != 1 || got.BackupCodes != 2 || got.OneTime < len(w.tokens) || got.Messages != 1 {
			t.Fatalf("got %+v, %v; want a session, two codes, every link and a message", got, err)
		}
		touched, err := r.UseBackupCode(r.ctx(), w.u.ID, w.backup.ID, noon, audit.Trail{})
		r.refused("BC-03 a backup code", touched, err)
		touched, err = r.RotateRefresh(r.ctx(), w.first.Hash, refresh(w.n.ID), "spr_next", audit.Trail{})
		r.refused("TK-07 a refresh token", touched, err)
		for kind := range w.tokens {
			if _, err := r.FindOneTime(r.ctx(), kind, w.hash(kind), noon); err == nil {
				t.Errorf("RC-02 a %s of before: got it alive", kind)
			}
		}
		touched, err = r.AcceptStep(r.ctx(), w.u.ID, w.app.ID, 200, noon)
		r.refused("TO-04 the present step", touched, err)
		r.done(r.AcceptStep(r.ctx(), w.u.ID, w.app.ID, 201, noon))
		if keys, err := r.SigningKeys(r.ctx()); err != nil || len(keys) != 0 {
			t.Errorf("TK-11 signing keys: got %d, %v; want none, so that no access token of before is taken", len(keys), err)
		}
		if all, err := r.ListMessages(r.ctx(), message.StateQueued, "", 10); err != nil || len(all) != 0 {
			t.Errorf("queued messages: got %d, %v; want none", len(all), err)
		}
		if got, err := r.Restored(r.ctx(), noon, 200, audit.Of(r.event(""))); err != nil || got != (store.Restored{}) {
			t.Errorf("a second time: got %+v, %v; want nothing left to do", got, err)
		}
		r.sealAll()
		if v := r.verify(); v.Fault != nil {
			t.Errorf("AU-05 the chain afterwards: got %+v, want it whole", v.Fault)
		}
		r.issue(onetime.Attempt, w.u.ID)
		r.session(w.u.ID) // and people sign in again
	})
}

func TestBackup(t *testing.T) {
	onBoth(t, func(t *testing.T, r *rig) {
		u := r.user()
		file := filepath.Join(t.TempDir(), "copy.db")
		err := r.Backup(r.ctx(), file)
		if r.Engine() == store.Postgres {
			if !errors.Is(err, store.ErrNoBackup) {
				t.Errorf("got %v, want %v", err, store.ErrNoBackup)
			}
			return
		}
		r.must(err)
		info, err := os.Stat(file)
		r.must(err)
		if info.Mode().Perm() != 0o600 {
			t.Errorf("got mode %v, want 0600", info.Mode())
		}
		if err := r.Backup(r.ctx(), file); !errors.Is(err, os.ErrExist) {
			t.Errorf("over another copy: got %v, want %v", err, os.ErrExist)
		}
		later := r.user()
		copied := open(t, "sqlite:"+file)
		if got, err := copied.UserByID(r.ctx(), u.ID); err != nil || got.Email != u.Email {
			t.Errorf("a user of before: got %+v, %v", got, err)
		}
		if _, err := copied.UserByID(r.ctx(), later.ID); err == nil {
			t.Error("a user of afterwards: got one, want none")
		}
	})
}
