package store_test

import (
	"testing"
	"time"

	"github.com/sallyport/sallyport/internal/account"
	"github.com/sallyport/sallyport/internal/audit"
	"github.com/sallyport/sallyport/internal/fault"
	"github.com/sallyport/sallyport/internal/onetime"
	"github.com/sallyport/sallyport/internal/proof"
	"github.com/sallyport/sallyport/internal/session"
)

func TestPasswords(t *testing.T) {
	onBoth(t, func(t *testing.T, r *rig) {
		later := noon.Add(time.Hour)
		at := func(u string) session.Ending {
			e := ending(u)
			e.At = later
			return e
		}
		t.Run("PW-10 TK-12 a change ends the other sessions and kills links", func(t *testing.T) {
			w := r.in(t).world()
			kept, _ := w.session(w.u.ID)
			e := at(w.u.ID)
			e.ExceptID = kept.ID
			revs, err := w.ChangePassword(w.ctx(), w.u.ID, "$argon2id$new", e, audit.Trail{})
			if err != nil || len(revs) != 1 || revs[0].Value != w.n.ID {
				t.Errorf("got %+v, error %v; want the other session revoked", revs, err)
			}
			if u := w.again(w.u.ID); u.PasswordHash != "$argon2id$new" || !u.PasswordChangedAt.Equal(later) {
				t.Errorf("got %q changed at %v, want $argon2id$new at %v", u.PasswordHash, u.PasswordChangedAt, later)
			}
			if w.live(w.tokens[onetime.PasswordReset], noon) || w.live(w.tokens[onetime.Attempt], noon) {
				t.Error("RC-02 a reset link or a sign-in under way: got it alive, want it dead")
			}
		})
		t.Run("RC-02 RC-04 a reset does the same and proves the mailbox", func(t *testing.T) {
			w := r.in(t).world()
			second := w.issue(onetime.PasswordReset, w.u.ID)
			_, touched, err := w.ResetPassword(w.ctx(), second.Hash, w.u, "$argon2id$new", ending(w.u.ID), audit.Trail{})
			w.done(touched, err)
			if u := w.again(w.u.ID); u.PasswordHash != "$argon2id$new" || !u.EmailVerifiedAt.Equal(noon) {
				t.Errorf("got %q, verified at %v; want $argon2id$new, %v", u.PasswordHash, u.EmailVerifiedAt, noon)
			}
			if w.live(w.tokens[onetime.PasswordReset], noon) {
				t.Error("the older link: got it alive, want it dead")
			}
			locked := w.issue(onetime.PasswordReset, w.locked.ID)
			_, _, err = w.ResetPassword(w.ctx(), locked.Hash, w.locked, "$argon2id$new", ending(w.locked.ID), audit.Trail{})
			if fault.Of(err) != fault.CodeNotFound || !w.live(locked, noon) {
				t.Errorf("a locked user's: got error %v, link alive %t; want %s, true", err, w.live(locked, noon), fault.CodeNotFound)
			}
		})
		t.Run("OA-09 a reset keeps what a verified user linked", func(t *testing.T) {
			w := r.in(t).world()
			w.done(w.VerifyEmail(w.ctx(), w.hash(onetime.EmailVerify), w.u.ID, w.u.Canonical, noon, audit.Trail{}))
			_, touched, err := w.ResetPassword(w.ctx(), w.hash(onetime.PasswordReset), w.u, "$argon2id$new", ending(w.u.ID), audit.Trail{})
			w.done(touched, err)
			if linked, err := w.OAuthAccounts(w.ctx(), w.u.ID); err != nil || len(linked) != 1 {
				t.Errorf("got %d linked accounts, error %v; want 1", len(linked), err)
			}
		})
		t.Run("PW-06 a rehash loses against a change", func(t *testing.T) {
			r := r.in(t)
			u := r.user()
			r.must(r.UpgradePasswordHash(r.ctx(), u.ID, "$argon2id$other", "$argon2id$lost"))
			if got := r.again(u.ID).PasswordHash; got != u.PasswordHash {
				t.Errorf("from another hash: got %q, want %q", got, u.PasswordHash)
			}
			r.must(r.UpgradePasswordHash(r.ctx(), u.ID, u.PasswordHash, "$argon2id$stronger"))
			if got := r.again(u.ID); got.PasswordHash != "$argon2id$stronger" || !got.PasswordChangedAt.Equal(noon) {
				t.Errorf("got %q changed at %v, want $argon2id$stronger at %v", got.PasswordHash, got.PasswordChangedAt, noon)
			}
		})
	})
}

