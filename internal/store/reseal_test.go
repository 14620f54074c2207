package store_test

import (
	"context"
	"testing"
	"time"

	"github.com/sallyport/sallyport/internal/audit"
	"github.com/sallyport/sallyport/internal/message"
	"github.com/sallyport/sallyport/internal/provider"
	"github.com/sallyport/sallyport/internal/seal"
	"github.com/sallyport/sallyport/internal/store"
)

const nextKey = "Hd5Ga7Fi3k8Zq7v0Y1m3o5Kc8Xw2Rt6Ub4Ne9Lp1Js0"

// under is the same database through a server whose SECRET_KEY is that list.
func (r *rig) under(keys ...string) *rig {
	r.Helper()
	ring, err := seal.NewKeyring(keys)
	r.must(err)
	s, err := store.Open(r.ctx(), r.url, ring, store.Options{})
	r.must(err)
	r.Cleanup(func() { _ = s.Close() })
	sub := *r
	sub.Store, sub.ring = s, ring
	return &sub
}

func TestReseal(t *testing.T) {
	onBoth(t, func(t *testing.T, r *rig) {
		const people = 250 // more than a batch
		var users []string
		for range people {
			users = append(users, r.factor(r.user().ID).UserID)
		}
		u := r.user()
		n, first := r.session(u.ID)
		r.done(r.RotateRefresh(r.ctx(), first.Hash, refresh(n.ID), "spr_successor", audit.Trail{}))
		r.key(time.Time{})
		r.must(r.Record(r.ctx(), audit.Of(r.event(u.ID)).Telling(message.ToMail(message.PasswordChanged, u.ID, u.Email))))
		a := identity(u.ID, "google")
		a.Tokens = provider.Tokens{Access: "at", Refresh: "rt"}
		_, touched, err := r.LinkAccount(r.ctx(), r.handover(), provider.Linking{Account: a, User: u, Asked: true}, audit.Trail{})
		r.done(touched, err)
		const values = people + 5

		both := r.under(nextKey, secretKey)
		cut, cancel := context.WithCancel(r.ctx())
		cancel()
		if _, err := both.Reseal(cut, audit.Trail{}); err == nil {
			t.Error("OP-03 cut short at once: got no error, want one")
		}
		// A command that was killed after its first batch.
		half := both.half(users)
		for _, tt := range []struct {
			name string
			want store.Resealed
		}{
			{"OP-03 what was left", store.Resealed{Done: values - half, Fresh: half}},
			{"OP-03 nothing twice", store.Resealed{Fresh: values}},
		} {
			got, err := both.Reseal(r.ctx(), audit.Of(r.event("")))
			if err != nil || got != tt.want {
				t.Errorf("%s: got %+v, %v; want %+v", tt.name, got, err, tt.want)
			}
		}
		alone := r.under(nextKey)
		for _, id := range []string{users[0], users[people-1]} {
			if got, err := alone.Enrolments(r.ctx(), id, noon); err != nil || len(got) != 1 || len(got[0].Secret) != 20 {
				t.Errorf("OP-03 an authenticator under the new key alone: got %v, %v", got, err)
			}
		}
		if f, err := alone.FindRefresh(r.ctx(), first.Hash); err != nil || f.Refresh.Successor != "spr_successor" {
			t.Errorf("OP-03 a successor: got %+v, %v", f.Refresh, err)
		}
		if keys, err := alone.SigningKeys(r.ctx()); err != nil || len(keys) != 1 {
			t.Errorf("OP-03 signing keys: got %d, %v", len(keys), err)
		}
		if got, err := alone.OAuthAccounts(r.ctx(), u.ID); err != nil || len(got) != 1 || got[0].Tokens.Access != "at" || got[0].Tokens.Refresh != "rt" {
			t.Errorf("OP-03 provider tokens: got %+v, %v", got, err)
		}
		if got, err := alone.ClaimMessages(r.ctx(), message.Email, noon, time.Minute, 10); err != nil || len(got) != 1 {
			t.Errorf("OP-03 messages: got %d, %v", len(got), err)
		}
		strange := r.under("Ub4Ne9Lp1Js0Hd5Ga7Fi3k8Zq7v0Y1m3o5Kc8Xw2Rt6")
		if got, err := strange.Reseal(r.ctx(), audit.Of(r.event(""))); err != nil || got.Broken != values || got.Done != 0 {
			t.Errorf("without the key they are under: got %+v, %v; want %d broken, nothing changed", got, err, values)
		}
	})
}

// half seals a part of the values anew, as a command that ended early leaves it.
func (r *rig) half(users []string) (n int) {
	r.Helper()
	for _, id := range users[:100] {
		place := string(r.bytes("SELECT id FROM user_mfa WHERE user_id = ?", id)) + "/" + id
		plain, err := r.ring.Open(r.bytes("SELECT secret FROM user_mfa WHERE user_id = ?", id), "user_mfa", place, "secret")
		r.must(err)
		n += int(r.exec("UPDATE user_mfa SET secret = ? WHERE user_id = ?", r.ring.Seal(plain, "user_mfa", place, "secret"), id))
	}
	return n
}
