package token_test

import (
	"crypto"
	"crypto/elliptic"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"math/big"
	"strings"
	"testing"
	"time"

	"github.com/sallyport/sallyport/internal/opaque"
	"github.com/sallyport/sallyport/internal/token"
)

// bad is one token that must be refused.
type bad struct {
	name string // begins with the requirement
	raw  string
	want token.Refusal
}

func TestBadTokensAreRefused(t *testing.T) {
	b := newBench(t, token.ES256)
	all := badTokens(t, b)
	if got := len(all); got < 60 {
		t.Errorf("the table has %d tokens, want at least 60", got)
	}
	for _, c := range all {
		t.Run(c.name, func(t *testing.T) { refused(t, b.verifier, c.raw, c.want) })
	}
	if got := b.verifier.CacheLen(); got != 0 {
		t.Errorf("remembered tokens: got %d, want none of the refused", got)
	}
}

// badTokens returns every kind of bad token for the bench's ES256 key.
func badTokens(t testing.TB, b *bench) []bad {
	var all []bad
	for _, group := range [][]bad{
		badAlgorithms(t, b), badHeaders(t, b), badTypes(t, b), badClaims(t, b), badClaimTypes(t, b),
		badShapes(t, b), badJSON(t, b), badSignatures(t, b), otherSecrets(),
	} {
		all = append(all, group...)
	}
	return all
}

func badAlgorithms(t testing.TB, b *bench) []bad {
	good := b.signHeader(t, b.header())
	_, payload, sig := parts(t, good)
	unsigned := func(alg any) string { return b64(text(t, with(b.header(), "alg", alg))) + "." + payload }
	der, err := x509.MarshalPKIXPublicKey(b.key.Public)
	if err != nil {
		t.Fatal(err)
	}
	public := pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})
	hs256 := func(key []byte) string {
		mac := hmac.New(sha256.New, key)
		mac.Write([]byte(unsigned("HS256")))
		return unsigned("HS256") + "." + base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
	}
	return []bad{
		{"TK-01 alg none without signature", unsigned("none") + ".", token.BadEncoding},
		{"TK-01 alg none with a signature", unsigned("none") + "." + sig, token.WrongAlg},
		{"TK-01 alg None", unsigned("None") + "." + sig, token.WrongAlg},
		{"TK-01 alg NONE", unsigned("NONE") + "." + sig, token.WrongAlg},
		{"TK-01 HS256 with the public key in PEM", hs256(public), token.WrongAlg},
		{"TK-01 HS256 with the public key in DER", hs256(der), token.WrongAlg},
		{"TK-01 HS256 with an empty key", hs256(nil), token.WrongAlg},
		{"TK-01 RS256 over an ES256 key", unsigned("RS256") + "." + sig, token.WrongAlg},
		{"TK-01 EdDSA over an ES256 key", unsigned("EdDSA") + "." + sig, token.WrongAlg},
		{"TK-01 ES384", unsigned("ES384") + "." + sig, token.WrongAlg},
		{"TK-01 PS256", unsigned("PS256") + "." + sig, token.WrongAlg},
		{"TK-01 es256 in small letters", b.signHeader(t, with(b.header(), "alg", "es256")), token.WrongAlg},
		{"TK-01 no alg", b.signHeader(t, without(b.header(), "alg")), token.WrongAlg},
		{"TK-01 alg is a number", b.signHeader(t, with(b.header(), "alg", 256)), token.WrongType},
		{"TK-01 alg is an array", b.signHeader(t, with(b.header(), "alg", []string{"ES256"})), token.WrongType},
	}
}

