package account_test

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/sallyport/sallyport/internal/account"
	"github.com/sallyport/sallyport/internal/bus/memory"
	"github.com/sallyport/sallyport/internal/fault"
)

// rows is a table of users that counts how often it is read.
type rows struct {
	mu      sync.Mutex
	users   map[string]account.User
	changed map[string]time.Time
	reads   int
	down    error
	// meanwhile is called while a row is read, after it was.
	meanwhile func()
}

func newRows(names ...string) *rows {
	r := &rows{users: map[string]account.User{}, changed: map[string]time.Time{}}
	for _, n := range names {
		r.users[n] = account.User{ID: n, Name: n}
	}
	return r
}

func (r *rows) UserByID(_ context.Context, id string) (account.User, error) {
	r.mu.Lock()
	r.reads++
	u, ok := r.users[id]
	down, meanwhile := r.down, r.meanwhile
	r.mu.Unlock()
	if meanwhile != nil {
		meanwhile()
	}
	if !ok && down == nil {
		return u, fault.New(fault.CodeNotFound)
	}
	return u, down
}

func (r *rows) UsersChangedSince(_ context.Context, since time.Time, limit int) (ids []string, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for id, at := range r.changed {
		if !at.Before(since) && len(ids) < limit {
			ids = append(ids, id)
		}
	}
	return ids, r.down
}

// rename changes a user past the set, as another node or the command line does.
func (r *rows) rename(id, name string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	u := r.users[id]
	u.Name = name
	r.users[id], r.changed[id] = u, time.Now()
}

func (r *rows) fail(err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.down = err
}

// running is a set that follows its table.
func running(t *testing.T, r *rows, b *memory.Bus) *account.Profiles {
	t.Helper()
	p := account.NewProfiles(r, b, time.Now, slog.New(slog.DiscardHandler))
	if err := p.Sweep(t.Context()); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	var done sync.WaitGroup
	done.Go(func() { p.Run(ctx) })
	t.Cleanup(func() { stop(); done.Wait() })
	synctest.Wait()
	return p
}

func name(t *testing.T, p *account.Profiles, id string) string {
	t.Helper()
	got, err := p.Get(t.Context(), id)
	if err != nil {
		t.Fatalf("%s: got error %v, want none", id, err)
	}
	return got.Name
}

func TestProfiles(t *testing.T) {
	t.Run("nothing is read while nothing changes", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			r := newRows("ada")
			p := running(t, r, memory.New(0))
			for range 100 {
				name(t, p, "ada")
				<-time.After(time.Second)
			}
			if r.reads != 1 {
				t.Errorf("100 times in 100 s: got %d reads, want 1", r.reads)
			}
		})
	})
	t.Run("a change of this node shows at once", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			r := newRows("ada")
			p := running(t, r, memory.New(0))
			name(t, p, "ada")
			r.rename("ada", "Ada")
			p.Changed("ada")
			if got := name(t, p, "ada"); got != "Ada" {
				t.Errorf("got %q, want the new name", got)
			}
		})
	})
	t.Run("a change of another node shows when the bus tells", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			r, b := newRows("ada"), memory.New(0)
			here, there := running(t, r, b), running(t, r, b)
			name(t, there, "ada")
			r.rename("ada", "Ada")
			here.Changed("ada")
			synctest.Wait()
			if got := name(t, there, "ada"); got != "Ada" {
				t.Errorf("got %q, want the new name", got)
			}
		})
	})
	t.Run("a change that nobody tells shows after a sweep", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			r := newRows("ada")
			p := running(t, r, memory.New(0))
			name(t, p, "ada")
			r.rename("ada", "Ada")
			<-time.After(2500 * time.Millisecond)
			if got := name(t, p, "ada"); got != "Ada" {
				t.Errorf("2.5 s later: got %q, want the new name", got)
			}
		})
	})
	t.Run("without sweeps everybody is read anew, and an error is told", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			r := newRows("ada")
			p := running(t, r, memory.New(0))
			name(t, p, "ada")
			gone := errors.New("gone")
			r.fail(gone)
			<-time.After(13 * time.Second)
			if _, err := p.Get(t.Context(), "ada"); !errors.Is(err, gone) {
				t.Errorf("OP-09 13 s after the last sweep: got error %v, want %v", err, gone)
			}
			r.fail(nil)
			r.rename("ada", "Ada")
			<-time.After(3 * time.Second)
			if got := name(t, p, "ada"); got != "Ada" {
				t.Errorf("once it is back: got %q, want the new name", got)
			}
		})
	})
	t.Run("a change while the row is read is not lost", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			r := newRows("ada")
			p := running(t, r, memory.New(0))
			r.meanwhile = func() { r.rename("ada", "Ada"); p.Changed("ada") }
			name(t, p, "ada")
			r.meanwhile = nil
			if got := name(t, p, "ada"); got != "Ada" {
				t.Errorf("got %q, want the new name", got)
			}
		})
	})
	t.Run("nobody is held who is not there", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			p := running(t, newRows(), memory.New(0))
			if _, err := p.Get(t.Context(), "ada"); fault.Of(err) != fault.CodeNotFound {
				t.Errorf("got %v, want not_found", err)
			}
			if got := p.Len(); got != 0 {
				t.Errorf("got %d held, want none", got)
			}
		})
	})
}
