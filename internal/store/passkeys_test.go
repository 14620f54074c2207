package store_test

import (
	"crypto/rand"
	"slices"
	"testing"
	"time"

	"github.com/sallyport/sallyport/internal/audit"
	"github.com/sallyport/sallyport/internal/factor"
	"github.com/sallyport/sallyport/internal/fault"
	"github.com/sallyport/sallyport/internal/ident"
	"github.com/sallyport/sallyport/internal/onetime"
	"github.com/sallyport/sallyport/internal/proof"
)

// passkey is a key of a user that checks who uses it and stays on its device.
func passkey(userID string) factor.Passkey {
	return factor.Passkey{
		ID: ident.New(), UserID: userID, CredentialID: []byte(rand.Text()), PublicKey: []byte("a COSE key"), SignCount: 7,
		UVInitialized: true, AAGUID: "ee882879-721c-4913-9775-3dfcce97072a", Transports: []string{"usb", "nfc"},
		Name: "Blue key", CreatedAt: noon,
	}
}

func passkeyChanges() []change {
	return []change{
		{
			method: "AddPasskey",
			do: func(w *world, t audit.Trail) (bool, error) {
				p := passkey(w.u.ID)
				p.ID, p.CredentialID = "0199a1f0-3c5e-7d10-9a55-2f1c8c0e7b11", []byte("another")
				return wrote(w.AddPasskey(w.ctx(), p, codes("cc", "dd"), 9, nil, t))
			},
			refused: func(w *world, t audit.Trail) (bool, error) {
				return wrote(w.AddPasskey(w.ctx(), passkey(w.u.ID), codes("ee"), 1, nil, t))
			},
		},
		{
			method: "RenamePasskey",
			do: func(w *world, t audit.Trail) (bool, error) {
				return wrote(w.RenamePasskey(w.ctx(), w.u.ID, w.passkey.ID, "Green key", t))
			},
			refused: func(w *world, t audit.Trail) (bool, error) {
				return wrote(w.RenamePasskey(w.ctx(), w.locked.ID, w.passkey.ID, "Green key", t))
			},
		},
		{
			method: "RemovePasskey",
			do: func(w *world, t audit.Trail) (bool, error) {
				_, err := w.RemovePasskey(w.ctx(), factor.PasskeyRemoval{ID: w.passkey.ID, UserID: w.u.ID}, ending(w.u.ID), t)
				return wrote(err)
			},
			refused: func(w *world, t audit.Trail) (bool, error) {
				_, err := w.RemovePasskey(w.ctx(), factor.PasskeyRemoval{ID: w.passkey.ID, UserID: w.locked.ID}, ending(w.locked.ID), t)
				return wrote(err)
			},
		},
	}
}

func TestPasskeys(t *testing.T) {
	onBoth(t, func(t *testing.T, r *rig) {
		u, other := r.user(), r.user()
		p := passkey(u.ID)
		device := r.issue(onetime.Device, u.ID)
		r.must(r.AddPasskey(r.ctx(), p, codes("aa", "bb"), 2, nil, audit.Trail{}))
		t.Run("what was stored comes back", func(t *testing.T) {
			all, err := r.Passkeys(r.ctx(), u.ID)
			if err != nil || len(all) != 1 {
				t.Fatalf("got %v, %v, want one", all, err)
			}
			got := all[0]
			if got.Name != p.Name || got.SignCount != 7 || got.Synced || !got.UVInitialized || !slices.Equal(got.Transports, p.Transports) ||
				string(got.CredentialID) != string(p.CredentialID) || got.AAGUID != p.AAGUID || !got.CreatedAt.Equal(noon) || !got.LastUsedAt.IsZero() {
				t.Errorf("got %+v, want %+v", got, p)
			}
			if left, err := r.BackupCodesLeft(r.ctx(), u.ID); left != 2 || err != nil {
				t.Errorf("backup codes with it: got %d, %v, want 2", left, err)
			}
		})
		t.Run("MF-06 remembered devices are forgotten", func(t *testing.T) {
			if r.in(t).live(device, noon) {
				t.Error("got a device that is still remembered, want it forgotten")
			}
		})
		t.Run("WA-09 a credential of anybody is refused", func(t *testing.T) {
			again := passkey(other.ID)
			again.CredentialID = p.CredentialID
			if err := r.AddPasskey(r.ctx(), again, nil, 2, nil, audit.Trail{}); fault.Of(err) != fault.CodeAlreadyEnrolled {
				t.Errorf("got %v, want already_enrolled", err)
			}
		})
		t.Run("no more than the most", func(t *testing.T) {
			r.must(r.AddPasskey(r.ctx(), passkey(u.ID), nil, 2, nil, audit.Trail{}))
			if err := r.AddPasskey(r.ctx(), passkey(u.ID), nil, 2, nil, audit.Trail{}); fault.Of(err) != fault.CodeConflict {
				t.Errorf("got %v, want conflict", err)
			}
		})
		t.Run("it is found by its credential", func(t *testing.T) {
			if got, err := r.PasskeyByCredential(r.ctx(), p.CredentialID); err != nil || got.ID != p.ID || got.UserID != u.ID {
				t.Errorf("got %+v, %v, want %s", got, err, p.ID)
			}
			if _, err := r.PasskeyByCredential(r.ctx(), []byte("nobody's")); fault.Of(err) != fault.CodeNotFound {
				t.Errorf("got %v, want not_found", err)
			}
		})
	})
}