func badHeaders(t testing.TB, b *bench) []bad {
	head := func(name string, value any) string { return b.signHeader(t, with(b.header(), name, value)) }
	jwk := object{"kty": "EC", "crv": "P-256", "x": "AA", "y": "AA"}
	return []bad{
		{"TK-02 jku", head("jku", "https://evil.example/jwks.json"), token.ForbiddenHeader},
		{"TK-02 x5u", head("x5u", "https://evil.example/cert.pem"), token.ForbiddenHeader},
		{"TK-02 embedded jwk", head("jwk", jwk), token.ForbiddenHeader},
		{"TK-02 embedded x5c", head("x5c", []string{"MIIB"}), token.ForbiddenHeader},
		{"TK-02 x5t", head("x5t", "AAAA"), token.ForbiddenHeader},
		{"TK-02 x5t#S256", head("x5t#S256", "AAAA"), token.ForbiddenHeader},
		{"TK-02 unknown crit", head("crit", []string{"exp"}), token.ForbiddenHeader},
		{"TK-02 empty crit", head("crit", []string{}), token.ForbiddenHeader},
		{"TK-02 b64 false", head("b64", false), token.ForbiddenHeader},
		{"TK-02 zip", head("zip", "DEF"), token.ForbiddenHeader},
		{"TK-02 enc", head("enc", "A256GCM"), token.ForbiddenHeader},
		{"TK-02 no kid", b.signHeader(t, without(b.header(), "kid")), token.BadKeyID},
		{"TK-02 empty kid", head("kid", ""), token.BadKeyID},
		{"TK-02 kid is a path", head("kid", "../../../../dev/null"), token.BadKeyID},
		{"TK-02 kid is SQL", head("kid", "x' OR '1'='1"), token.BadKeyID},
		{"TK-02 kid with a NUL", head("kid", "key\x00"), token.BadKeyID},
		{"TK-02 kid with a line feed", head("kid", b.key.ID+"\n"), token.BadKeyID},
		{"TK-02 kid outside ASCII", head("kid", "kéy"), token.BadKeyID},
		{"TK-02 kid of 65 characters", head("kid", strings.Repeat("a", 65)), token.BadKeyID},
		{"TK-02 kid is a URL", head("kid", "https://evil.example/key"), token.BadKeyID},
		{"TK-02 kid is a number", head("kid", 1), token.WrongType},
		{"TK-02 kid is null", head("kid", nil), token.WrongType},
		{"TK-02 kid unknown", head("kid", "no-such-key"), token.UnknownKey},
		{"TK-02 kid in other letter case", head("kid", strings.ToUpper(b.key.ID)), token.UnknownKey},
		{"TK-05 an object in the header", head("x", object{}), token.BadJSON},
		{"TK-05 an array in the header", head("x", []int{1}), token.BadJSON},
	}
}

func badTypes(t testing.TB, b *bench) []bad {
	typ := func(v any) string { return b.signHeader(t, with(b.header(), "typ", v)) }
	return []bad{
		{"TK-03 no typ", b.signHeader(t, without(b.header(), "typ")), token.WrongTyp},
		{"TK-03 typ JWT", typ("JWT"), token.WrongTyp},
		{"TK-03 typ jwt", typ("jwt"), token.WrongTyp},
		{"TK-03 typ id_token+jwt", typ("id_token+jwt"), token.WrongTyp},
		{"TK-03 typ logout+jwt", typ("logout+jwt"), token.WrongTyp},
		{"TK-03 typ dpop+jwt", typ("dpop+jwt"), token.WrongTyp},
		{"TK-03 typ secevent+jwt", typ("secevent+jwt"), token.WrongTyp},
		{"TK-03 typ with a space", typ(" at+jwt"), token.WrongTyp},
		{"TK-03 typ with a parameter", typ("at+jwt;v=1"), token.WrongTyp},
		{"TK-03 typ text/at+jwt", typ("text/at+jwt"), token.WrongTyp},
		{"TK-03 typ with a letter that folds", typ("at+\u017fwt"), token.WrongTyp},
		{"TK-03 empty typ", typ(""), token.WrongTyp},
		{"TK-03 typ is an array", typ([]string{"at+jwt"}), token.WrongType},
	}
}

