package store_test

import (
	"slices"
	"testing"
	"time"

	"github.com/sallyport/sallyport/internal/audit"
	"github.com/sallyport/sallyport/internal/fault"
	"github.com/sallyport/sallyport/internal/ident"
	"github.com/sallyport/sallyport/internal/onetime"
	"github.com/sallyport/sallyport/internal/proof"
	"github.com/sallyport/sallyport/internal/session"
)

func TestOpenSession(t *testing.T) {
	onBoth(t, func(t *testing.T, r *rig) {
		u := r.user()
		attempt := r.issue(onetime.Attempt, u.ID)
		n, first := visit(u.ID)
		r.done(r.OpenSession(r.ctx(), n, first, session.Basis{Attempt: attempt.Hash}, r.trail(u.ID)))

		got, err := r.SessionByID(r.ctx(), n.ID)
		r.must(err)
		if got.UserID != u.ID || got.Level != n.Level || !slices.Equal(got.Proofs, n.Proofs) || got.Delivery != n.Delivery ||
			got.IP != n.IP || got.UserAgent != n.UserAgent || !got.CreatedAt.Equal(noon) || !got.LastSeenAt.Equal(noon) ||
			!got.ExpiresAt.Equal(n.ExpiresAt) || !got.EndedAt.IsZero() || got.EndReason != "" {
			t.Errorf("read back: got %+v, want %+v", got, n)
		}
		f, err := r.FindRefresh(r.ctx(), first.Hash)
		r.must(err)
		if !slices.Equal(f.Refresh.Binding, first.Binding) || !f.Refresh.ExpiresAt.Equal(first.ExpiresAt) || !f.Refresh.UsedAt.IsZero() ||
			f.Session.ID != n.ID || f.Holder.ID != u.ID || f.Holder.Email != u.Email || f.Holder.Role != "user" || f.Holder.Disabled || f.Holder.EmailVerified {
			t.Errorf("refresh token with session and holder: got %+v", f)
		}
		if after, err := r.UserByID(r.ctx(), u.ID); err != nil || !after.LastLoginAt.Equal(noon) {
			t.Errorf("last sign-in: got %v, error %v; want %v", after.LastLoginAt, err, noon)
		}
		again, token := visit(u.ID)
		touched, err := r.OpenSession(r.ctx(), again, token, session.Basis{Attempt: attempt.Hash}, r.trail(u.ID))
		r.refused("MF-01 a second session of the same sign-in", touched, err)
		if _, err := r.SessionByID(r.ctx(), again.ID); fault.Of(err) != fault.CodeNotFound {
			t.Errorf("the refused session: got error %v, want %s", err, fault.CodeNotFound)
		}
		if _, err := r.FindRefresh(r.ctx(), token.Hash); fault.Of(err) != fault.CodeNotFound {
			t.Errorf("its refresh token: got error %v, want %s", err, fault.CodeNotFound)
		}
	})
}

func TestOpenSessionWhilePasswordChanges(t *testing.T) {
	onBoth(t, func(t *testing.T, r *rig) {
		u := r.user() // as the sign-in read it, and its password compared
		e := ending(u.ID)
		e.At = noon.Add(time.Microsecond)
		_, err := r.ChangePassword(r.ctx(), u.ID, "$argon2id$new", e, audit.Of(r.event(u.ID)))
		r.must(err)
		n, first := visit(u.ID)
		touched, err := r.OpenSession(r.ctx(), n, first, session.Basis{PasswordSetAt: u.PasswordChangedAt}, audit.Of(r.event(u.ID)))
		r.refused("TK-12 with the old password", touched, err)
		now := r.again(u.ID).PasswordChangedAt
		r.done(r.OpenSession(r.ctx(), n, first, session.Basis{PasswordSetAt: now}, audit.Of(r.event(u.ID))))
	})
}

