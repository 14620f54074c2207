package token_test

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/sallyport/sallyport/internal/fault"
	"github.com/sallyport/sallyport/internal/token"
)

func TestSignAndVerify(t *testing.T) {
	for _, alg := range []string{token.ES256, token.EdDSA, token.RS256} {
		t.Run("TK-01 "+alg, func(t *testing.T) {
			b := newBench(t, alg)
			want := claimsAt(start)
			raw := sign(t, b.signer, want)
			for _, again := range []string{"first", "remembered"} {
				got, err := b.verifier.Verify(raw)
				if err != nil || !reflect.DeepEqual(got, want) {
					t.Errorf("%s: got %+v and error %v, want %+v", again, got, err, want)
				}
			}
			if got := b.verifier.CacheLen(); got != 1 {
				t.Errorf("remembered tokens: got %d, want 1", got)
			}
		})
	}
}

func TestWhatIsSigned(t *testing.T) {
	b := newBench(t, token.ES256)
	full := claimsAt(start.Add(345 * time.Millisecond))
	full.NotBefore = start
	for _, c := range []struct {
		name   string
		claims token.Claims
		want   string
	}{
		{"RFC 9068 every claim", full, `{"aal":"aal2","acr":"aal2","amr":["pwd","otp"],"aud":"https://api.example.com","auth_time":1773497366,` +
			`"client_id":"sallyport-web","email":"ann@example.com","exp":1773501566,"iat":1773500966,"iss":"https://auth.example.com",` +
			`"jti":"0195a000-0000-7000-8000-000000000002","nbf":1773500966,"roles":["admin"],` +
			`"sid":"0195a000-0000-7000-8000-000000000003","sub":"0195a000-0000-7000-8000-000000000001"}`},
		{"RFC 9068 what is unknown is left out, two audiences are an array", token.Claims{
			Issuer: issuer, Subject: "u", Audience: []string{"a", "b"}, ClientID: "c", ID: "j", SessionID: "s",
			IssuedAt: start, ExpiresAt: start.Add(time.Minute),
		}, `{"aud":["a","b"],"client_id":"c","exp":1773501026,"iat":1773500966,"iss":"https://auth.example.com","jti":"j","sid":"s","sub":"u"}`},
	} {
		t.Run(c.name, func(t *testing.T) {
			header, payload, _ := parts(t, sign(t, b.signer, c.claims))
			got, _ := base64.RawURLEncoding.DecodeString(payload)
			if string(got) != c.want {
				t.Errorf("payload: got %s, want %s", got, c.want)
			}
			got, _ = base64.RawURLEncoding.DecodeString(header)
			if want := `{"alg":"ES256","kid":"` + b.key.ID + `","typ":"at+jwt"}`; string(got) != want {
				t.Errorf("header: got %s, want %s", got, want)
			}
		})
	}
}

func TestSignRefusesWhatNobodyWouldAccept(t *testing.T) {
	b := newBench(t, token.ES256)
	for _, c := range []struct {
		name   string
		change func(*token.Claims)
		want   token.Refusal
	}{
		{"no issuer", func(c *token.Claims) { c.Issuer = "" }, token.MissingClaim},
		{"no subject", func(c *token.Claims) { c.Subject = "" }, token.MissingClaim},
		{"no audience", func(c *token.Claims) { c.Audience = nil }, token.MissingClaim},
		{"an empty audience", func(c *token.Claims) { c.Audience = []string{audience, ""} }, token.MissingClaim},
		{"no client", func(c *token.Claims) { c.ClientID = "" }, token.MissingClaim},
		{"no id", func(c *token.Claims) { c.ID = "" }, token.MissingClaim},
		{"no session", func(c *token.Claims) { c.SessionID = "" }, token.MissingClaim},
		{"16 minutes", func(c *token.Claims) { c.ExpiresAt = c.IssuedAt.Add(16 * time.Minute) }, token.LivesTooLong},
		{"less than a second", func(c *token.Claims) { c.ExpiresAt = c.IssuedAt.Add(time.Millisecond) }, token.LivesTooLong},
		{"more than 8 KiB", func(c *token.Claims) { c.Email = strings.Repeat("x", token.MaxSize) }, token.TooLong},
		{"100 roles", func(c *token.Claims) { c.Roles = make([]string, 100) }, token.BadJSON},
	} {
		t.Run("TK-04 "+c.name, func(t *testing.T) {
			claims := claimsAt(start)
			c.change(&claims)
			raw, err := b.signer.Sign(claims)
			if got := token.Reason(err); got != string(c.want) || raw != "" {
				t.Errorf("got token %q and error %v, want the reason %q", raw, err, c.want)
			}
		})
	}
	t.Run("TK-06 no key", func(t *testing.T) {
		if _, err := token.NewSigner(&token.Keys{}, b.clock.Now).Sign(claimsAt(start)); !errors.Is(err, token.ErrNoKey) {
			t.Errorf("got error %v, want %v", err, token.ErrNoKey)
		}
	})
}