func badClaims(t testing.TB, b *bench) []bad {
	pay := func(name string, value any) string { return b.signPayload(t, with(b.payload(), name, value)) }
	at := func(d time.Duration) int64 { return start.Add(d).Unix() }
	var all []bad
	for _, name := range []string{"iss", "sub", "aud", "exp", "iat", "jti", "sid"} {
		all = append(all, bad{"TK-04 no " + name, b.signPayload(t, without(b.payload(), name)), token.MissingClaim})
	}
	for _, name := range []string{"iss", "sub", "aud", "jti", "sid"} {
		all = append(all, bad{"TK-04 empty " + name, pay(name, ""), token.MissingClaim})
	}
	return append(all,
		bad{"TK-04 empty aud array", pay("aud", []string{}), token.MissingClaim},
		bad{"TK-04 no claims", b.signPayload(t, object{}), token.MissingClaim},
		bad{"TK-04 another issuer", pay("iss", "https://evil.example"), token.WrongIssuer},
		bad{"TK-04 issuer with a slash more", pay("iss", issuer+"/"), token.WrongIssuer},
		bad{"TK-04 issuer in capitals", pay("iss", strings.ToUpper(issuer)), token.WrongIssuer},
		bad{"TK-04 issuer with something after it", pay("iss", issuer+".evil.example"), token.WrongIssuer},
		bad{"TK-04 another audience", pay("aud", "https://other.example"), token.WrongAudience},
		bad{"TK-04 two other audiences", pay("aud", []string{"a", "b"}), token.WrongAudience},
		bad{"TK-04 audience with a slash more", pay("aud", audience+"/"), token.WrongAudience},
		bad{"TK-04 expired", b.signPayload(t, with(with(b.payload(), "iat", at(-661*time.Second)), "exp", at(-61*time.Second))), token.Expired},
		bad{"TK-04 expired at the border", b.signPayload(t, with(with(b.payload(), "iat", at(-660*time.Second)), "exp", at(-60*time.Second))), token.Expired},
		bad{"TK-04 exp 15 minutes and a second after iat", pay("exp", at(15*time.Minute+time.Second)), token.LivesTooLong},
		bad{"TK-04 exp in a year", pay("exp", at(365*24*time.Hour)), token.LivesTooLong},
		bad{"TK-04 exp as large as it may be", pay("exp", int64(999_999_999_999)), token.LivesTooLong},
		bad{"TK-04 exp before iat", pay("exp", at(-time.Second)), token.LivesTooLong},
		bad{"TK-04 exp equal to iat", pay("exp", at(0)), token.LivesTooLong},
		bad{"TK-04 iat in the future", b.signPayload(t, with(with(b.payload(), "iat", at(61*time.Second)), "exp", at(300*time.Second))), token.IssuedInFuture},
		bad{"TK-04 nbf in the future", pay("nbf", at(61*time.Second)), token.NotYetValid},
	)
}

func badClaimTypes(t testing.TB, b *bench) []bad {
	exp := start.Add(10 * time.Minute).Unix()
	var all []bad
	for _, c := range []struct {
		name  string
		value any
	}{
		{"iss", 1}, {"iss", nil}, {"iss", []string{issuer}}, {"sub", 42}, {"sub", true}, {"sub", object{"id": "u"}},
		{"aud", 1}, {"aud", nil}, {"aud", object{"0": audience}}, {"aud", []any{audience, 1}}, {"aud", []any{[]string{audience}}},
		{"jti", 7}, {"sid", []string{"s"}}, {"sid", nil},
		{"exp", "1773501566"}, {"exp", float64(exp) + 0.5}, {"exp", nil}, {"exp", -exp}, {"exp", []int64{exp}}, {"exp", 0},
		{"iat", "now"}, {"iat", true}, {"iat", -1}, {"nbf", "0"}, {"nbf", nil}, {"nbf", 0.5}, {"auth_time", "x"},
		{"amr", "pwd"}, {"amr", []any{"pwd", nil}}, {"roles", "admin"}, {"roles", object{"admin": true}},
		{"email", 1}, {"aal", 2}, {"client_id", nil},
	} {
		payload := with(b.payload(), c.name, c.value)
		value := text(t, object{"is": c.value})
		all = append(all, bad{"TK-04 " + c.name + " " + value, b.signPayload(t, payload), token.WrongType})
	}
	for _, number := range []string{"1773501566e0", "1773501566E0", "1773501566.0", "01773501566", "+1773501566", "1e400", "9223372036854775808"} {
		payload := strings.Replace(text(t, without(b.payload(), "exp")), "{", `{"exp":`+number+`,`, 1)
		all = append(all, bad{"TK-04 exp " + number, b.signText(t, text(t, b.header()), payload), token.WrongType})
	}
	return all
}