func TestRotateRefresh(t *testing.T) {
	onBoth(t, func(t *testing.T, r *rig) {
		t.Run("TK-08 of 64 parallel rotations exactly one counts", func(t *testing.T) {
			r := r.in(t)
			n, first := r.session(r.user().ID)
			won := r.atOnce(64, func() (bool, error) {
				return r.RotateRefresh(r.ctx(), first.Hash, refresh(n.ID), "spr_next", audit.Of(r.event(n.UserID)))
			})
			if tokens := r.count("SELECT COUNT(*) FROM refresh_tokens WHERE session_id = ?", n.ID); won != 1 || tokens != 2 {
				t.Errorf("got %d rotations and %d tokens, want 1 and 2", won, tokens)
			}
		})
		t.Run("TK-08 the successor is given again once, inside the window", func(t *testing.T) { graceOnce(r.in(t)) })
		t.Run("TK-07 a token of an ended session does not rotate", func(t *testing.T) {
			r := r.in(t)
			n, first := r.session(r.user().ID)
			_, err := r.EndSessions(r.ctx(), ending(n.UserID), r.trail(n.UserID))
			r.must(err)
			touched, err := r.RotateRefresh(r.ctx(), first.Hash, refresh(n.ID), "", r.trail(n.UserID))
			r.refused("ended", touched, err)
		})
		t.Run("TK-09 nor one past its idle limit or its session's end", func(t *testing.T) {
			r := r.in(t)
			n, first := r.session(r.user().ID)
			late := refresh(n.ID)
			late.CreatedAt = first.ExpiresAt
			touched, err := r.RotateRefresh(r.ctx(), first.Hash, late, "", r.trail(n.UserID))
			r.refused("idle", touched, err)
			r.exec("UPDATE sessions SET expires_at = ? WHERE id = ?", micros(noon), n.ID)
			touched, err = r.RotateRefresh(r.ctx(), first.Hash, refresh(n.ID), "", r.trail(n.UserID))
			r.refused("expired", touched, err)
		})
		t.Run("TK-12 against an end of the session at the same time, one wins and the end stands", func(t *testing.T) {
			for range 20 {
				rotateAgainstEnd(r.in(t))
			}
		})
	})
}

func graceOnce(r *rig) {
	n, first := r.session(r.user().ID)
	opened := noon.Add(-10 * time.Second)
	touched, err := r.SpendGrace(r.ctx(), first.Hash, opened, noon)
	r.refused("a token that was not spent", touched, err)

	next := refresh(n.ID)
	r.done(r.RotateRefresh(r.ctx(), first.Hash, next, "spr_next", audit.Trail{}))
	f, err := r.FindRefresh(r.ctx(), first.Hash)
	r.must(err)
	if f.Refresh.Successor != "spr_next" || !f.Refresh.UsedAt.Equal(noon) {
		r.Errorf("got successor %q spent at %v, want spr_next at %v", f.Refresh.Successor, f.Refresh.UsedAt, noon)
	}
	touched, err = r.SpendGrace(r.ctx(), first.Hash, noon, noon)
	r.refused("outside the window", touched, err)
	if won := r.atOnce(64, func() (bool, error) { return r.SpendGrace(r.ctx(), first.Hash, opened, noon) }); won != 1 {
		r.Errorf("64 parallel grace answers: got %d, want 1", won)
	}
	if f, err = r.FindRefresh(r.ctx(), first.Hash); err != nil || !f.Refresh.GraceAt.Equal(noon) {
		r.Errorf("grace given at: got %v, error %v; want %v", f.Refresh.GraceAt, err, noon)
	}
	for name, over := range map[string]string{
		"TK-12 in an ended session":   "UPDATE sessions SET ended_at = ? WHERE id = ?",
		"TK-09 in an expired session": "UPDATE sessions SET expires_at = ? WHERE id = ?",
	} {
		n, first := r.session(n.UserID)
		r.done(r.RotateRefresh(r.ctx(), first.Hash, refresh(n.ID), "spr_next", audit.Trail{}))
		r.exec(over, micros(noon), n.ID)
		touched, err = r.SpendGrace(r.ctx(), first.Hash, opened, noon)
		r.refused(name, touched, err)
	}
	// Without a grace window no successor is kept, so nothing can be given again.
	r.done(r.RotateRefresh(r.ctx(), next.Hash, refresh(n.ID), "", audit.Trail{}))
	touched, err = r.SpendGrace(r.ctx(), next.Hash, opened, noon)
	r.refused("no successor kept", touched, err)
}

