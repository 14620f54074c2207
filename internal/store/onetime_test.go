package store_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/sallyport/sallyport/internal/audit"
	"github.com/sallyport/sallyport/internal/fault"
	"github.com/sallyport/sallyport/internal/onetime"
)

// live reports whether the token can still be found.
func (r *rig) live(tok onetime.Token, now time.Time) bool {
	r.Helper()
	_, err := r.FindOneTime(r.ctx(), tok.Kind, tok.Hash, now)
	if err != nil && fault.Of(err) != fault.CodeNotFound {
		r.Fatal(err)
	}
	return err == nil
}

func TestOneTime(t *testing.T) {
	onBoth(t, func(t *testing.T, r *rig) {
		u := r.user().ID
		t.Run("is read back whole", func(t *testing.T) {
			r := r.in(t)
			tok := ticket(onetime.Ticket, u)
			tok.SessionID = "s1"
			r.must(r.IssueOneTime(r.ctx(), tok, audit.Trail{}))
			got, err := r.FindOneTime(r.ctx(), tok.Kind, tok.Hash, noon)
			if err != nil || got.UserID != u || got.SessionID != "s1" || string(got.Data) != `{"n":1}` || got.TriesLeft != 5 ||
				!got.CreatedAt.Equal(noon) || !got.ExpiresAt.Equal(tok.ExpiresAt) || got.Kind != tok.Kind || !slices.Equal(got.Hash, tok.Hash) {
				t.Errorf("got %+v, error %v; want %+v", got, err, tok)
			}
			bare := onetime.Token{Kind: onetime.OAuthState, Hash: random(32), CreatedAt: noon, ExpiresAt: noon.Add(time.Minute)}
			r.must(r.IssueOneTime(r.ctx(), bare, audit.Trail{}))
			if got, err = r.FindOneTime(r.ctx(), bare.Kind, bare.Hash, noon); err != nil || string(got.Data) != "{}" {
				t.Errorf("without data: got %q, error %v; want {}", got.Data, err)
			}
		})
		t.Run("of 64 at once exactly one claims", func(t *testing.T) {
			r := r.in(t)
			tok := r.issue(onetime.Ticket, u)
			won := r.atOnce(64, func() (bool, error) {
				got, err := r.ClaimOneTime(r.ctx(), tok.Kind, tok.Hash, noon)
				if fault.Of(err) == fault.CodeNotFound {
					return false, nil
				}
				return got.UserID == u, err
			})
			if won != 1 || r.live(tok, noon) {
				t.Errorf("got %d claims, still live %t; want 1, false", won, r.live(tok, noon))
			}
		})
		t.Run("is claimed under its own kind and before its end only", func(t *testing.T) { claimsRefused(r.in(t), u) })
		t.Run("OT-03 of 64 wrong answers at once exactly 5 are compared", func(t *testing.T) {
			r := r.in(t)
			tok, other := r.issue(onetime.SMSChallenge, u), r.issue(onetime.SMSChallenge, u)
			won := r.atOnce(64, func() (bool, error) {
				_, err := r.SpendTry(r.ctx(), tok.Kind, tok.Hash, noon)
				if fault.Of(err) == fault.CodeNotFound {
					return false, nil
				}
				return true, err
			})
			if left, err := r.FindOneTime(r.ctx(), other.Kind, other.Hash, noon); err != nil || won != 5 || left.TriesLeft != 5 {
				t.Errorf("got %d tries and another code's %d, error %v; want 5 and 5", won, left.TriesLeft, err)
			}
		})
		t.Run("RL-03 a try counts for a request that has gone away", func(t *testing.T) {
			r := r.in(t)
			gone, cancel := context.WithCancel(t.Context())
			cancel()
			tok := r.issue(onetime.SMSChallenge, u)
			if got, err := r.SpendTry(gone, tok.Kind, tok.Hash, noon); err != nil || got.TriesLeft != 4 {
				t.Errorf("got %d tries left, error %v; want 4", got.TriesLeft, err)
			}
		})
		t.Run("a newer one kills the older of its user and kind", func(t *testing.T) { replaced(r.in(t), u) })
		t.Run("its data changes for who has read it, and only while it lives", func(t *testing.T) { updated(r.in(t), u) })
	})
}