func badShapes(t testing.TB, b *bench) []bad {
	good := sign(t, b.signer, claimsAt(start))
	h, p, s := parts(t, good)
	return []bad{
		{"TK-05 empty", "", token.NotThreeParts},
		{"TK-05 a word", "token", token.NotThreeParts},
		{"TK-05 one part", h, token.NotThreeParts},
		{"TK-05 two parts", h + "." + p, token.NotThreeParts},
		{"TK-05 two dots only", "..", token.BadEncoding},
		{"TK-05 four parts", good + "." + s, token.NotThreeParts},
		{"TK-05 a dot at the end", good + ".", token.NotThreeParts},
		{"TK-05 JWE: five parts", h + ".a.b.c.d", token.NotThreeParts},
		{"TK-05 8192 dots", strings.Repeat(".", token.MaxSize), token.NotThreeParts},
		{"TK-05 8193 bytes", good + strings.Repeat("A", token.MaxSize+1-len(good)), token.TooLong},
		{"TK-05 1 MiB", strings.Repeat("A", 1<<20), token.TooLong},
		{"TK-05 no header", "." + p + "." + s, token.BadEncoding},
		{"TK-05 no payload", h + ".." + s, token.BadSignature},
		{"TK-05 no payload, signed", b.signRaw(t, h+"."), token.BadEncoding},
		{"TK-05 no signature", h + "." + p + ".", token.BadEncoding},
		{"TK-05 padding on the header", h + "=." + p + "." + s, token.BadEncoding},
		{"TK-05 padding on the payload, signed", b.signRaw(t, h+"."+p+"=="), token.BadEncoding},
		{"TK-05 padding on the signature", good + "==", token.BadEncoding},
		{"TK-05 base64 of the other alphabet", h + "." + p + "." + strings.Repeat("+/", 43), token.BadEncoding},
		{"TK-05 a space in front", " " + good, token.BadEncoding},
		{"TK-05 a space behind", good + " ", token.BadEncoding},
		{"TK-05 a line feed in the signature", good[:len(good)-4] + "\n" + good[len(good)-4:], token.BadEncoding},
		{"TK-05 a line feed behind", good + "\n", token.BadEncoding},
		{"TK-05 CR LF in the header", h[:4] + "\r\n" + h[4:] + "." + p + "." + s, token.BadEncoding},
		{"TK-05 a line feed in the payload, signed", b.signRaw(t, h+"."+p[:4]+"\n"+p[4:]), token.BadEncoding},
		{"TK-05 a NUL", good[:len(good)-1] + "\x00", token.BadEncoding},
		{"TK-05 stray bits in the last character", strayBits(good), token.BadEncoding},
		{"TK-05 the word Bearer left in", "Bearer " + good, token.BadEncoding},
		{"TK-05 JSON serialisation", `{"payload":"` + p + `","protected":"` + h + `","signature":"` + s + `"}`, token.NotThreeParts},
	}
}

// strayBits sets a bit of the last character that base64 does not use. A
// signature of 64 bytes leaves four such bits.
func strayBits(raw string) string {
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	last := strings.IndexByte(alphabet, raw[len(raw)-1])
	return raw[:len(raw)-1] + string(alphabet[last|1])
}

