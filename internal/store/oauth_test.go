package store_test

import (
	"bytes"
	"crypto/rand"
	"errors"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/sallyport/sallyport/internal/account"
	"github.com/sallyport/sallyport/internal/audit"
	"github.com/sallyport/sallyport/internal/fault"
	"github.com/sallyport/sallyport/internal/ident"
	"github.com/sallyport/sallyport/internal/onetime"
	"github.com/sallyport/sallyport/internal/provider"
)

// identity is an account of that user at a provider that nobody has linked yet.
func identity(userID, name string) provider.Account {
	return provider.Account{
		ID: ident.New(), UserID: userID, Provider: name, Issuer: "https://" + name + ".example", Subject: rand.Text(),
		Email: "ada@example.org", EmailVerified: true, CreatedAt: noon, UpdatedAt: noon,
		Tokens: provider.Tokens{Access: "access-" + rand.Text(), Refresh: "refresh-" + rand.Text(), ExpiresAt: noon.Add(time.Hour)},
	}
}

// handover issues a hand-over code that nobody belongs to yet.
func (r *rig) handover() []byte { return r.issue(onetime.Handover, "").Hash }

// link links a new account to that user, who asked for it.
func (r *rig) link(u account.User, name ...string) provider.Account {
	r.Helper()
	a := identity(u.ID, append(name, "google")[0])
	_, touched, err := r.LinkAccount(r.ctx(), r.handover(), provider.Linking{Account: a, User: u, Asked: true}, audit.Trail{})
	r.done(touched, err)
	return a
}

func providerChanges() []change {
	return []change{
		{
			method: "SignUpWithProvider", once: true,
			do: func(w *world, t audit.Trail) (bool, error) {
				u := person(ident.New() + "@example.org")
				link := ticket(onetime.EmailVerify, u.ID)
				return w.SignUpWithProvider(w.ctx(), w.hash(onetime.Handover), u, identity(u.ID, "google"), &link, t)
			},
			refused: func(w *world, t audit.Trail) (bool, error) {
				u := person(ident.New() + "@example.org")
				taken := w.linked
				taken.ID, taken.UserID = ident.New(), u.ID
				return w.SignUpWithProvider(w.ctx(), w.hash(onetime.Handover), u, taken, nil, t)
			},
		},
		{
			method: "LinkAccount", once: true,
			do: func(w *world, t audit.Trail) (bool, error) {
				l := provider.Linking{Account: identity(w.u.ID, "github"), User: w.u, Asked: true}
				return touching(w.LinkAccount(w.ctx(), w.hash(onetime.Handover), l, t))
			},
			refused: func(w *world, t audit.Trail) (bool, error) {
				e := ending(w.u.ID)
				taken := w.linked
				taken.ID, taken.UserID, taken.Provider = ident.New(), w.locked.ID, "google"
				l := provider.Linking{Account: taken, User: w.locked, CleanUp: &e}
				return touching(w.LinkAccount(w.ctx(), w.hash(onetime.Handover), l, t))
			},
		},
		{
			method: "UseAccount", once: true,
			do: func(w *world, t audit.Trail) (bool, error) {
				return w.UseAccount(w.ctx(), w.hash(onetime.Handover), w.linked, t)
			},
			refused: func(w *world, t audit.Trail) (bool, error) {
				return w.UseAccount(w.ctx(), w.hash(onetime.Handover), identity(w.u.ID, "google"), t)
			},
		},
		{
			method: "SpendHandover", once: true,
			do: func(w *world, t audit.Trail) (bool, error) {
				return w.SpendHandover(w.ctx(), w.hash(onetime.Handover), noon, t)
			},
		},
		{
			method: "TakenAtProvider", once: true,
			do: func(w *world, t audit.Trail) (bool, error) {
				return w.TakenAtProvider(w.ctx(), w.hash(onetime.Handover), w.u.ID, [2]onetime.Token{ticket(onetime.EmailVerify, ident.New()), ticket(onetime.EmailVerify, ident.New())}, t)
			},
			refused: func(w *world, t audit.Trail) (bool, error) {
				return w.TakenAtProvider(w.ctx(), w.hash(onetime.Handover), w.u.ID, [2]onetime.Token{ticket(onetime.EmailVerify, ident.New()), w.tokens[onetime.EmailVerify]}, t)
			},
		},
		{
			method: "RenewTokens", once: true,
			do: func(w *world, t audit.Trail) (bool, error) {
				next := w.linked
				next.UpdatedAt, next.Tokens.Access = noon.Add(time.Minute), "renewed"
				return w.RenewTokens(w.ctx(), next, w.linked.UpdatedAt, t)
			},
		},
		{
			method: "MergeUsers",
			do: func(w *world, t audit.Trail) (bool, error) {
				return revoked(w.MergeUsers(w.ctx(), w.other.ID, ending(w.u.ID), t))
			},
			refused: func(w *world, t audit.Trail) (bool, error) {
				return revoked(w.MergeUsers(w.ctx(), w.locked.ID, ending(w.u.ID), t))
			},
		},
		{
			method: "UnlinkAccount",
			do: func(w *world, t audit.Trail) (bool, error) {
				return revoked(w.UnlinkAccount(w.ctx(), w.linked.ID, []string{"google"}, ending(w.u.ID), t))
			},
			refused: func(w *world, t audit.Trail) (bool, error) {
				return revoked(w.UnlinkAccount(w.ctx(), ident.New(), []string{"google"}, ending(w.u.ID), t))
			},
		},
	}
}

