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
	"github.com/sallyport/sallyport/internal/proof"
	"github.com/sallyport/sallyport/internal/session"
	"github.com/sallyport/sallyport/internal/store"
	"github.com/sallyport/sallyport/internal/token"
)

// world is a user with one of everything, for the changes below to change.
type world struct {
	*rig
	u, locked    account.User
	to           account.Address // where u may move
	n            session.Session
	first        session.Refresh
	app, pending factor.Enrolment
	backup       factor.BackupCode
	k            token.Key
	tokens       map[onetime.Kind]onetime.Token
}

func (r *rig) world() *world {
	r.Helper()
	w := &world{rig: r, u: r.user(), locked: r.user(), tokens: map[onetime.Kind]onetime.Token{}}
	w.to = account.Address{Display: "New." + w.u.Email, Canonical: "new." + w.u.Canonical}
	for _, k := range []onetime.Kind{onetime.Setup, onetime.Attempt, onetime.EmailVerify, onetime.PasswordReset, onetime.EmailChange, onetime.EmailUndo} {
		w.tokens[k] = r.issue(k, w.u.ID)
	}
	w.k = r.key(time.Time{})
	w.n, w.first = r.session(w.u.ID)
	w.app, w.pending = r.factor(w.u.ID), enrolment(w.u.ID)
	r.must(r.BeginEnrolment(r.ctx(), w.pending, audit.Trail{}))
	r.must(r.ReplaceBackupCodes(r.ctx(), w.u.ID, codes("aa", "bb"), noon, audit.Trail{}))
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

func accountChanges() []change {
	return []change{
		{
			method: "CreateUser",
			do: func(w *world, t audit.Trail) (bool, error) {
				u := person(ident.New() + "@example.org")
				link := ticket(onetime.EmailVerify, u.ID)
				return wrote(w.CreateUser(w.ctx(), u, &link, t))
			},
			refused: func(w *world, t audit.Trail) (bool, error) {
				u, link := person(ident.New()+"@example.org"), w.tokens[onetime.EmailVerify]
				return wrote(w.CreateUser(w.ctx(), u, &link, t))
			},
		},
		{
			method: "CreateFirstAdmin", once: true,
			do: func(w *world, t audit.Trail) (bool, error) {
				return w.CreateFirstAdmin(w.ctx(), w.hash(onetime.Setup), person(ident.New()+"@example.org"), t)
			},
			refused: func(w *world, t audit.Trail) (bool, error) {
				return w.CreateFirstAdmin(w.ctx(), w.hash(onetime.Setup), person(w.u.Canonical), t)
			},
		},
		{
			method: "ReplaceUnverified",
			do: func(w *world, t audit.Trail) (bool, error) {
				return w.ReplaceUnverified(w.ctx(), w.u, ticket(onetime.EmailVerify, w.u.ID), t)
			},
			refused: func(w *world, t audit.Trail) (bool, error) {
				return w.ReplaceUnverified(w.ctx(), w.locked, ticket(onetime.EmailVerify, w.locked.ID), t)
			},
		},
		{
			method: "VerifyEmail", once: true,
			do: func(w *world, t audit.Trail) (bool, error) {
				return w.VerifyEmail(w.ctx(), w.hash(onetime.EmailVerify), w.u.ID, w.u.Canonical, noon, t)
			},
			refused: func(w *world, t audit.Trail) (bool, error) {
				return w.VerifyEmail(w.ctx(), w.hash(onetime.EmailVerify), w.u.ID, "earlier@example.org", noon, t)
			},
		},
		{
			method: "RenameUser",
			do: func(w *world, t audit.Trail) (bool, error) {
				return wrote(w.RenameUser(w.ctx(), w.u.ID, "Ada L.", noon, t))
			},
			refused: func(w *world, t audit.Trail) (bool, error) {
				return wrote(w.RenameUser(w.ctx(), ident.New(), "Ada L.", noon, t))
			},
		},
		{
			method: "SetRole",
			do: func(w *world, t audit.Trail) (bool, error) {
				return revoked(w.SetRole(w.ctx(), w.u.ID, account.Admin, ending(w.u.ID), t))
			},
			refused: func(w *world, t audit.Trail) (bool, error) {
				return revoked(w.SetRole(w.ctx(), ident.New(), account.Admin, ending(w.u.ID), t))
			},
		},
		{
			method: "ChangeEmail", once: true,
			do: func(w *world, t audit.Trail) (bool, error) {
				return w.ChangeEmail(w.ctx(), w.hash(onetime.EmailChange), w.u, w.to, ticket(onetime.EmailUndo, w.u.ID), t)
			},
			refused: func(w *world, t audit.Trail) (bool, error) {
				return w.ChangeEmail(w.ctx(), w.hash(onetime.EmailChange), w.stale(), w.to, ticket(onetime.EmailUndo, w.u.ID), t)
			},
		},
		{
			method: "UndoEmailChange", once: true,
			do: func(w *world, t audit.Trail) (bool, error) {
				return touching(w.UndoEmailChange(w.ctx(), w.hash(onetime.EmailUndo), w.u, w.to, ending(w.u.ID), t))
			},
			refused: func(w *world, t audit.Trail) (bool, error) {
				return touching(w.UndoEmailChange(w.ctx(), w.hash(onetime.EmailUndo), w.stale(), w.to, ending(w.u.ID), t))
			},
		},
		{
			method: "CancelEmailChange", once: true,
			do: func(w *world, t audit.Trail) (bool, error) {
				return w.CancelEmailChange(w.ctx(), w.hash(onetime.EmailUndo), w.u.ID, noon, t)
			},
		},
		{
			method: "DisableUser", once: true,
			do: func(w *world, t audit.Trail) (bool, error) {
				return touching(w.DisableUser(w.ctx(), ending(w.u.ID), t))
			},
		},
		{
			method: "EnableUser", once: true,
			do: func(w *world, t audit.Trail) (bool, error) { return w.EnableUser(w.ctx(), w.locked.ID, noon, t) },
		},
		{
			method: "DeleteUser", once: true,
			do: func(w *world, t audit.Trail) (bool, error) {
				return touching(w.DeleteUser(w.ctx(), ending(w.u.ID), t))
			},
		},
		{
			method: "ChangePassword",
			do: func(w *world, t audit.Trail) (bool, error) {
				return revoked(w.ChangePassword(w.ctx(), w.u.ID, "$argon2id$new", ending(w.u.ID), t))
			},
			refused: func(w *world, t audit.Trail) (bool, error) {
				return revoked(w.ChangePassword(w.ctx(), w.locked.ID, "$argon2id$new", ending(w.u.ID), t))
			},
		},
		{
			method: "ResetPassword", once: true,
			do: func(w *world, t audit.Trail) (bool, error) {
				return touching(w.ResetPassword(w.ctx(), w.hash(onetime.PasswordReset), w.u, "$argon2id$new", ending(w.u.ID), t))
			},
		},
	}
}

func sessionChanges() []change {
	return []change{
		{
			method: "OpenSession", once: true,
			do: func(w *world, t audit.Trail) (bool, error) {
				n, first := visit(w.u.ID)
				return w.OpenSession(w.ctx(), n, first, w.hash(onetime.Attempt), t)
			},
			refused: func(w *world, t audit.Trail) (bool, error) { // the refresh token is taken
				n, _ := visit(w.u.ID)
				return w.OpenSession(w.ctx(), n, w.first, w.hash(onetime.Attempt), t)
			},
		},
		{
			method: "RotateRefresh", once: true,
			do: func(w *world, t audit.Trail) (bool, error) {
				return w.RotateRefresh(w.ctx(), w.first.Hash, refresh(w.n.ID), "spr_next", t)
			},
			refused: func(w *world, t audit.Trail) (bool, error) {
				return w.RotateRefresh(w.ctx(), w.first.Hash, w.first, "", t)
			},
		},
		{
			method: "RaiseSession", once: true,
			do: func(w *world, t audit.Trail) (bool, error) {
				return w.RaiseSession(w.ctx(), w.n, proof.AAL2, append(w.n.Proofs, proof.Proof{Method: proof.TOTP, At: noon}), noon, t)
			},
		},
		{
			method: "EndSessions", once: true,
			do: func(w *world, t audit.Trail) (bool, error) {
				return revoked(w.EndSessions(w.ctx(), ending(w.u.ID), t))
			},
		},
		{
			method: "RevokeToken",
			do: func(w *world, t audit.Trail) (bool, error) {
				return wrote(w.RevokeToken(w.ctx(), session.Revocation{ID: ident.New(), Kind: session.RevokedToken, At: noon, ExpiresAt: noon.Add(time.Hour)}, t))
			},
		},
		{
			method: "IssueOneTime",
			do: func(w *world, t audit.Trail) (bool, error) {
				return wrote(w.IssueOneTime(w.ctx(), ticket(onetime.Ticket, w.u.ID), t))
			},
			refused: func(w *world, t audit.Trail) (bool, error) {
				return wrote(w.IssueOneTime(w.ctx(), w.tokens[onetime.Attempt], t))
			},
		},
		{
			method: "ReplaceOneTime",
			do: func(w *world, t audit.Trail) (bool, error) {
				return wrote(w.ReplaceOneTime(w.ctx(), ticket(onetime.EmailChange, w.u.ID), t, ticket(onetime.EmailUndo, w.u.ID)))
			},
			refused: func(w *world, t audit.Trail) (bool, error) {
				return wrote(w.ReplaceOneTime(w.ctx(), ticket(onetime.EmailChange, w.u.ID), t, w.tokens[onetime.EmailUndo]))
			},
		},
		{
			method: "ReplaceSetup",
			do: func(w *world, t audit.Trail) (bool, error) {
				return wrote(w.ReplaceSetup(w.ctx(), ticket(onetime.Setup, ""), t))
			},
			refused: func(w *world, t audit.Trail) (bool, error) {
				return wrote(w.ReplaceSetup(w.ctx(), w.tokens[onetime.Setup], t))
			},
		},
		{
			method: "UpdateOneTime", once: true,
			do: func(w *world, t audit.Trail) (bool, error) {
				return w.UpdateOneTime(w.ctx(), w.tokens[onetime.Attempt], []byte(`{"n":2}`), noon, t)
			},
		},
		{
			method: "Record",
			do:     func(w *world, t audit.Trail) (bool, error) { return wrote(w.Record(w.ctx(), t)) },
			refused: func(w *world, t audit.Trail) (bool, error) { // a message without its cause
				return wrote(w.Record(w.ctx(), audit.Trail{Messages: t.Messages}))
			},
		},
		{
			method: "ApplyRotation",
			do: func(w *world, t audit.Trail) (bool, error) {
				k, err := token.GenerateKey("ES256", noon)
				w.must(err)
				return wrote(w.ApplyRotation(w.ctx(), token.Rotation{New: &k}, t))
			},
			refused: func(w *world, t audit.Trail) (bool, error) {
				return wrote(w.ApplyRotation(w.ctx(), token.Rotation{New: &w.k, Retire: map[string]time.Time{w.k.ID: noon}}, t))
			},
		},
	}
}

func factorChanges() []change {
	return []change{
		{
			method: "BeginEnrolment",
			do: func(w *world, t audit.Trail) (bool, error) {
				return wrote(w.BeginEnrolment(w.ctx(), enrolment(w.u.ID), t))
			},
			refused: func(w *world, t audit.Trail) (bool, error) { // the id is taken by a confirmed one
				return wrote(w.BeginEnrolment(w.ctx(), w.app, t))
			},
		},
		{
			method: "ConfirmEnrolment", once: true,
			do: func(w *world, t audit.Trail) (bool, error) {
				return w.ConfirmEnrolment(w.ctx(), factor.Confirmation{ID: w.pending.ID, UserID: w.u.ID, Step: 7, BackupCodes: codes("cc"), At: noon}, t)
			},
			refused: func(w *world, t audit.Trail) (bool, error) {
				return w.ConfirmEnrolment(w.ctx(), factor.Confirmation{ID: w.pending.ID, UserID: w.locked.ID, Step: 7, BackupCodes: codes("cc"), At: noon}, t)
			},
		},
		{
			method: "RemoveFactors", once: true,
			do: func(w *world, t audit.Trail) (bool, error) {
				return touching(w.RemoveFactors(w.ctx(), factor.Removal{UserID: w.u.ID, Method: proof.TOTP, BackupCodes: true}, ending(w.u.ID), t))
			},
		},
		{
			method: "ResetFactors",
			do: func(w *world, t audit.Trail) (bool, error) {
				return revoked(w.ResetFactors(w.ctx(), ending(w.u.ID), t))
			},
		},
		{
			method: "ReplaceBackupCodes",
			do: func(w *world, t audit.Trail) (bool, error) {
				return wrote(w.ReplaceBackupCodes(w.ctx(), w.u.ID, codes("cc", "dd"), noon, t))
			},
			refused: func(w *world, t audit.Trail) (bool, error) {
				return wrote(w.ReplaceBackupCodes(w.ctx(), w.u.ID, codes("cc", "cc"), noon, t))
			},
		},
		{
			method: "UseBackupCode", once: true,
			do: func(w *world, t audit.Trail) (bool, error) {
				return w.UseBackupCode(w.ctx(), w.u.ID, w.backup.ID, noon, t)
			},
			refused: func(w *world, t audit.Trail) (bool, error) {
				return w.UseBackupCode(w.ctx(), w.locked.ID, w.backup.ID, noon, t)
			},
		},
	}
}

func changes() []change {
	return slices.Concat(accountChanges(), sessionChanges(), factorChanges())
}

func TestChangesAreAllListed(t *testing.T) {
	trail := reflect.TypeFor[audit.Trail]()
	var want, got []string
	for m := range reflect.TypeFor[*store.Store]().Methods() {
		for in := range m.Type.Ins() {
			if in == trail {
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

func TestChangeAndTrailCommitTogether(t *testing.T) {
	onBoth(t, func(t *testing.T, r *rig) {
		for _, c := range changes() {
			t.Run("AU-06 "+c.method, func(t *testing.T) { together(r.in(t).world(), c) })
		}
	})
}

// together breaks the trail in two ways, then lets the change through, then has
// it refused: nothing, or all of it, is in the database.
func together(w *world, c change) {
	for _, table := range []string{"audit_logs", "outbox"} {
		w.exec("ALTER TABLE " + table + " RENAME TO " + table + "_away")
		before := w.dump()
		if _, err := c.do(w, w.trail(w.u.ID)); err == nil {
			w.Errorf("without the table %s: got no error, want one", table)
		}
		if diff := difference(before, w.dump()); diff != "" {
			w.Errorf("without the table %s: the change was not undone: %s", table, diff)
		}
		w.exec("ALTER TABLE " + table + "_away RENAME TO " + table)
	}
	if c.refused != nil {
		w.wantNothingWritten("refused half-way", func() (bool, error) { return c.refused(w, w.trail(w.u.ID)) })
	}
	events, messages := w.count("SELECT COUNT(*) FROM audit_logs"), w.count("SELECT COUNT(*) FROM outbox")
	touched, err := c.do(w, w.trail(w.u.ID))
	if err != nil || !touched {
		w.Fatalf("with both tables: got touched %t, error %v; want true, none", touched, err)
	}
	events, messages = w.count("SELECT COUNT(*) FROM audit_logs")-events, w.count("SELECT COUNT(*) FROM outbox")-messages
	if events != 1 || messages != 1 {
		w.Errorf("with both tables: wrote %d events and %d messages, want 1 and 1", events, messages)
	}
	if c.once {
		w.wantNothingWritten("a second time", func() (bool, error) { return c.do(w, w.trail(w.u.ID)) })
	}
}

// wantNothingWritten runs a change that must fail or touch nothing.
func (w *world) wantNothingWritten(what string, do func() (bool, error)) {
	w.Helper()
	before := w.dump()
	if touched, err := do(); touched && err == nil {
		w.Errorf("%s: got touched, want an error or nothing touched", what)
	}
	if diff := difference(before, w.dump()); diff != "" {
		w.Errorf("%s: the database changed: %s", what, diff)
	}
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