func TestEmailChange(t *testing.T) {
	onBoth(t, func(t *testing.T, r *rig) {
		t.Run("RC-07 moves the account and leaves the way back", func(t *testing.T) {
			w := r.in(t).world()
			mailbox := enrolment(w.u.ID)
			mailbox.Method, mailbox.Secret, mailbox.Email = proof.Email, nil, w.u.Email
			w.must(w.BeginEnrolment(w.ctx(), mailbox, audit.Trail{}))
			undo := ticket(onetime.EmailUndo, w.u.ID)
			w.done(w.ChangeEmail(w.ctx(), w.hash(onetime.EmailChange), w.u, w.to, undo, audit.Trail{}))
			if u := w.again(w.u.ID); u.Canonical != w.to.Canonical || u.Email != w.to.Display || !u.EmailVerifiedAt.Equal(noon) {
				t.Errorf("got %+v, want the new address, verified", u)
			}
			list, err := w.Enrolments(w.ctx(), w.u.ID, noon)
			w.must(err)
			for _, e := range list {
				if follows := e.Email == w.to.Display; follows != (e.Method == proof.Email) || e.Method != proof.Email && e.Email != "" {
					t.Errorf("OT-09 the address of the factor %s: got %q, want the new one for e-mail codes alone", e.Method, e.Email)
				}
			}
			for _, k := range []onetime.Kind{onetime.PasswordReset, onetime.EmailVerify} {
				if w.live(w.tokens[k], noon) {
					t.Errorf("RC-02 %s sent to the old address: got it alive, want it dead", k)
				}
			}
			back := account.Address{Display: w.u.Email, Canonical: w.u.Canonical}
			revs, touched, err := w.UndoEmailChange(w.ctx(), undo.Hash, w.again(w.u.ID), back, ending(w.u.ID), audit.Trail{})
			w.done(touched, err)
			if u := w.again(w.u.ID); u.Canonical != w.u.Canonical || len(revs) != 1 {
				t.Errorf("taken back: got %s and %d revocations, want %s and 1", u.Canonical, len(revs), w.u.Canonical)
			}
		})
		t.Run("RC-09 refuses an address that was taken meanwhile", func(t *testing.T) {
			w := r.in(t).world()
			taken := account.Address{Display: w.locked.Email, Canonical: w.locked.Canonical}
			_, err := w.ChangeEmail(w.ctx(), w.hash(onetime.EmailChange), w.u, taken, ticket(onetime.EmailUndo, w.u.ID), audit.Trail{})
			_, _, undone := w.UndoEmailChange(w.ctx(), w.hash(onetime.EmailUndo), w.u, taken, ending(w.u.ID), audit.Trail{})
			if fault.Of(err) != fault.CodeConflict || fault.Of(undone) != fault.CodeConflict || !w.live(w.tokens[onetime.EmailChange], noon) {
				t.Errorf("got errors %v and %v, link alive %t; want two of %s, true", err, undone, w.live(w.tokens[onetime.EmailChange], noon), fault.CodeConflict)
			}
		})
		t.Run("RC-07 is called off by the old mailbox", func(t *testing.T) {
			w := r.in(t).world()
			w.done(w.CancelEmailChange(w.ctx(), w.hash(onetime.EmailUndo), w.u.ID, noon, audit.Trail{}))
			if w.live(w.tokens[onetime.EmailChange], noon) || !w.live(w.tokens[onetime.PasswordReset], noon) {
				t.Error("want the link to the new address dead and nothing else")
			}
		})
		t.Run("the mailbox is verified by the link sent to it", func(t *testing.T) {
			w := r.in(t).world()
			w.done(w.VerifyEmail(w.ctx(), w.hash(onetime.EmailVerify), w.u.ID, w.u.Canonical, noon, audit.Trail{}))
			if !w.again(w.u.ID).EmailVerified() {
				t.Error("got unverified, want verified")
			}
			touched, err := w.ReplaceUnverified(w.ctx(), w.u, ticket(onetime.EmailVerify, w.u.ID), audit.Trail{})
			w.refused("OA-09 a newer registration of a verified account", touched, err)
		})
	})
}
