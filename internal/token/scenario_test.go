package token_test

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/sallyport/sallyport/internal/clock"
	"github.com/sallyport/sallyport/internal/fault"
	"github.com/sallyport/sallyport/internal/token"
)

const (
	issuer   = "https://auth.example.com"
	audience = "https://api.example.com"
)

var start = time.Date(2026, 3, 14, 15, 9, 26, 0, time.UTC)

// taken is a Revocations that names what was taken back, by jti or sid.
type taken map[string]bool

func (t taken) Revoked(c token.Claims) bool { return t[c.ID] || t[c.SessionID] }

// bench is one node: keys, a signer and a verifier, on a clock that is moved.
type bench struct {
	clock    *clock.Fake
	key      token.Key
	keys     *token.Keys
	revoked  taken
	signer   *token.Signer
	verifier *token.Verifier
}

func newBench(t testing.TB, alg string, options ...func(*token.VerifierOptions)) *bench {
	t.Helper()
	b := &bench{clock: clock.NewFake(start), keys: &token.Keys{}, revoked: taken{}}
	b.key = newKey(t, alg, start)
	b.keys.Replace([]token.Key{b.key})
	b.signer = token.NewSigner(b.keys, b.clock.Now)
	b.verifier = newVerifier(t, b.options(options...))
	return b
}

func (b *bench) options(change ...func(*token.VerifierOptions)) token.VerifierOptions {
	o := token.VerifierOptions{
		Keys: b.keys, Issuer: issuer, Audience: []string{audience}, Clock: b.clock.Now, Revocations: b.revoked,
	}
	for _, f := range change {
		f(&o)
	}
	return o
}

func newVerifier(t testing.TB, o token.VerifierOptions) *token.Verifier {
	t.Helper()
	v, err := token.NewVerifier(o)
	if err != nil {
		t.Fatalf("NewVerifier: got error %v, want none", err)
	}
	return v
}

func newKey(t testing.TB, alg string, at time.Time) token.Key {
	t.Helper()
	k, err := token.GenerateKey(alg, at)
	if err != nil {
		t.Fatalf("GenerateKey(%s): got error %v, want none", alg, err)
	}
	return k
}

// claimsAt are good claims of a token issued at that instant.
func claimsAt(at time.Time) token.Claims {
	return token.Claims{
		Issuer: issuer, Subject: "0195a000-0000-7000-8000-000000000001", Audience: []string{audience},
		ClientID: "sallyport-web", ID: "0195a000-0000-7000-8000-000000000002",
		SessionID: "0195a000-0000-7000-8000-000000000003",
		IssuedAt:  at, ExpiresAt: at.Add(10 * time.Minute), AuthTime: at.Add(-time.Hour),
		AAL: "aal2", AMR: []string{"pwd", "otp"}, Roles: []string{"admin"}, Email: "ann@example.com",
	}
}

func sign(t testing.TB, s *token.Signer, c token.Claims) string {
	t.Helper()
	raw, err := s.Sign(c)
	if err != nil {
		t.Fatalf("Sign: got error %v, want none", err)
	}
	return raw
}

// refused checks that raw is refused with that reason, twice, and that the client
// learns only that the token is invalid.
func refused(t *testing.T, v *token.Verifier, raw string, want token.Refusal) {
	t.Helper()
	for _, again := range []string{"first", "second"} {
		c, err := v.Verify(raw)
		if got := token.Reason(err); got != string(want) {
			t.Errorf("%s try: got reason %q (claims %+v), want %q", again, got, c, want)
		}
		if got := fault.Of(err); got != fault.CodeInvalidToken {
			t.Errorf("%s try: got code %q, want %q", again, got, fault.CodeInvalidToken)
		}
		var f *fault.Error
		if errors.As(err, &f) && f.Detail != "" {
			t.Errorf("%s try: got detail %q for the client, want none", again, f.Detail)
		}
	}
}

// The tokens below are put together by hand, because Sign makes no bad ones.

type object = map[string]any

func (b *bench) header() object {
	return object{"alg": b.key.Alg, "typ": "at+jwt", "kid": b.key.ID}
}

func (b *bench) payload() object {
	return object{
		"iss": issuer, "sub": "user", "aud": audience, "client_id": "web", "jti": "jti-1", "sid": "sid-1",
		"iat": start.Unix(), "exp": start.Add(10 * time.Minute).Unix(),
	}
}

func with(o object, name string, value any) object {
	o = maps.Clone(o)
	o[name] = value
	return o
}

func without(o object, name string) object {
	o = maps.Clone(o)
	delete(o, name)
	return o
}

func text(t testing.TB, o object) string {
	t.Helper()
	out, err := json.Marshal(o)
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}

func b64(s string) string { return base64.RawURLEncoding.EncodeToString([]byte(s)) }

// signText signs any two texts with the bench's key, whatever they say.
func (b *bench) signText(t testing.TB, header, payload string) string {
	t.Helper()
	return b.signRaw(t, b64(header)+"."+b64(payload))
}

// signRaw signs a signing input as it stands.
func (b *bench) signRaw(t testing.TB, input string) string {
	t.Helper()
	sig, err := jwt.GetSigningMethod(b.key.Alg).Sign(input, b.key.Private)
	if err != nil {
		t.Fatal(err)
	}
	return input + "." + base64.RawURLEncoding.EncodeToString(sig)
}

func (b *bench) signHeader(t testing.TB, header object) string {
	return b.signText(t, text(t, header), text(t, b.payload()))
}

func (b *bench) signPayload(t testing.TB, payload object) string {
	return b.signText(t, text(t, b.header()), text(t, payload))
}

// parts cuts a token at its dots.
func parts(t testing.TB, raw string) (header, payload, signature string) {
	t.Helper()
	p := strings.Split(raw, ".")
	if len(p) != 3 {
		t.Fatalf("got %d parts, want 3", len(p))
	}
	return p[0], p[1], p[2]
}
