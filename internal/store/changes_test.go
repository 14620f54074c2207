package store_test

import (
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/sallyport/sallyport/internal/account"
	"github.com/sallyport/sallyport/internal/audit"
	"github.com/sallyport/sallyport/internal/factor"
	"github.com/sallyport/sallyport/internal/ident"
	"github.com/sallyport/sallyport/internal/onetime"
	"github.com/sallyport/sallyport/internal/provider"
	"github.com/sallyport/sallyport/internal/session"
	"github.com/sallyport/sallyport/internal/store"
	"github.com/sallyport/sallyport/internal/token"
)

// world is a user with one of everything, for the changes below to change.
type world struct {
	*rig
	u, locked    account.User
	other        account.User    // whom nothing happens to
	to           account.Address // where u may move
	n            session.Session
	first        session.Refresh
	app, pending factor.Enrolment
	backup       factor.BackupCode
	passkey      factor.Passkey
	linked       provider.Account
	k            token.Key
	tokens       map[onetime.Kind]onetime.Token
}

func (r *rig) world() *world {
	r.Helper()
	w := &world{rig: r, u: r.user(), locked: r.user(), other: r.user(), tokens: map[onetime.Kind]onetime.Token{}}
	w.to = account.Address{Display: "New." + w.u.Email, Canonical: "new." + w.u.Canonical}
	for _, k := range []onetime.Kind{onetime.Setup, onetime.Attempt, onetime.EmailVerify, onetime.PasswordReset, onetime.EmailChange, onetime.EmailUndo, onetime.SMSChallenge, onetime.Handover} {
		w.tokens[k] = r.issue(k, w.u.ID)
	}
	w.k = r.key(time.Time{})
	w.n, w.first = r.session(w.u.ID)
	w.linked, w.passkey = r.link(w.u), passkey(w.u.ID)
	r.must(r.AddPasskey(r.ctx(), w.passkey, nil, 9, nil, audit.Trail{}))
	w.app, w.pending = r.factor(w.u.ID), enrolment(w.u.ID)
	r.must(r.BeginEnrolment(r.ctx(), w.pending, audit.Trail{}))
	r.must(r.ReplaceBackupCodes(r.ctx(), w.u.ID, codes("aa", "bb"), noon, audit.Trail{}))
	r.exec("INSERT INTO sms_sends (id, number, country, user_id, ip_prefix, sent_at) VALUES (?, 447700900123, 'GB', ?, '192.0.2.7', ?)", ident.New(), w.u.ID, micros(noon))
	var err error
	w.backup, err = r.BackupCode(r.ctx(), w.u.ID, "aa")
	r.must(err)
	_, touched, err := r.DisableUser(r.ctx(), ending(w.locked.ID), audit.Trail{})
	r.done(touched, err)
	return w
}

// stale is the user as somebody read them before their address moved.
func (w *world) stale() account.User {
	u := w.u
	u.Canonical = "earlier@example.org"
	return u
}

func (w *world) hash(k onetime.Kind) []byte { return w.tokens[k].Hash }

// a change is one call of a store method that leaves a trail.
type change struct {
	method string
	do     func(w *world, t audit.Trail) (touched bool, err error)
	// once says that the second call of do touches nothing.
	once bool
	// refused is a call that must fail or touch nothing, after it has done a part
	// of its work; nil: there is none.
	refused func(w *world, t audit.Trail) (touched bool, err error)
}

// wrote is the result of a method that says by its error alone whether it wrote.
func wrote(err error) (bool, error) { return err == nil, err }

func revoked(revs []session.Revocation, err error) (bool, error) { return len(revs) > 0, err }

func touching(_ []session.Revocation, touched bool, err error) (bool, error) { return touched, err }

func changes() []change {
	return slices.Concat(accountChanges(), sessionChanges(), factorChanges(), providerChanges(), passkeyChanges(), wholeChanges())
}

func TestChangesAreAllListed(t *testing.T) {
	var want, got []string
	for m := range reflect.TypeFor[*store.Store]().Methods() {
		for in := range m.Type.Ins() {
			if holdsTrail(in) {
				want = append(want, m.Name)
			}
		}
	}
	for _, c := range changes() {
		got = append(got, c.method)
	}
	slices.Sort(want)
	slices.Sort(got)
	if !slices.Equal(got, want) {
		t.Errorf("AU-06 methods that leave a trail: got %v listed, want %v", got, want)
	}
}