func TestLinkedAccounts(t *testing.T) {
	onBoth(t, func(t *testing.T, r *rig) {
		u := r.user()
		a := r.link(u)
		got, err := r.OAuthAccount(r.ctx(), a.Provider, a.Issuer, a.Subject)
		if err != nil || got != a {
			t.Errorf("OAuthAccount: got %+v %v, want %+v", got, err, a)
		}
		for _, other := range [][3]string{{"github", a.Issuer, a.Subject}, {a.Provider, a.Issuer + "/", a.Subject}, {a.Provider, a.Issuer, a.Subject + "x"}} {
			if _, err := r.OAuthAccount(r.ctx(), other[0], other[1], other[2]); fault.Of(err) != fault.CodeNotFound {
				t.Errorf("OA-06 OAuthAccount(%v): got %v, want not found", other, err)
			}
		}
		second := r.link(u)
		if all, err := r.OAuthAccounts(r.ctx(), u.ID); err != nil || !slices.Equal(all, []provider.Account{a, second}) {
			t.Errorf("two of one provider: got %+v %v", all, err)
		}
		t.Run("OP-02 tokens are sealed, and open in their own row only", func(t *testing.T) {
			sealed := r.bytes("SELECT refresh_token FROM oauth_accounts WHERE id = ?", a.ID)
			if len(sealed) == 0 || bytes.Contains(sealed, []byte(a.Tokens.Refresh)) {
				t.Errorf("refresh_token: got %q, want it sealed", sealed)
			}
			r.exec("UPDATE oauth_accounts SET refresh_token = ? WHERE id = ?", sealed, second.ID)
			if _, err := r.OAuthAccount(r.ctx(), second.Provider, second.Issuer, second.Subject); err == nil {
				t.Error("a token of another row: got no error, want one")
			}
		})
		t.Run("a sign-in notes what the provider says now", func(t *testing.T) {
			a.Email, a.EmailVerified, a.LastUsedAt, a.Tokens = "new@example.org", false, noon.Add(time.Hour), provider.Tokens{}
			a.UpdatedAt = a.LastUsedAt
			tok := ticket(onetime.Handover, "")
			tok.ExpiresAt = noon.Add(2 * time.Hour)
			r.must(r.IssueOneTime(r.ctx(), tok, audit.Trail{}))
			r.done(r.UseAccount(r.ctx(), tok.Hash, a, audit.Trail{}))
			if got, err := r.OAuthAccount(r.ctx(), a.Provider, a.Issuer, a.Subject); err != nil || got != a {
				t.Errorf("OAuthAccount: got %+v %v, want %+v", got, err, a)
			}
		})
	})
}

