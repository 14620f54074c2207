package passkey_test

import (
	"bytes"
	"testing"

	"github.com/sallyport/sallyport/internal/fault"
)

// TestVectors runs every published registration and assertion. Those that tell
// of a foreign page around the site are refused for that reason alone (WA-04),
// and so is a key on a curve that is not offered (WA-08).
func TestVectors(t *testing.T) {
	all, _ := vectors(t)
	if len(all) != 15 {
		t.Fatalf("WA-16 got %d vectors, want 15", len(all))
	}
	refused := map[string]string{"16.4": "cross_origin", "16.5": "cross_origin", "16.12": "public_key"}
	for _, v := range all {
		t.Run("WA-16 "+v.Section+" "+v.Name, func(t *testing.T) {
			r := newRig(t)
			p, err := r.register(v.Registration.Challenge, v.created())
			if want := refused[v.Section]; want != "" {
				if why, code := reason(t, err); why != want || code != fault.CodeMalformed {
					t.Errorf("WA-04 WA-08 got %q %s, want %s", why, code, want)
				}
				return
			}
			if err != nil || !bytes.Equal(p.CredentialID, v.CredentialID) {
				t.Fatalf("registration: got %+v, %v, want the credential", p, err)
			}
			userID, err := r.signIn(v.Authentication.Challenge, v.got(r.user.Handle))
			if err != nil || userID != r.user.ID {
				t.Errorf("assertion: got %q, %v, want %s", userID, err, r.user.ID)
			}
		})
	}
}

// TestMutations flips every single bit of what an authenticator signs, and of
// its signature.
func TestMutations(t *testing.T) {
	v := first(t)
	r := newRig(t)
	if _, err := r.register(v.Registration.Challenge, v.created()); err != nil {
		t.Fatal(err)
	}
	for _, part := range []struct {
		name string
		raw  func(*vector) *octets
	}{
		{"authenticator data", func(v *vector) *octets { return &v.Authentication.AuthenticatorData }},
		{"client data", func(v *vector) *octets { return &v.Authentication.ClientData }},
		{"signature", func(v *vector) *octets { return &v.Authentication.Signature }},
	} {
		t.Run("WA-16 "+part.name, func(t *testing.T) {
			for bit := range len(*part.raw(&v)) * 8 {
				m := v
				raw := octets(bytes.Clone(*part.raw(&v)))
				raw[bit/8] ^= 1 << (bit % 8)
				*part.raw(&m) = raw
				if _, err := r.signIn(m.Authentication.Challenge, m.got(r.user.Handle)); err == nil {
					t.Fatalf("bit %d flipped: got it accepted, want it refused", bit)
				}
			}
		})
	}
	t.Run("WA-16 unchanged it is accepted", func(t *testing.T) {
		if _, err := r.signIn(v.Authentication.Challenge, v.got(r.user.Handle)); err != nil {
			t.Errorf("got %v, want it accepted", err)
		}
	})
}