func claimsRefused(r *rig, u string) {
	tok := r.issue(onetime.PasswordReset, u)
	for name, claim := range map[string]func() (onetime.Token, error){
		"TK-03 as another kind": func() (onetime.Token, error) { return r.ClaimOneTime(r.ctx(), onetime.EmailVerify, tok.Hash, noon) },
		"by another hash":       func() (onetime.Token, error) { return r.ClaimOneTime(r.ctx(), tok.Kind, random(32), noon) },
		"RC-02 at its end":      func() (onetime.Token, error) { return r.ClaimOneTime(r.ctx(), tok.Kind, tok.Hash, tok.ExpiresAt) },
		"a try as another kind": func() (onetime.Token, error) { return r.SpendTry(r.ctx(), onetime.EmailVerify, tok.Hash, noon) },
		"a try at its end":      func() (onetime.Token, error) { return r.SpendTry(r.ctx(), tok.Kind, tok.Hash, tok.ExpiresAt) },
		"found at its end": func() (onetime.Token, error) {
			return r.FindOneTime(r.ctx(), tok.Kind, tok.Hash, tok.ExpiresAt)
		},
	} {
		if _, err := claim(); fault.Of(err) != fault.CodeNotFound {
			r.Errorf("%s: got error %v, want %s", name, err, fault.CodeNotFound)
		}
	}
	if _, err := r.ClaimOneTime(r.ctx(), tok.Kind, tok.Hash, tok.ExpiresAt.Add(-time.Microsecond)); err != nil {
		r.Errorf("right before its end: got error %v, want none", err)
	}
	if _, err := r.SpendTry(r.ctx(), tok.Kind, tok.Hash, noon); fault.Of(err) != fault.CodeNotFound {
		r.Errorf("a try of what was claimed: got error %v, want %s", err, fault.CodeNotFound)
	}
}

func replaced(r *rig, u string) {
	other := r.user().ID
	old, theirs, kindred := r.issue(onetime.EmailChange, u), r.issue(onetime.EmailChange, other), r.issue(onetime.EmailVerify, u)
	next, undo := ticket(onetime.EmailChange, u), ticket(onetime.EmailUndo, u)
	r.must(r.ReplaceOneTime(r.ctx(), next, audit.Trail{}, undo))
	if r.live(old, noon) || !r.live(next, noon) || !r.live(undo, noon) {
		r.Errorf("old %t, new %t, second new %t; want false, true, true", r.live(old, noon), r.live(next, noon), r.live(undo, noon))
	}
	if !r.live(theirs, noon) || !r.live(kindred, noon) {
		r.Errorf("another user's %t, another kind %t; want both to live", r.live(theirs, noon), r.live(kindred, noon))
	}
	first, second := ticket(onetime.Setup, ""), ticket(onetime.Setup, "")
	r.must(r.ReplaceSetup(r.ctx(), first, audit.Trail{}))
	r.must(r.ReplaceSetup(r.ctx(), second, audit.Trail{}))
	if r.live(first, noon) || !r.live(second, noon) {
		r.Errorf("PW-13 setup tokens: old %t, new %t; want false, true", r.live(first, noon), r.live(second, noon))
	}
}

func updated(r *rig, u string) {
	tok := r.issue(onetime.Attempt, "")
	named := tok
	named.UserID = u
	r.done(r.UpdateOneTime(r.ctx(), named, []byte(`{"n":2}`), noon, audit.Trail{}))
	touched, err := r.UpdateOneTime(r.ctx(), named, []byte(`{"n":3}`), noon, audit.Trail{})
	r.refused("from data read earlier", touched, err)
	got, err := r.FindOneTime(r.ctx(), tok.Kind, tok.Hash, noon)
	if err != nil || string(got.Data) != `{"n":2}` || got.UserID != u {
		r.Errorf("got %s of user %q, error %v; want the first change", got.Data, got.UserID, err)
	}
	touched, err = r.UpdateOneTime(r.ctx(), got, []byte(`{"n":3}`), tok.ExpiresAt, audit.Trail{})
	r.refused("at its end", touched, err)
	if _, err := r.ClaimOneTime(r.ctx(), tok.Kind, tok.Hash, noon); err != nil {
		r.Error(err)
	}
	touched, err = r.UpdateOneTime(r.ctx(), got, []byte(`{"n":3}`), noon, audit.Trail{})
	r.refused("once claimed", touched, err)
}