func badJSON(t testing.TB, b *bench) []bad {
	h, p := text(t, b.header()), text(t, b.payload())
	head := func(in string) string { return b.signText(t, in, p) }
	pay := func(in string) string { return b.signText(t, h, in) }
	add := func(o, member string) string { return strings.Replace(o, "{", "{"+member+",", 1) }
	return []bad{
		{"TK-05 alg twice", head(add(h, `"alg":"none"`)), token.DuplicateMember},
		{"TK-05 kid twice, equal", head(add(h, `"kid":"`+b.key.ID+`"`)), token.DuplicateMember},
		{"TK-05 sub twice", pay(add(p, `"sub":"admin"`)), token.DuplicateMember},
		{"TK-05 exp twice", pay(add(p, `"exp":9999999999`)), token.DuplicateMember},
		{"TK-05 an unknown claim twice", pay(add(p, `"x":1,"x":1`)), token.DuplicateMember},
		{"TK-05 twice inside an unknown claim", pay(add(p, `"x":{"y":1,"y":2}`)), token.DuplicateMember},
		{"TK-05 twice by an escape", pay(add(p, `"su\u0062":"admin"`)), token.BadJSON},
		{"TK-05 header is no JSON", head("not json"), token.BadJSON},
		{"TK-05 header is empty", head(" "), token.BadJSON},
		{"TK-05 header is null", head("null"), token.BadJSON},
		{"TK-05 header is an array", head("[" + h + "]"), token.BadJSON},
		{"TK-05 header is a string", head(`"` + h + `"`), token.BadJSON},
		{"TK-05 something after the header", head(h + "x"), token.BadJSON},
		{"TK-05 payload is no JSON", pay("\x00\x01\x02"), token.BadJSON},
		{"TK-05 payload is an array", pay("[" + p + "]"), token.BadJSON},
		{"TK-05 payload is a number", pay("1"), token.BadJSON},
		{"TK-05 two payloads", pay(p + p), token.BadJSON},
		{"TK-05 payload cut", pay(p[:len(p)-1]), token.BadJSON},
		{"TK-05 a comma too many", pay(strings.Replace(p, "}", ",}", 1)), token.BadJSON},
		{"TK-05 a comma in front", pay(strings.Replace(p, "{", "{,", 1)), token.BadJSON},
		{"TK-05 a comment", pay(strings.Replace(p, "{", "{/* */", 1)), token.BadJSON},
		{"TK-05 single quotes", pay(strings.ReplaceAll(p, `"`, `'`)), token.BadJSON},
		{"TK-05 a name without quotes", pay(add(p, `x:1`)), token.BadJSON},
		{"TK-05 no colon", pay(add(p, `"x" 1`)), token.BadJSON},
		{"TK-05 NaN", pay(add(p, `"x":NaN`)), token.BadJSON},
		{"TK-05 True", pay(add(p, `"x":True`)), token.BadJSON},
		{"TK-05 a number with a leading zero", pay(add(p, `"x":01`)), token.BadJSON},
		{"TK-05 no value", pay(add(p, `"x":`)), token.BadJSON},
		{"TK-05 a string without an end", pay(`{"sub":"x`), token.BadJSON},
		{"TK-05 an escape without an end", pay(`{"sub":"x\`), token.BadJSON},
		{"TK-05 an unknown escape", pay(add(p, `"x":"\q"`)), token.BadJSON},
		{"TK-05 half a surrogate pair", pay(add(p, `"x":"\ud800"`)), token.BadJSON},
		{"TK-05 a raw line feed in a string", pay(add(p, "\"x\":\"a\nb\"")), token.BadJSON},
		{"TK-05 invalid UTF-8", pay(add(p, "\"x\":\"\xff\"")), token.BadJSON},
		{"TK-05 a byte order mark", pay("\ufeff" + p), token.BadJSON},
		{"TK-05 nested 5 deep", pay(add(p, `"x":[[[[]]]]`)), token.BadJSON},
		{"TK-05 nested 1000 deep", pay(`{"x":` + strings.Repeat("[", 1000) + strings.Repeat("]", 1000) + "}"), token.BadJSON},
		{"TK-05 65 members", pay("{" + manyMembers(65) + "}"), token.BadJSON},
		{"TK-05 65 audiences", pay(`{"aud":[` + strings.TrimSuffix(strings.Repeat(`"a",`, 65), ",") + `]}`), token.BadJSON},
	}
}

func manyMembers(n int) string {
	var out []string
	for i := range n {
		out = append(out, `"m`+string(rune('A'+i))+`":1`)
	}
	return strings.Join(out, ",")
}

func badSignatures(t testing.TB, b *bench) []bad {
	good := sign(t, b.signer, claimsAt(start))
	h, p, s := parts(t, good)
	raw, err := base64.RawURLEncoding.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	r, sv := new(big.Int).SetBytes(raw[:32]), new(big.Int).SetBytes(raw[32:])
	n, zero, one := elliptic.P256().Params().N, new(big.Int), big.NewInt(1)
	pair := func(r, s *big.Int) string {
		out := make([]byte, 64)
		r.FillBytes(out[:32])
		s.FillBytes(out[32:])
		return h + "." + p + "." + base64.RawURLEncoding.EncodeToString(out)
	}
	other := newBench(t, token.ES256)
	other.key.ID = b.key.ID
	stranger := other.signHeader(t, b.header())
	admin := b64(strings.Replace(text(t, b.payload()), `"user"`, `"root"`, 1))
	digest := sha256.Sum256([]byte(h + "." + p))
	der, err := b.key.Private.Sign(rand.Reader, digest[:], crypto.SHA256)
	if err != nil {
		t.Fatal(err)
	}
	sig := func(in []byte) string { return h + "." + p + "." + base64.RawURLEncoding.EncodeToString(in) }
	all := []bad{
		{"TK-01 signed by a stranger under our kid", stranger, token.BadSignature},
		{"TK-01 another payload", h + "." + admin + "." + s, token.BadSignature},
		{"TK-01 another header", b64(text(t, with(b.header(), "x", "y"))) + "." + p + "." + s, token.BadSignature},
		{"TK-01 r and s zero", pair(zero, zero), token.BadSignature},
		{"TK-01 r zero", pair(zero, sv), token.BadSignature},
		{"TK-01 s zero", pair(r, zero), token.BadSignature},
		{"TK-01 r and s one", pair(one, one), token.BadSignature},
		{"TK-01 r = n", pair(n, sv), token.BadSignature},
		{"TK-01 s = n", pair(r, n), token.BadSignature},
		{"TK-01 r and s = n", pair(n, n), token.BadSignature},
		{"TK-01 s + 1", pair(r, new(big.Int).Mod(new(big.Int).Add(sv, one), n)), token.BadSignature},
		{"TK-01 r and s swapped", pair(sv, r), token.BadSignature},
		{"TK-01 n - r", pair(new(big.Int).Sub(n, r), sv), token.BadSignature},
		{"TK-01 63 bytes", sig(raw[:63]), token.BadSignature},
		{"TK-01 a byte behind", sig(append(raw[:64:64], 0)), token.BadSignature},
		{"TK-01 a zero in front of r and of s", sig(append(append([]byte{0}, raw[:32]...), append([]byte{0}, raw[32:]...)...)), token.BadSignature},
		{"TK-01 in ASN.1", sig(der), token.BadSignature},
		{"TK-01 one byte", sig([]byte{1}), token.BadSignature},
		{"TK-01 4 KiB", sig(make([]byte, 4096)), token.BadSignature},
	}
	if sum := new(big.Int).Add(sv, n); sum.BitLen() <= 256 { // s + n still has 32 bytes for about one in 2^32
		all = append(all, bad{"TK-01 s + n", pair(r, sum), token.BadSignature})
	}
	return all
}

// otherSecrets are what this server hands out for other purposes.
func otherSecrets() []bad {
	var all []bad
	for _, kind := range []opaque.Kind{
		opaque.Refresh, opaque.Attempt, opaque.EmailVerify, opaque.PasswordReset, opaque.EmailChange, opaque.EmailUndo,
		opaque.Ticket, opaque.Handover, opaque.Setup, opaque.Device, opaque.OAuthState, opaque.Service,
	} {
		secret, _ := opaque.New(kind)
		all = append(all,
			bad{"TK-03 opaque token " + string(kind), secret, token.NotThreeParts},
			bad{"TK-03 opaque token as three parts " + string(kind), secret + "." + secret + "." + secret, token.BadJSON},
		)
	}
	return all
}

// twinOf returns the token with the signature (r, n-s).
func twinOf(t testing.TB, raw string) string {
	t.Helper()
	h, p, s := parts(t, raw)
	sig, err := base64.RawURLEncoding.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	sv := new(big.Int).SetBytes(sig[32:])
	new(big.Int).Sub(elliptic.P256().Params().N, sv).FillBytes(sig[32:])
	return h + "." + p + "." + base64.RawURLEncoding.EncodeToString(sig)
}
