package passkey_test

import (
	"context"
	"errors"
	"testing"

	"github.com/sallyport/sallyport/internal/factor"
)

// fuzzRig has one passkey and a question under way for each ceremony.
func fuzzRig(f *testing.F) *rig {
	f.Helper()
	r := newRig(&testing.T{})
	v := first(f)
	r.SetChallenge(v.Registration.Challenge)
	if _, err := r.BeginRegistration(context.Background(), r.subject(), r.user); err != nil {
		f.Fatal(err)
	}
	p, _, err := r.FinishRegistration(context.Background(), r.subject(), r.user, v.created())
	if err != nil {
		f.Fatal(err)
	}
	r.book.keys = append(r.book.keys, p)
	return r
}

func FuzzFinishRegistration(f *testing.F) {
	r := fuzzRig(f)
	all, _ := vectors(f)
	for _, v := range all {
		f.Add(v.created())
	}
	f.Fuzz(func(t *testing.T, answer []byte) {
		for _, v := range all[:2] {
			r.SetChallenge(v.Registration.Challenge)
			if _, err := r.BeginRegistration(t.Context(), r.subject(), r.user); err != nil {
				t.Fatal(err)
			}
		}
		p, _, err := r.FinishRegistration(t.Context(), r.subject(), r.user, answer)
		if err != nil && !errors.Is(err, factor.ErrWrong) {
			t.Errorf("got %v, want a refusal", err)
		}
		if err == nil && (len(p.CredentialID) == 0 || len(p.CredentialID) > 1023 || len(p.PublicKey) == 0) {
			t.Errorf("got %+v accepted, want a credential and a key", p)
		}
	})
}

func FuzzFinishAssertion(f *testing.F) {
	r := fuzzRig(f)
	all, _ := vectors(f)
	for _, v := range all {
		f.Add(v.got(r.user.Handle))
		f.Add(v.got(nil))
	}
	good := first(f)
	f.Fuzz(func(t *testing.T, answer []byte) {
		r.SetChallenge(good.Authentication.Challenge)
		if _, err := r.BeginLogin(t.Context(), ""); err != nil {
			t.Fatal(err)
		}
		userID, _, err := r.FinishLogin(t.Context(), answer)
		if err != nil && !errors.Is(err, factor.ErrWrong) {
			t.Errorf("got %v, want a refusal", err)
		}
		if err == nil && userID != r.user.ID {
			t.Errorf("got %q let in, want nobody but the owner", userID)
		}
	})
}