// Each instant is tried one microsecond before and at the border, by a token seen
// for the first time and by one remembered.
func TestTimeBorders(t *testing.T) {
	second := time.Second
	for _, c := range []struct {
		name   string
		claim  string
		offset time.Duration // of the claim
		at     time.Duration // of the verifier's clock
		skew   time.Duration
		want   token.Refusal
	}{
		{"exp, last instant", "exp", 600 * second, 660*second - time.Microsecond, 0, ""},
		{"exp, skew used up", "exp", 600 * second, 660 * second, 0, token.Expired},
		{"exp, skew of 5 s used up", "exp", 600 * second, 605 * second, 5 * second, token.Expired},
		{"exp, without skew", "exp", 600 * second, 600 * second, -1, token.Expired},
		{"exp, without skew, last instant", "exp", 600 * second, 600*second - time.Microsecond, -1, ""},
		{"nbf, within skew", "nbf", 60 * second, 0, 0, ""},
		{"nbf, beyond skew", "nbf", 60 * second, -time.Microsecond, 0, token.NotYetValid},
		{"nbf, without skew", "nbf", second, 0, -1, token.NotYetValid},
		{"iat, within skew", "iat", 60 * second, 0, 0, ""},
		{"iat, beyond skew", "iat", 60 * second, -time.Microsecond, 0, token.IssuedInFuture},
	} {
		t.Run("TK-04 "+c.name, func(t *testing.T) {
			b := newBench(t, token.ES256, func(o *token.VerifierOptions) { o.Skew = c.skew })
			raw := b.signPayload(t, with(b.payload(), c.claim, start.Add(c.offset).Unix()))
			warm := start.Add(5 * time.Minute)
			b.clock.Advance(warm.Sub(start))
			if _, err := b.verifier.Verify(raw); err != nil {
				t.Fatalf("in the middle of its life: got error %v, want none", err)
			}
			b.clock.Advance(start.Add(c.at).Sub(warm))
			for name, v := range map[string]*token.Verifier{
				"remembered": b.verifier,
				"new":        newVerifier(t, b.options(func(o *token.VerifierOptions) { o.Skew = c.skew })),
			} {
				if _, err := v.Verify(raw); token.Reason(err) != string(c.want) {
					t.Errorf("%s: got %v, want %q", name, err, c.want)
				}
			}
		})
	}
}

func TestLifeBorder(t *testing.T) {
	b := newBench(t, token.ES256)
	exactly := b.signPayload(t, with(b.payload(), "exp", start.Add(token.MaxLife).Unix()))
	t.Run("TK-04 15 minutes", func(t *testing.T) {
		if _, err := b.verifier.Verify(exactly); err != nil {
			t.Errorf("got error %v, want none", err)
		}
	})
	t.Run("TK-04 15 minutes where 10 are allowed", func(t *testing.T) {
		refused(t, newVerifier(t, b.options(func(o *token.VerifierOptions) { o.MaxLife = 10 * time.Minute })), exactly, token.LivesTooLong)
	})
}

