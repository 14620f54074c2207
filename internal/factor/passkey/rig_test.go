package passkey_test

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/sallyport/sallyport/internal/account"
	"github.com/sallyport/sallyport/internal/audit"
	"github.com/sallyport/sallyport/internal/clock"
	"github.com/sallyport/sallyport/internal/factor"
	"github.com/sallyport/sallyport/internal/factor/passkey"
	"github.com/sallyport/sallyport/internal/fault"
	"github.com/sallyport/sallyport/internal/onetime"
)

// noon is the instant at which the suite's clock stands.
var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// book is the database as the ceremonies see it; how the real one behaves is
// shown in package store.
type book struct {
	sync.Mutex
	questions map[string]onetime.Token
	keys      []factor.Passkey
	users     []account.User
	trails    []audit.Trail
	broken    error // what every call returns; nil: it works
}

func (b *book) IssueOneTime(_ context.Context, tok onetime.Token, _ audit.Trail) error {
	b.Lock()
	defer b.Unlock()
	b.questions[string(tok.Hash)] = tok
	return b.broken
}

func (b *book) ClaimOneTime(_ context.Context, _ onetime.Kind, hash []byte, now time.Time) (onetime.Token, error) {
	b.Lock()
	defer b.Unlock()
	tok, ok := b.questions[string(hash)]
	delete(b.questions, string(hash))
	if b.broken == nil && (!ok || !now.Before(tok.ExpiresAt)) {
		return tok, fault.New(fault.CodeNotFound)
	}
	return tok, b.broken
}

func (b *book) Passkeys(_ context.Context, userID string) (out []factor.Passkey, err error) {
	for _, k := range b.keys {
		if k.UserID == userID {
			out = append(out, k)
		}
	}
	return out, b.broken
}

func (b *book) PasskeyByCredential(_ context.Context, id []byte) (factor.Passkey, error) {
	for _, k := range b.keys {
		if bytes.Equal(k.CredentialID, id) {
			return k, b.broken
		}
	}
	return factor.Passkey{}, errors.Join(fault.New(fault.CodeNotFound), b.broken)
}

func (b *book) UsePasskey(_ context.Context, u factor.PasskeyUse) (bool, error) {
	b.Lock()
	defer b.Unlock()
	for i := range b.keys {
		k := &b.keys[i]
		if k.ID != u.ID {
			continue
		}
		if !k.Synced && u.SignCount <= k.SignCount && u.SignCount+k.SignCount > 0 {
			return false, b.broken
		}
		k.SignCount, k.UVInitialized = u.SignCount, k.UVInitialized || u.InitializeUV
		return true, b.broken
	}
	return false, b.broken
}

func (b *book) UserByID(_ context.Context, id string) (account.User, error) {
	return b.user(func(u account.User) bool { return u.ID == id })
}

func (b *book) UserByEmail(_ context.Context, canonical string) (account.User, error) {
	return b.user(func(u account.User) bool { return u.Canonical == canonical })
}

func (b *book) user(fits func(account.User) bool) (account.User, error) {
	for _, u := range b.users {
		if fits(u) {
			return u, b.broken
		}
	}
	return account.User{}, errors.Join(fault.New(fault.CodeNotFound), b.broken)
}

func (b *book) Record(_ context.Context, t audit.Trail) error {
	b.trails = append(b.trails, t)
	return b.broken
}

// rig is the ceremonies of example.org with one user.
type rig struct {
	*testing.T
	*passkey.Factor
	book  *book
	user  account.User
	clock *clock.Fake
	seen  map[string]int // results of ceremonies
}