// holdsTrail reports whether a parameter is a trail or has one in it.
func holdsTrail(in reflect.Type) bool {
	trail := reflect.TypeFor[audit.Trail]()
	if in == trail || in.Kind() != reflect.Struct {
		return in == trail
	}
	for f := range in.Fields() {
		if f.Type == trail {
			return true
		}
	}
	return false
}

// TestChangeAndTrailCommitTogether has every change refused, lets it through,
// and has it refused again: nothing, or all of it, is in the database (AU-06).
func TestChangeAndTrailCommitTogether(t *testing.T) {
	onBoth(t, func(t *testing.T, r *rig) {
		worlds := r.worlds()
		r.wantNothingWritten("refused half-way", func() {
			for _, c := range changes() {
				if w := worlds[c.method]; c.refused != nil {
					touched, err := c.refused(w, w.trail(w.u.ID))
					wantRefused(t, c, touched, err)
				}
			}
		})
		for _, c := range changes() {
			w := worlds[c.method]
			events, messages := w.count("SELECT COUNT(*) FROM audit_logs"), w.count("SELECT COUNT(*) FROM outbox")
			touched, err := c.do(w, w.trail(w.u.ID))
			if err != nil || !touched {
				t.Errorf("AU-06 %s: got touched %t, error %v; want true, none", c.method, touched, err)
			}
			events, messages = w.count("SELECT COUNT(*) FROM audit_logs")-events, w.count("SELECT COUNT(*) FROM outbox")-messages
			if events != 1 || messages != 1 {
				t.Errorf("AU-06 %s: wrote %d events and %d messages, want 1 and 1", c.method, events, messages)
			}
		}
		r.wantNothingWritten("a second time", func() {
			for _, c := range changes() {
				if w := worlds[c.method]; c.once {
					touched, err := c.do(w, w.trail(w.u.ID))
					wantRefused(t, c, touched, err)
				}
			}
		})
	})
}

// worlds is a world of its own for each change.
func (r *rig) worlds() map[string]*world {
	r.Helper()
	all := map[string]*world{}
	for _, c := range changes() {
		all[c.method] = r.world()
	}
	return all
}

func wantRefused(t *testing.T, c change, touched bool, err error) {
	t.Helper()
	if touched && err == nil {
		t.Errorf("AU-06 %s: got touched, want an error or nothing touched", c.method)
	}
}

// wantNothingWritten fails if the database is another one after f.
func (r *rig) wantNothingWritten(when string, f func()) {
	r.Helper()
	before := r.dump()
	f()
	if diff := difference(before, r.dump()); diff != "" {
		r.Errorf("AU-06 %s, the database changed: %s", when, diff)
	}
}

// TestHalfAChange takes one table after the other away while the changes run:
// wherever one breaks off, nothing of it stands. Without the tables of the trail
// none goes through (AU-06); without another table a trail that cannot be written
// sees to that (OP-09).
func TestHalfAChange(t *testing.T) {
	onBoth(t, func(t *testing.T, r *rig) {
		worlds := r.worlds()
		before := r.dump()
		for _, table := range r.tables() {
			r.exec("ALTER TABLE " + table + " RENAME TO " + table + "_away")
			for _, c := range changes() {
				w := worlds[c.method]
				trail := w.trail(w.u.ID)
				if table != "audit_logs" && table != "outbox" {
					trail.Events = nil // a message without the event that caused it
				}
				if _, err := c.do(w, trail); err == nil {
					t.Errorf("AU-06 OP-09 %s without the table %s: got no error, want one", c.method, table)
				}
			}
			r.exec("ALTER TABLE " + table + "_away RENAME TO " + table)
			if diff := difference(before, r.dump()); diff != "" {
				t.Fatalf("AU-06 OP-09 without the table %s changes were not undone: %s", table, diff)
			}
		}
	})
}

func TestSingleUse(t *testing.T) {
	onBoth(t, func(t *testing.T, r *rig) {
		for _, c := range changes() {
			if !c.once {
				continue
			}
			t.Run(c.method+": of 64 at once exactly one counts", func(t *testing.T) {
				w := r.in(t).world()
				before := w.count("SELECT COUNT(*) FROM audit_logs")
				won := w.atOnce(64, func() (bool, error) { return c.do(w, audit.Of(w.event(w.u.ID))) })
				if events := w.count("SELECT COUNT(*) FROM audit_logs") - before; won != 1 || events != 1 {
					t.Errorf("got %d winners and %d events, want 1 and 1", won, events)
				}
			})
		}
	})
}