func TestPasskeyCounter(t *testing.T) {
	onBoth(t, func(t *testing.T, r *rig) {
		u := r.user()
		bound, synced, quiet := passkey(u.ID), passkey(u.ID), passkey(u.ID)
		synced.Synced, quiet.SignCount, quiet.UVInitialized = true, 0, false
		for _, p := range []factor.Passkey{bound, synced, quiet} {
			r.must(r.AddPasskey(r.ctx(), p, nil, 9, nil, audit.Trail{}))
		}
		for _, tc := range []struct {
			name    string
			key     factor.Passkey
			count   uint32
			touched bool
		}{
			{"WA-11 the same count again", bound, 7, false},
			{"WA-11 a lower count", bound, 6, false},
			{"WA-11 no count any more", bound, 0, false},
			{"WA-11 a higher count", bound, 8, true},
			{"WA-11 the count just used", bound, 8, false},
			{"WA-11 the highest count", bound, ^uint32(0), true},
			{"WA-11 a synced key may count as it likes", synced, 3, true},
			{"WA-11 a synced key that does not count", synced, 0, true},
			{"WA-11 a key that never counted", quiet, 0, true},
			{"WA-11 a key that begins to count", quiet, 1, true},
			{"WA-11 and stops again", quiet, 0, false},
		} {
			t.Run(tc.name, func(t *testing.T) {
				touched, err := r.UsePasskey(r.ctx(), factor.PasskeyUse{ID: tc.key.ID, UserID: u.ID, SignCount: tc.count, BackedUp: true, At: noon.Add(time.Hour)})
				if err != nil || touched != tc.touched {
					t.Errorf("got %v, %v, want %v", touched, err, tc.touched)
				}
			})
		}
		t.Run("WA-12 a check of the person counts once told so", func(t *testing.T) {
			_, err := r.UsePasskey(r.ctx(), factor.PasskeyUse{ID: quiet.ID, UserID: u.ID, SignCount: 9, InitializeUV: true, At: noon})
			r.must(err)
			if got, err := r.PasskeyByCredential(r.ctx(), quiet.CredentialID); err != nil || !got.UVInitialized || got.SignCount != 9 {
				t.Errorf("got %+v, %v, want it initialised", got, err)
			}
		})
		t.Run("somebody else's passkey is not used", func(t *testing.T) {
			touched, err := r.UsePasskey(r.ctx(), factor.PasskeyUse{ID: synced.ID, UserID: r.user().ID, SignCount: 9, At: noon})
			if err != nil || touched {
				t.Errorf("got %v, %v, want nothing touched", touched, err)
			}
		})
	})
}