func TestLinkConditions(t *testing.T) {
	onBoth(t, func(t *testing.T, r *rig) {
		verified := func() account.User {
			u := r.user()
			tok := r.issue(onetime.EmailVerify, u.ID)
			r.done(r.VerifyEmail(r.ctx(), tok.Hash, u.ID, u.Canonical, noon, audit.Trail{}))
			return u
		}
		link := func(l provider.Linking) error {
			hash := r.handover()
			_, touched, err := r.LinkAccount(r.ctx(), hash, l, audit.Trail{})
			if err == nil && !touched {
				err = errors.New("nothing touched")
			}
			if err != nil {
				if _, live := r.FindOneTime(r.ctx(), onetime.Handover, hash, noon); live != nil {
					t.Errorf("the code of a refused link: got %v, want it good still", live)
				}
			}
			return err
		}
		u := verified()
		if err := link(provider.Linking{Account: identity(u.ID, "google"), User: u}); err != nil {
			t.Errorf("OA-08 verified: got %v, want nil", err)
		}
		if err := link(provider.Linking{Account: identity(u.ID, "google"), User: u}); fault.Of(err) != fault.CodeConflict {
			t.Errorf("OA-08 a second of that provider: got %v, want conflict", err)
		}
		if err := link(provider.Linking{Account: identity(u.ID, "google"), User: u, Asked: true}); err != nil {
			t.Errorf("a second, asked for: got %v, want nil", err)
		}
		n, _ := r.session(u.ID)
		within := func(userID, sessionID string) error {
			return link(provider.Linking{Account: identity(userID, "google"), User: u, Asked: true, SessionID: sessionID})
		}
		if err := within(u.ID, n.ID); err != nil {
			t.Errorf("in the session that asked: got %v, want nil", err)
		}
		theirs, _ := r.session(r.user().ID)
		if err := within(u.ID, theirs.ID); fault.Of(err) != fault.CodeForbidden {
			t.Errorf("TK-12 in somebody else's session: got %v, want forbidden", err)
		}
		if _, err := r.EndSessions(r.ctx(), ending(u.ID), audit.Trail{}); err != nil {
			t.Fatal(err)
		}
		if err := within(u.ID, n.ID); fault.Of(err) != fault.CodeForbidden {
			t.Errorf("TK-12 after that session ended: got %v, want forbidden", err)
		}
		moved := verified()
		moved.Canonical = "earlier@example.org"
		if err := link(provider.Linking{Account: identity(moved.ID, "google"), User: moved}); fault.Of(err) != fault.CodeConflict {
			t.Errorf("OA-08 the address has moved: got %v, want conflict", err)
		}
		fresh := r.user()
		if err := link(provider.Linking{Account: identity(fresh.ID, "google"), User: fresh}); fault.Of(err) != fault.CodeConflict {
			t.Errorf("OA-08 not verified: got %v, want conflict", err)
		}
		e := ending(u.ID)
		if err := link(provider.Linking{Account: identity(u.ID, "github"), User: u, CleanUp: &e}); fault.Of(err) != fault.CodeConflict {
			t.Errorf("OA-09 verified meanwhile: got %v, want conflict", err)
		}
	})
}

