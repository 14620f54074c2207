package store_test

import (
	"crypto/ecdsa"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/sallyport/sallyport/internal/audit"
	"github.com/sallyport/sallyport/internal/message"
	"github.com/sallyport/sallyport/internal/seal"
	"github.com/sallyport/sallyport/internal/token"
)

func TestSigningKeys(t *testing.T) {
	onBoth(t, func(t *testing.T, r *rig) {
		first := r.key(time.Time{})
		second, err := token.GenerateKey("EdDSA", noon.Add(time.Hour))
		r.must(err)
		second.ActiveFrom = noon.Add(2 * time.Hour)
		retire := noon.Add(3 * time.Hour)
		r.must(r.ApplyRotation(r.ctx(), token.Rotation{New: &second, Retire: map[string]time.Time{first.ID: retire}}, audit.Trail{}))
		keys, err := r.SigningKeys(r.ctx())
		r.must(err)
		if len(keys) != 2 || keys[0].ID != first.ID || keys[1].ID != second.ID {
			t.Fatalf("got %v, want %v and %v", keys, first, second)
		}
		if !keys[0].RetiresAt.Equal(retire) || !keys[1].ActiveFrom.Equal(second.ActiveFrom) || !keys[1].RetiresAt.IsZero() || keys[1].Alg != "EdDSA" {
			t.Errorf("got %+v, want the first to retire and the second to begin", keys)
		}
		if private, ok := first.Private.(*ecdsa.PrivateKey); !ok || !private.Equal(keys[0].Private) {
			t.Error("the private key: got another one back")
		}
		// A key that retires already keeps its time, whatever a slower node decides.
		r.must(r.ApplyRotation(r.ctx(), token.Rotation{Retire: map[string]time.Time{first.ID: retire.AddDate(1, 0, 0)}}, audit.Trail{}))
		if keys, err = r.SigningKeys(r.ctx()); err != nil || !keys[0].RetiresAt.Equal(retire) {
			t.Errorf("TK-06 retired twice: got %v, error %v; want %v", keys[0].RetiresAt, err, retire)
		}
	})
}

// TestSealed moves each sealed value to another row and finds that it does not
// open there (OP-02).
func TestSealed(t *testing.T) {
	onBoth(t, func(t *testing.T, r *rig) {
		for _, tt := range []struct {
			name   string
			sealed string                            // table.column
			make   func(r *rig) (key any)            // makes one row and names it
			where  string                            // the column it is named by
			read   func(r *rig, key any) (err error) // opens the value of that row
		}{
			{
				name: "TO-01 an authenticator secret", sealed: "user_mfa.secret", where: "user_id",
				make: func(r *rig) any { return r.factor(r.user().ID).UserID },
				read: func(r *rig, key any) error {
					_, err := r.Enrolments(r.ctx(), key.(string), noon)
					return err
				},
			},
			{
				name: "a refresh token's successor", sealed: "refresh_tokens.successor", where: "hash",
				make: func(r *rig) any {
					n, first := r.session(r.user().ID)
					r.done(r.RotateRefresh(r.ctx(), first.Hash, refresh(n.ID), "spr_next", audit.Trail{}))
					return first.Hash
				},
				read: func(r *rig, key any) error {
					_, err := r.FindRefresh(r.ctx(), key.([]byte))
					return err
				},
			},
			{
				name: "a signing key", sealed: "signing_keys.private_key", where: "id",
				make: func(r *rig) any { return r.key(time.Time{}).ID },
				read: func(r *rig, _ any) error {
					_, err := r.SigningKeys(r.ctx())
					return err
				},
			},
			{
				name: "a message's content", sealed: "outbox.content", where: "id",
				make: func(r *rig) any {
					m := message.ToMail(message.ResetPassword, "", "ada@example.org")
					r.must(r.Record(r.ctx(), audit.Of(r.event("")).Telling(m)))
					return m.ID
				},
				read: func(r *rig, key any) error {
					_, err := r.ClaimMessages(r.ctx(), message.Email, noon, time.Minute, 10)
					r.must(err)
					if n := r.count("SELECT COUNT(*) FROM outbox WHERE id = ? AND state = 'dead'", key); n == 1 {
						return seal.ErrBroken
					}
					return nil
				},
			},
		} {
			t.Run("OP-02 "+tt.name, func(t *testing.T) {
				r := r.in(t)
				mine, theirs := tt.make(r), tt.make(r)
				table, column, _ := strings.Cut(tt.sealed, ".")
				value := fmt.Sprintf("SELECT %s FROM %s WHERE %s = ?", column, table, tt.where)
				put := fmt.Sprintf("UPDATE %s SET %s = ? WHERE %s = ?", table, column, tt.where)
				own, foreign := r.bytes(value, mine), r.bytes(value, theirs)
				if slices.Equal(own, foreign) {
					t.Fatal("two sealed values are the same")
				}
				if table != "outbox" {
					r.must(tt.read(r, mine))
				}
				r.exec(put, foreign, mine)
				if err := tt.read(r, mine); !errors.Is(err, seal.ErrBroken) {
					t.Errorf("the value of another row: got error %v, want %v", err, seal.ErrBroken)
				}
				r.exec(put, own, mine)
			})
		}
		t.Run("TO-01 an authenticator's whole row given to another user", func(t *testing.T) {
			r := r.in(t)
			app, thief := r.factor(r.user().ID), r.user().ID
			r.exec("UPDATE user_mfa SET user_id = ? WHERE id = ?", thief, app.ID)
			if _, err := r.Enrolments(r.ctx(), thief, noon); !errors.Is(err, seal.ErrBroken) {
				t.Errorf("got error %v, want %v", err, seal.ErrBroken)
			}
		})
	})
}

// TestNothingInTheClear looks for secrets in every row of every table.
func TestNothingInTheClear(t *testing.T) {
	onBoth(t, func(t *testing.T, r *rig) {
		u := r.user().ID
		app := enrolment(u)
		app.Secret = []byte("canary-totp-secret-1")
		r.must(r.BeginEnrolment(r.ctx(), app, audit.Trail{}))
		n, first := r.session(u)
		r.done(r.RotateRefresh(r.ctx(), first.Hash, refresh(n.ID), "canary-successor", audit.Trail{}))
		m := message.ToMail(message.Code, u, "canary-recipient@example.org")
		m.Code, m.Link, m.Token, m.Data = "canary-code", "https://canary-link", "canary-token", map[string]string{"x": "canary-data"}
		r.must(r.Record(r.ctx(), audit.Of(r.event(u)).Telling(m)))
		for _, table := range r.tables() {
			for _, row := range r.rows("SELECT * FROM " + table) {
				for _, v := range row {
					text := fmt.Sprint(v)
					if b, ok := v.([]byte); ok {
						text = string(b)
					}
					if strings.Contains(text, "canary") {
						t.Errorf("AU-03 %s holds %q in the clear", table, text)
					}
				}
			}
		}
	})
}