func TestRemovePasskey(t *testing.T) {
	onBoth(t, func(t *testing.T, r *rig) {
		removal := func(p factor.Passkey) factor.PasskeyRemoval { return factor.PasskeyRemoval{ID: p.ID, UserID: p.UserID} }
		add := func(p factor.Passkey) factor.Passkey {
			r.must(r.AddPasskey(r.ctx(), p, codes("aa"), 9, nil, audit.Trail{}))
			return p
		}
		remove := func(x factor.PasskeyRemoval) error {
			_, err := r.RemovePasskey(r.ctx(), x, ending(x.UserID), r.trail(x.UserID))
			return err
		}
		t.Run("MF-04 it ends sessions, and with the last factor go the backup codes", func(t *testing.T) {
			r := r.in(t)
			u := r.user()
			p := add(passkey(u.ID))
			n, _ := r.session(u.ID)
			begun := r.issue(onetime.Attempt, u.ID)
			revs, err := r.RemovePasskey(r.ctx(), removal(p), ending(u.ID), r.trail(u.ID))
			if err != nil || len(revs) != 1 || revs[0].Value != n.ID {
				t.Errorf("got %v, %v, want the session revoked", revs, err)
			}
			if left, err := r.BackupCodesLeft(r.ctx(), u.ID); left != 0 || err != nil {
				t.Errorf("backup codes: got %d, %v, want none", left, err)
			}
			if r.live(begun, noon) {
				t.Error("a sign-in under way: got it alive, want it dead")
			}
		})
		t.Run("MF-04 the last factor stays while one is demanded", func(t *testing.T) {
			p := add(passkey(r.user().ID))
			x := removal(p)
			x.KeepSecond, x.Usable = true, []proof.Method{proof.Passkey, proof.TOTP}
			if err := remove(x); fault.Of(err) != fault.CodeLastFactor {
				t.Errorf("got %v, want last_factor", err)
			}
			spare := add(passkey(p.UserID))
			if err := remove(x); err != nil {
				t.Errorf("beside another: got %v, want it removed", err)
			}
			x.ID = spare.ID
			r.factor(p.UserID)
			if err := remove(x); err != nil {
				t.Errorf("beside an authenticator app: got %v, want it removed", err)
			}
		})
		t.Run("the last way in stays", func(t *testing.T) {
			u := r.user()
			r.exec("UPDATE users SET password_hash = '' WHERE id = ?", u.ID)
			p := add(passkey(u.ID))
			weak := passkey(u.ID)
			weak.UVInitialized = false
			add(weak)
			if err := remove(removal(p)); fault.Of(err) != fault.CodeLastSignInMethod {
				t.Errorf("beside a key that checks nobody: got %v, want last_sign_in_method", err)
			}
			linked := r.link(u)
			if err := remove(removal(p)); fault.Of(err) != fault.CodeLastSignInMethod {
				t.Errorf("beside an account of a provider that is switched off: got %v, want last_sign_in_method", err)
			}
			x := removal(p)
			x.Providers = []string{linked.Provider}
			if err := remove(x); err != nil {
				t.Errorf("beside a linked account: got %v, want it removed", err)
			}
		})
		t.Run("OA-10 a passkey is a way in when an account is unlinked", func(t *testing.T) {
			u := r.user()
			r.exec("UPDATE users SET password_hash = '' WHERE id = ?", u.ID)
			add(passkey(u.ID))
			linked := r.link(u)
			if _, err := r.UnlinkAccount(r.ctx(), linked.ID, []string{linked.Provider}, ending(u.ID), audit.Trail{}); err != nil {
				t.Errorf("got %v, want it unlinked", err)
			}
		})
		t.Run("of two last ones removed at once, one stays", func(t *testing.T) {
			u := r.user()
			r.exec("UPDATE users SET password_hash = '' WHERE id = ?", u.ID)
			keys := []factor.Passkey{add(passkey(u.ID)), add(passkey(u.ID))}
			results := make(chan error, len(keys))
			for _, p := range keys {
				go func() { results <- remove(removal(p)) }()
			}
			got := []fault.Code{fault.Of(<-results), fault.Of(<-results)}
			slices.Sort(got)
			if !slices.Equal(got, []fault.Code{"", fault.CodeLastSignInMethod}) {
				t.Errorf("got %v, want one removed and one kept", got)
			}
		})
	})
}

func TestResetRemovesPasskeys(t *testing.T) {
	onBoth(t, func(t *testing.T, r *rig) {
		u := r.user()
		r.must(r.AddPasskey(r.ctx(), passkey(u.ID), nil, 9, nil, audit.Trail{}))
		r.try(u.ID, proof.Passkey, noon)
		_, err := r.ResetFactors(r.ctx(), ending(u.ID), r.trail(u.ID))
		r.must(err)
		if all, err := r.Passkeys(r.ctx(), u.ID); err != nil || len(all) != 0 {
			t.Errorf("MF-08 got %v, %v, want no passkey left", all, err)
		}
	})
}

func TestPasskeyOfNobody(t *testing.T) {
	onBoth(t, func(t *testing.T, r *rig) {
		if err := r.AddPasskey(r.ctx(), passkey(ident.New()), nil, 9, nil, audit.Trail{}); fault.Of(err) != fault.CodeNotFound {
			t.Errorf("a user that is gone: got %v, want not_found", err)
		}
	})
}