// TestTakeOver shows OA-09: everything that opened the account is gone.
func TestTakeOver(t *testing.T) {
	onBoth(t, func(t *testing.T, r *rig) {
		w := r.world()
		e, a := ending(w.u.ID), identity(w.u.ID, "google")
		revs, touched, err := r.LinkAccount(r.ctx(), r.handover(), provider.Linking{Account: a, User: w.u, CleanUp: &e}, r.trail(w.u.ID))
		r.done(touched, err)
		if len(revs) != 1 || revs[0].Value != w.n.ID {
			t.Errorf("sessions: got %+v, want %s ended", revs, w.n.ID)
		}
		got, err := r.UserByID(r.ctx(), w.u.ID)
		if err != nil || got.PasswordHash != "" || !got.EmailVerified() {
			t.Errorf("user: got %+v %v, want no password and a verified address", got, err)
		}
		if all, err := r.OAuthAccounts(r.ctx(), w.u.ID); err != nil || len(all) != 1 || all[0].ID != a.ID {
			t.Errorf("accounts: got %+v %v, want the new one alone", all, err)
		}
		if all, err := r.Enrolments(r.ctx(), w.u.ID, noon); err != nil || len(all) != 0 {
			t.Errorf("factors: got %+v %v, want none", all, err)
		}
		if all, err := r.Passkeys(r.ctx(), w.u.ID); err != nil || len(all) != 0 {
			t.Errorf("passkeys: got %+v %v, want none", all, err)
		}
		if n, err := r.BackupCodesLeft(r.ctx(), w.u.ID); err != nil || n != 0 {
			t.Errorf("backup codes: got %d %v, want 0", n, err)
		}
		for _, kind := range []onetime.Kind{onetime.Attempt, onetime.EmailVerify, onetime.PasswordReset, onetime.EmailChange, onetime.EmailUndo, onetime.Handover} {
			if _, err := r.FindOneTime(r.ctx(), kind, w.hash(kind), noon); fault.Of(err) != fault.CodeNotFound {
				t.Errorf("%s: got %v, want it dead", kind, err)
			}
		}
	})
}

// TestPreHijackByLink shows that a link made before anybody proved the mailbox
// does not outlive the proof.
func TestPreHijackByLink(t *testing.T) {
	onBoth(t, func(t *testing.T, r *rig) {
		gone := func(what string, u account.User) {
			t.Helper()
			if all, err := r.OAuthAccounts(r.ctx(), u.ID); err != nil || len(all) != 0 {
				t.Errorf("OA-09 %s: got %+v %v, want no link", what, all, err)
			}
		}
		u := r.user()
		r.link(u)
		r.done(r.ReplaceUnverified(r.ctx(), u, ticket(onetime.EmailVerify, u.ID), audit.Trail{}))
		gone("registered again", u)

		u = r.user()
		r.link(u)
		tok := r.issue(onetime.PasswordReset, u.ID)
		_, touched, err := r.ResetPassword(r.ctx(), tok.Hash, u, "$argon2id$new", ending(u.ID), audit.Trail{})
		r.done(touched, err)
		gone("password set by mail", u)

		r.link(u)
		tok = r.issue(onetime.PasswordReset, u.ID)
		_, touched, err = r.ResetPassword(r.ctx(), tok.Hash, u, "$argon2id$newer", ending(u.ID), audit.Trail{})
		r.done(touched, err)
		if all, err := r.OAuthAccounts(r.ctx(), u.ID); err != nil || len(all) != 1 {
			t.Errorf("a verified user's link after a reset: got %+v %v, want it kept", all, err)
		}
	})
}

func TestUnlinkKeepsAWayIn(t *testing.T) {
	onBoth(t, func(t *testing.T, r *rig) {
		unlink := func(u account.User, a provider.Account) error {
			_, err := r.UnlinkAccount(r.ctx(), a.ID, []string{"google", "github"}, ending(u.ID), audit.Trail{})
			return err
		}
		bare := func() account.User {
			u := r.user()
			r.exec("UPDATE users SET password_hash = '' WHERE id = ?", u.ID)
			return u
		}
		t.Run("OA-10 a password remains", func(t *testing.T) {
			u := r.user()
			if err := unlink(u, r.link(u)); err != nil {
				t.Errorf("got %v, want nil", err)
			}
		})
		t.Run("OA-10 another account remains", func(t *testing.T) {
			u := bare()
			a := r.link(u)
			r.link(u, "github")
			if err := unlink(u, a); err != nil {
				t.Errorf("got %v, want nil", err)
			}
		})
		t.Run("OA-10 nothing remains", func(t *testing.T) {
			u := bare()
			a := r.link(u)
			if err := unlink(u, a); fault.Of(err) != fault.CodeLastSignInMethod {
				t.Errorf("got %v, want last_sign_in_method", err)
			}
			if all, err := r.OAuthAccounts(r.ctx(), u.ID); err != nil || len(all) != 1 {
				t.Errorf("accounts: got %v %v, want it still there", all, err)
			}
		})
		t.Run("OA-10 an account of a provider that is not offered any more is no way in", func(t *testing.T) {
			u := bare()
			a := r.link(u)
			r.link(u, "formerly")
			if err := unlink(u, a); fault.Of(err) != fault.CodeLastSignInMethod {
				t.Errorf("got %v, want last_sign_in_method", err)
			}
		})
		t.Run("somebody else's account", func(t *testing.T) {
			u, other := r.user(), r.user()
			if err := unlink(u, r.link(other)); fault.Of(err) != fault.CodeNotFound {
				t.Errorf("got %v, want not_found", err)
			}
		})
		t.Run("OA-10 of two at once one stays", func(t *testing.T) {
			for range 10 {
				u := bare()
				both := []provider.Account{r.link(u), r.link(u, "github")}
				var all sync.WaitGroup
				for _, a := range both {
					all.Go(func() { _ = unlink(u, a) }) // which one is refused does not matter
				}
				all.Wait()
				if left, err := r.OAuthAccounts(r.ctx(), u.ID); err != nil || len(left) != 1 {
					t.Fatalf("accounts: got %d %v, want 1", len(left), err)
				}
			}
		})
	})
}