func TestAcceptedVariants(t *testing.T) {
	b := newBench(t, token.ES256)
	for _, c := range []struct {
		name            string
		header, payload object
	}{
		{"typ in capitals", with(b.header(), "typ", "AT+JWT"), b.payload()},
		{"typ with application/", with(b.header(), "typ", "application/at+jwt"), b.payload()},
		{"an unknown header", with(b.header(), "note", "x"), b.payload()},
		{"our audience among others", b.header(), with(b.payload(), "aud", []string{"other", audience})},
		{"an unknown claim from a newer node", b.header(), with(b.payload(), "cnf", object{"jkt": []any{"x", 1.5e3, true, nil}})},
		{"characters that JSON escapes", b.header(), with(b.payload(), "email", "a<b>&\"\\\u2028😀@example.com")},
	} {
		t.Run("RFC 9068 "+c.name, func(t *testing.T) {
			got, err := b.verifier.Verify(b.signText(t, text(t, c.header), text(t, c.payload)))
			if err != nil {
				t.Fatalf("got error %v, want none", err)
			}
			if want, ok := c.payload["email"]; ok && got.Email != want {
				t.Errorf("email: got %q, want %q", got.Email, want)
			}
		})
	}
	t.Run("RFC 8259 white space", func(t *testing.T) {
		payload := strings.NewReplacer(",", " ,\n\t", "{", " {\r\n", "}", " } ", `":`, `" : `).Replace(text(t, without(b.payload(), "iss")))
		payload = strings.Replace(payload, "{", `{"iss":"`+issuer+`",`, 1)
		if _, err := b.verifier.Verify(b.signText(t, text(t, b.header()), payload)); err != nil {
			t.Errorf("%s: got error %v, want none", payload, err)
		}
	})
}

func TestTwinSignature(t *testing.T) {
	// For every ECDSA signature (r, s) the value (r, n-s) fits too, and RFC 7518
	// allows both. It is the same token to us: same claims, same revocation.
	b := newBench(t, token.ES256)
	raw := sign(t, b.signer, claimsAt(start))
	twin := twinOf(t, raw)
	t.Run("TK-17 says the same", func(t *testing.T) {
		one, err1 := b.verifier.Verify(raw)
		two, err2 := b.verifier.Verify(twin)
		if err1 != nil || err2 != nil || !reflect.DeepEqual(one, two) {
			t.Errorf("got %+v, %v and %+v, %v, want the same claims", one, err1, two, err2)
		}
	})
	t.Run("TK-11 is revoked with it", func(t *testing.T) {
		b.revoked[claimsAt(start).ID] = true
		refused(t, b.verifier, raw, token.Revoked)
		refused(t, b.verifier, twin, token.Revoked)
	})
}

func TestCallersCannotChangeTheCache(t *testing.T) {
	b := newBench(t, token.ES256)
	raw := sign(t, b.signer, claimsAt(start))
	for range 2 {
		got, err := b.verifier.Verify(raw)
		if err != nil || !reflect.DeepEqual(got, claimsAt(start)) {
			t.Fatalf("got %+v and error %v, want %+v", got, err, claimsAt(start))
		}
		got.Roles[0], got.AMR[0], got.Audience[0] = "x", "x", "x"
	}
}

func TestVerifierOptionsAreChecked(t *testing.T) {
	b := newBench(t, token.ES256)
	for _, c := range []struct {
		name   string
		change func(*token.VerifierOptions)
	}{
		{"no keys", func(o *token.VerifierOptions) { o.Keys = nil }},
		{"no issuer", func(o *token.VerifierOptions) { o.Issuer = "" }},
		{"no audience", func(o *token.VerifierOptions) { o.Audience = nil }},
		{"no clock", func(o *token.VerifierOptions) { o.Clock = nil }},
		{"no revocations", func(o *token.VerifierOptions) { o.Revocations = nil }},
		{"life beyond the bound", func(o *token.VerifierOptions) { o.MaxLife = token.MaxLife + 1 }},
		{"negative life", func(o *token.VerifierOptions) { o.MaxLife = -1 }},
		{"skew beyond the bound", func(o *token.VerifierOptions) { o.Skew = token.MaxSkew + 1 }},
	} {
		t.Run("TK-04 "+c.name, func(t *testing.T) {
			if v, err := token.NewVerifier(b.options(c.change)); err == nil || v != nil {
				t.Errorf("got %v and error %v, want a refusal", v, err)
			}
		})
	}
}