func newRig(t *testing.T, change ...func(*passkey.Settings)) *rig {
	t.Helper()
	address, err := account.ParseAddress("ada@example.org")
	if err != nil {
		t.Fatal(err)
	}
	r := &rig{
		T: t, user: account.NewUser(address, "Ada", account.Member, "", noon), clock: clock.NewFake(noon),
		book: &book{questions: map[string]onetime.Token{}}, seen: map[string]int{},
	}
	r.book.users = []account.User{r.user}
	s := passkey.Settings{RPID: "example.org", RPName: "Example", Origins: []string{"https://example.org", "https://auth.example.org:8443"}}
	for _, c := range change {
		c(&s)
	}
	r.Factor, err = passkey.New(s, passkey.Parts{
		Store: r.book, Clock: r.clock.Now, Nudge: func() {}, Observe: func(c, result string) { r.seen[c+" "+result]++ },
		MAC: func(purpose string, parts ...[]byte) []byte {
			h := hmac.New(sha256.New, []byte("key "+purpose))
			for _, p := range parts {
				h.Write(append(p, 0))
			}
			return h.Sum(nil)
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// subject is the user in a session.
func (r *rig) subject() factor.Subject {
	return factor.Subject{UserID: r.user.ID, SessionID: "a session"}
}

// reason is why an answer was refused, and the code the client hears; "" where
// it was accepted.
func reason(t *testing.T, err error) (string, fault.Code) {
	t.Helper()
	if err == nil {
		return "", ""
	}
	var w factor.Wrong
	if !errors.As(err, &w) {
		t.Fatalf("got %v, want a refusal", err)
	}
	return w.Reason, fault.Of(w.Answer)
}

// octets is a value of the vectors.
type octets []byte

func (o *octets) UnmarshalText(text []byte) error {
	b, err := hex.DecodeString(string(text))
	*o = b
	return err
}

// vector is one of WebAuthn Level 3 section 16.
type vector struct {
	Section      string
	Name         string
	CredentialID octets `json:"credential_id"`
	Registration struct {
		Challenge   octets
		ClientData  octets `json:"client_data"`
		Attestation octets `json:"attestation_object"`
	}
	Authentication struct {
		Challenge         octets
		ClientData        octets `json:"client_data"`
		AuthenticatorData octets `json:"authenticator_data"`
		Signature         octets
	}
}

// vectors reads the published vectors and the certificate their attestations
// lead to.
func vectors(t testing.TB) ([]vector, *x509.Certificate) {
	t.Helper()
	raw, err := os.ReadFile("testdata/webauthn-l3.json")
	if err != nil {
		t.Fatal(err)
	}
	var file struct {
		Vectors []vector
		CA      octets `json:"attestation_ca"`
	}
	if err := json.Unmarshal(raw, &file); err != nil {
		t.Fatal(err)
	}
	ca, err := x509.ParseCertificate(file.CA)
	if err != nil {
		t.Fatal(err)
	}
	return file.Vectors, ca
}

func b64(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

// response is what a browser answers, in the JSON of its toJSON().
func response(id []byte, fields map[string][]byte) []byte {
	inner := map[string]string{}
	for k, v := range fields {
		inner[k] = b64(v)
	}
	raw, err := json.Marshal(map[string]any{"id": b64(id), "rawId": b64(id), "type": "public-key", "response": inner, "clientExtensionResults": map[string]any{}})
	if err != nil {
		panic(err)
	}
	return raw
}

func (v vector) created() []byte {
	return response(v.CredentialID, map[string][]byte{"clientDataJSON": v.Registration.ClientData, "attestationObject": v.Registration.Attestation})
}

func (v vector) got(handle []byte) []byte {
	fields := map[string][]byte{
		"clientDataJSON": v.Authentication.ClientData, "authenticatorData": v.Authentication.AuthenticatorData, "signature": v.Authentication.Signature,
	}
	if handle != nil {
		fields["userHandle"] = handle
	}
	return response(v.CredentialID, fields)
}

// register runs a registration with that challenge and keeps the passkey.
func (r *rig) register(challenge, answer []byte) (factor.Passkey, error) {
	r.Helper()
	r.SetChallenge(challenge)
	if _, err := r.BeginRegistration(r.Context(), r.subject(), r.user); err != nil {
		r.Fatal(err)
	}
	p, _, err := r.FinishRegistration(r.Context(), r.subject(), r.user, answer)
	if err == nil {
		r.book.keys = append(r.book.keys, p)
	}
	return p, err
}

// signIn runs a sign-in with that challenge, without an address.
func (r *rig) signIn(challenge, answer []byte) (string, error) {
	r.Helper()
	r.SetChallenge(challenge)
	if _, err := r.BeginLogin(r.Context(), ""); err != nil {
		r.Fatal(err)
	}
	userID, _, err := r.FinishLogin(r.Context(), answer)
	return userID, err
}

// first is the plain vector: ES256 without attestation.
func first(t testing.TB) vector {
	all, _ := vectors(t)
	for _, v := range all {
		if v.Section == "16.2" {
			return v
		}
	}
	t.Fatal("the vectors lack 16.2")
	return vector{}
}