// rotateAgainstEnd races a rotation with an end. If the rotation lost it left
// nothing; either way the session is over.
func rotateAgainstEnd(r *rig) {
	n, first := r.session(r.user().ID)
	next := refresh(n.ID)
	ended := make(chan error, 1)
	go func() {
		_, err := r.EndSessions(r.ctx(), ending(n.UserID), audit.Of(r.event(n.UserID)))
		ended <- err
	}()
	touched, err := r.RotateRefresh(r.ctx(), first.Hash, next, "", audit.Of(r.event(n.UserID)))
	r.must(err)
	r.must(<-ended)
	_, err = r.FindRefresh(r.ctx(), next.Hash)
	if there := err == nil; there != touched {
		r.Errorf("rotated %t, successor there %t: want both or neither", touched, there)
	}
	if s, err := r.SessionByID(r.ctx(), n.ID); err != nil || s.EndedAt.IsZero() {
		r.Errorf("the session: got %+v, error %v; want it ended", s, err)
	}
}

func TestRaiseSession(t *testing.T) {
	onBoth(t, func(t *testing.T, r *rig) {
		n, _ := r.session(r.user().ID)
		later := noon.Add(time.Minute)
		raised := append(slices.Clone(n.Proofs), proof.Proof{Method: proof.TOTP, Ref: "app", At: later})
		won := r.atOnce(64, func() (bool, error) {
			return r.RaiseSession(r.ctx(), n, proof.AAL2, raised, later, audit.Of(r.event(n.UserID)))
		})
		if won != 1 {
			t.Errorf("MF-05 64 parallel step-ups from the same proofs: got %d, want 1", won)
		}
		got, err := r.SessionByID(r.ctx(), n.ID)
		r.must(err)
		if got.Level != proof.AAL2 || !slices.Equal(got.Proofs, raised) || !got.LastSeenAt.Equal(later) {
			t.Errorf("raised: got %+v", got)
		}
		stranger := got
		stranger.UserID = r.user().ID
		touched, err := r.RaiseSession(r.ctx(), stranger, proof.AAL2, raised, later, r.trail(n.UserID))
		r.refused("another user's session", touched, err)
		_, err = r.EndSessions(r.ctx(), ending(n.UserID), r.trail(n.UserID))
		r.must(err)
		touched, err = r.RaiseSession(r.ctx(), got, proof.AAL2, raised, later, r.trail(n.UserID))
		r.refused("an ended session", touched, err)
	})
}

func TestEndSessions(t *testing.T) {
	onBoth(t, func(t *testing.T, r *rig) {
		u, other := r.user().ID, r.user().ID
		var ids []string
		for range 4 {
			n, _ := r.session(u)
			ids = append(ids, n.ID)
		}
		theirs, _ := r.session(other)
		open := func() (open []string) {
			list, err := r.SessionsOfUser(r.ctx(), u, noon)
			r.must(err)
			for _, s := range list {
				open = append(open, s.ID)
			}
			return open
		}
		end := func(e session.Ending) (values []string) {
			revs, err := r.EndSessions(r.ctx(), e, r.trail(u))
			r.must(err)
			for _, v := range revs {
				values = append(values, v.Value)
				if v.Kind != session.RevokedSession || v.Reason != "test" || !v.At.Equal(noon) || !v.ExpiresAt.Equal(ending(u).TokensDieAt) {
					t.Errorf("revocation: got %+v", v)
				}
			}
			slices.Sort(values)
			return values
		}
		for _, tt := range []struct {
			name string
			e    session.Ending
			want []string // revoked
			left []string
		}{
			{"TK-16 another user's session is not found", session.Ending{UserID: u, SessionID: theirs.ID}, nil, ids},
			{"TK-16 one of one's own", session.Ending{UserID: u, SessionID: ids[1]}, ids[1:2], []string{ids[0], ids[2], ids[3]}},
			{"the same one again", session.Ending{UserID: u, SessionID: ids[1]}, nil, []string{ids[0], ids[2], ids[3]}},
			{"TK-16 all others", session.Ending{UserID: u, ExceptID: ids[2]}, []string{ids[0], ids[3]}, ids[2:3]},
			{"TK-12 all", session.Ending{UserID: u}, ids[2:3], nil},
			{"nothing left", session.Ending{UserID: u}, nil, nil},
		} {
			tt.e.Reason, tt.e.At, tt.e.TokensDieAt = "test", noon, ending(u).TokensDieAt
			if got := end(tt.e); !slices.Equal(got, tt.want) {
				t.Errorf("%s: revoked %v, want %v", tt.name, got, tt.want)
			}
			if got := open(); !slices.Equal(got, tt.left) {
				t.Errorf("%s: left open %v, want %v", tt.name, got, tt.left)
			}
		}
		if s, err := r.SessionByID(r.ctx(), ids[0]); err != nil || !s.EndedAt.Equal(noon) || s.EndReason != "test" {
			t.Errorf("ended: got %+v, error %v", s, err)
		}
		if list, err := r.SessionsOfUser(r.ctx(), other, theirs.ExpiresAt); err != nil || len(list) != 0 {
			t.Errorf("TK-09 at its absolute end: got %v, error %v; want no open session", list, err)
		}
	})
}