func TestReason(t *testing.T) {
	for _, c := range []struct {
		err  error
		want string
	}{
		{nil, ""}, {errors.New("x"), ""}, {fault.New(fault.CodeInvalidToken), ""},
		{fault.Because(fault.CodeInvalidToken, token.Expired), "expired"},
	} {
		if got := token.Reason(c.err); got != c.want {
			t.Errorf("Reason(%v): got %q, want %q", c.err, got, c.want)
		}
	}
}

// What we sign must be good to the library most backends in Go use.
func TestBackendsCanVerify(t *testing.T) {
	for _, alg := range []string{token.ES256, token.EdDSA, token.RS256} {
		t.Run("RFC 9068 "+alg, func(t *testing.T) {
			b := newBench(t, alg)
			raw := sign(t, b.signer, claimsAt(start))
			p := jwt.NewParser(jwt.WithValidMethods([]string{alg}), jwt.WithIssuer(issuer), jwt.WithAudience(audience),
				jwt.WithExpirationRequired(), jwt.WithIssuedAt(), jwt.WithTimeFunc(b.clock.Now), jwt.WithStrictDecoding())
			got, err := p.Parse(raw, func(tok *jwt.Token) (any, error) {
				return publishedKey(t, b.keys.JWKS(b.clock.Now()), tok.Header["kid"]), nil
			})
			if err != nil {
				t.Fatalf("got error %v, want none", err)
			}
			if sub, _ := got.Claims.GetSubject(); sub != claimsAt(start).Subject {
				t.Errorf("sub: got %q, want %q", sub, claimsAt(start).Subject)
			}
		})
	}
}

func FuzzVerify(f *testing.F) {
	b := newBench(f, token.ES256)
	good := sign(f, b.signer, claimsAt(start))
	signed := good[:strings.LastIndexByte(good, '.')]
	f.Add(good)
	f.Add(twinOf(f, good))
	f.Add(good + ".")
	f.Add(b.signHeader(f, with(b.header(), "crit", []string{"exp"})))
	f.Add("eyJhbGciOiJub25lIn0..")
	f.Add("a.b.c.d.e")
	f.Fuzz(func(t *testing.T, raw string) {
		_, err := b.verifier.Verify(raw)
		if err == nil && !strings.HasPrefix(raw, signed+".") {
			t.Errorf("%q: accepted, want a refusal of what was never signed", raw)
		}
		if err != nil && (fault.Of(err) != fault.CodeInvalidToken || token.Reason(err) == "") {
			t.Errorf("%q: got error %v, want invalid_token with a reason", raw, err)
		}
	})
}

// FuzzPayload signs whatever the fuzzer makes, so that the reader of the payload
// is reached, and compares with encoding/json.
func FuzzPayload(f *testing.F) {
	b := newBench(f, token.EdDSA)
	f.Add(text(f, b.payload()))
	f.Add(text(f, with(b.payload(), "cnf", object{"jkt": []any{"x", 1.5e3, true, nil}})))
	f.Add(strings.Replace(text(f, b.payload()), "{", `{"iss":"x",`, 1))
	f.Add(strings.Replace(text(f, b.payload()), "{", `{"x":"\ud800","y":-0.5E+7, "z":{"a":{}},`, 1))
	f.Fuzz(func(t *testing.T, payload string) {
		got, err := b.verifier.Verify(b.signText(t, text(t, b.header()), payload))
		if err != nil {
			if token.Reason(err) == "" {
				t.Errorf("%q: got error %v, want one with a reason", payload, err)
			}
			return
		}
		var other struct {
			Iss, Sub, Jti, Sid, Email string
			Iat, Exp                  int64
		}
		if err := json.Unmarshal([]byte(payload), &object{}); err != nil {
			t.Fatalf("%q: accepted, but encoding/json says %v", payload, err)
		}
		if strings.ContainsAny(payload, "ABCDEFGHIJKLMNOPQRSTUVWXYZſK") || json.Unmarshal([]byte(payload), &other) != nil {
			return // encoding/json also takes names in other letter case
		}
		if got.Issuer != other.Iss || got.Subject != other.Sub || got.ID != other.Jti || got.SessionID != other.Sid ||
			got.Email != other.Email || got.IssuedAt.Unix() != other.Iat || got.ExpiresAt.Unix() != other.Exp {
			t.Errorf("%q: got %+v, encoding/json reads %+v", payload, got, other)
		}
	})
}