func TestMerge(t *testing.T) {
	onBoth(t, func(t *testing.T, r *rig) {
		w := r.world()
		second := r.link(w.u, "github")
		mine := r.link(w.other)
		revs, err := r.MergeUsers(r.ctx(), w.other.ID, ending(w.u.ID), r.trail(w.u.ID))
		if err != nil || len(revs) != 2 {
			t.Fatalf("MergeUsers: got %+v %v, want the session and the user revoked", revs, err)
		}
		if _, err := r.UserByID(r.ctx(), w.u.ID); fault.Of(err) != fault.CodeNotFound {
			t.Errorf("the merged user: got %v, want not_found", err)
		}
		all, err := r.OAuthAccounts(r.ctx(), w.other.ID)
		if err != nil || len(all) != 3 {
			t.Fatalf("accounts: got %+v %v, want three", all, err)
		}
		for _, want := range []provider.Account{w.linked, second, mine} {
			want.UserID = w.other.ID
			got, err := r.OAuthAccount(r.ctx(), want.Provider, want.Issuer, want.Subject)
			if err != nil || got != want {
				t.Errorf("account: got %+v %v, want %+v with its tokens", got, err, want)
			}
		}
		for table, rows := range r.dump() {
			kept := table == "revocations" || table == "audit_logs" || table == "outbox" || table == "sms_sends"
			if n := mentions(rows, w.u.ID); n != 0 && !kept {
				t.Errorf("%s: got %d rows of the merged user, want none", table, n)
			}
		}
		t.Run("in a circle at once, one is left", func(t *testing.T) {
			for range 10 {
				a, b := r.user(), r.user()
				r.link(a)
				r.link(b)
				var all sync.WaitGroup
				for _, pair := range [][2]account.User{{a, b}, {b, a}} {
					all.Go(func() {
						if _, err := r.MergeUsers(r.ctx(), pair[0].ID, ending(pair[1].ID), audit.Trail{}); err != nil && fault.Of(err) != fault.CodeNotFound {
							t.Errorf("MergeUsers: got %v, want nil or not_found", err)
						}
					})
				}
				all.Wait()
				ofA, errA := r.OAuthAccounts(r.ctx(), a.ID)
				ofB, errB := r.OAuthAccounts(r.ctx(), b.ID)
				if len(ofA)+len(ofB) != 2 || len(ofA)*len(ofB) != 0 || errA != nil || errB != nil {
					t.Fatalf("accounts: got %d and %d (%v %v), want both with one user", len(ofA), len(ofB), errA, errB)
				}
			}
		})
	})
}

func TestSpentHandoverForgets(t *testing.T) {
	onBoth(t, func(t *testing.T, r *rig) {
		hash := r.handover()
		r.done(r.SpendHandover(r.ctx(), hash, noon, audit.Trail{}))
		if n := r.count("SELECT COUNT(*) FROM one_time_tokens WHERE kind = 'oauth_handover' AND LENGTH(data) > 0"); n != 0 {
			t.Errorf("OA-15 spent codes with data: got %d, want 0", n)
		}
	})
}