func TestRevocations(t *testing.T) {
	onBoth(t, func(t *testing.T, r *rig) {
		u := r.user().ID
		n, _ := r.session(u)
		jti := session.Revocation{
			ID: ident.New(), Kind: session.RevokedToken, Value: "jti-1", Reason: "logout", At: noon.Add(-time.Minute), ExpiresAt: noon.Add(time.Minute),
		}
		r.must(r.RevokeToken(r.ctx(), jti, r.trail(u)))
		ended, touched, err := r.DisableUser(r.ctx(), ending(u), r.trail(u))
		r.done(touched, err)
		user := session.Revocation{Kind: session.RevokedUser, Value: u, NotBefore: noon, Reason: "test", At: noon, ExpiresAt: ending(u).TokensDieAt}
		sid := session.Revocation{Kind: session.RevokedSession, Value: n.ID, Reason: "test", At: noon, ExpiresAt: ending(u).TokensDieAt}
		r.wantRevocations("TK-12 what a disabled user's sessions leave", ended, nil, sid, user)

		for _, tt := range []struct {
			name       string
			since, now time.Time
			want       []session.Revocation
		}{
			{"TK-11 all that live", time.Time{}, noon, []session.Revocation{jti, sid, user}},
			{"TK-11 those written at an instant or after", noon, noon, []session.Revocation{sid, user}},
			{"TK-11 nothing later", noon.Add(time.Microsecond), noon, nil},
			{"TK-11 not those whose tokens have died", time.Time{}, jti.ExpiresAt, []session.Revocation{sid, user}},
			{"TK-11 none when all have died", time.Time{}, user.ExpiresAt, nil},
		} {
			got, err := r.RevocationsSince(r.ctx(), tt.since, tt.now)
			r.wantRevocations(tt.name, got, err, tt.want...)
		}
	})
}

// wantRevocations compares without regard to ids and to the order of one instant.
func (r *rig) wantRevocations(name string, got []session.Revocation, err error, want ...session.Revocation) {
	r.Helper()
	if err != nil || len(got) != len(want) {
		r.Errorf("%s: got %d revocations, error %v; want %d", name, len(got), err, len(want))
		return
	}
	for _, w := range want {
		if !slices.ContainsFunc(got, func(g session.Revocation) bool { w.ID = g.ID; return g == w }) {
			r.Errorf("%s: got %+v, want %+v among them", name, got, w)
		}
	}
}

func TestDamagedProofs(t *testing.T) {
	onBoth(t, func(t *testing.T, r *rig) {
		n, first := r.session(r.user().ID)
		r.exec("UPDATE sessions SET proofs = '[' WHERE id = ?", n.ID)
		_, byID := r.SessionByID(r.ctx(), n.ID)
		_, ofUser := r.SessionsOfUser(r.ctx(), n.UserID, noon)
		_, byToken := r.FindRefresh(r.ctx(), first.Hash)
		for name, err := range map[string]error{"by id": byID, "of user": ofUser, "by refresh token": byToken} {
			if err == nil || fault.Of(err) == fault.CodeNotFound {
				t.Errorf("OP-09 a session that cannot be read, %s: got error %v, want one of its own", name, err)
			}
		}
	})
}
