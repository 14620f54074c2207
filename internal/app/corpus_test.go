package app_test

import (
	"bytes"
	"crypto"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/sallyport/sallyport/internal/account"
	"github.com/sallyport/sallyport/internal/apptest"
	"github.com/sallyport/sallyport/internal/audit"
	"github.com/sallyport/sallyport/internal/ident"
	"github.com/sallyport/sallyport/internal/opaque"
	"github.com/sallyport/sallyport/internal/session"
	"github.com/sallyport/sallyport/internal/storetest"
	"github.com/sallyport/sallyport/internal/testbed"
	"github.com/sallyport/sallyport/internal/token"
)

// specimen is one token of the corpus and what it must be taken for; "" where only
// that all agree counts.
type specimen struct{ name, raw, want string }

const good, bad = "good", "bad"

// TestTokenCorpus shows five hundred tokens to one node on SQLite and to two on
// one PostgreSQL, who must say the same of each, to the byte.
func TestTokenCorpus(t *testing.T) {
	service, hash := opaque.New(opaque.Service)
	settings := []string{"RATE_API_IP=1000000/1m", "SERVICE_KEYS=shop:sha256:" + hex.EncodeToString(hash)}
	shared := testbed.Postgres(t)
	nodes := []*apptest.Rig{
		apptest.Open(t, storetest.SQLite(t), settings...),
		apptest.Open(t, shared, settings...), apptest.Open(t, shared, settings...),
	}
	now := nodes[0].Clock.Now()
	u := account.NewUser(account.Address{Display: email, Canonical: email}, "Ada", account.Member, "", now.Truncate(time.Second))
	revoked := session.Revocation{ID: ident.New(), Kind: session.RevokedToken, Value: "revoked-token", Reason: "test", At: now, ExpiresAt: now.Add(time.Hour)}
	var keys []token.Key
	for _, alg := range []string{"ES256", "EdDSA", "RS256"} {
		k, err := token.GenerateKey(alg, now)
		if err != nil {
			t.Fatal(err)
		}
		k.ActiveFrom = now.Add(time.Hour) // they verify, and do not sign yet
		keys = append(keys, k)
	}
	for i, n := range nodes[:2] { // the third shares the second's database
		if err := n.Store.CreateUser(t.Context(), u, nil, audit.Of(audit.New(t.Context(), now, audit.UserCreated, audit.Success, u.ID))); err != nil {
			t.Fatalf("node %d: %v", i, err)
		}
		for _, k := range keys {
			if err := n.Store.ApplyRotation(t.Context(), token.Rotation{New: &k}, audit.Trail{}); err != nil {
				t.Fatalf("node %d: %v", i, err)
			}
		}
		if err := n.Store.RevokeToken(t.Context(), revoked, audit.Trail{}); err != nil {
			t.Fatalf("node %d: %v", i, err)
		}
	}
	for i, n := range nodes {
		if err := n.TurnKeys(t.Context()); err != nil {
			t.Fatalf("node %d: %v", i, err)
		}
		if err := n.ReadRevocations(t.Context()); err != nil {
			t.Fatalf("node %d: %v", i, err)
		}
	}
	all := corpus(t, keys, now, nodes[0].PublicURL(), u.ID)
	if len(all) < 500 {
		t.Fatalf("got %d tokens, want 500", len(all))
	}
	counts := map[string]int{}
	for _, s := range all {
		first := verdict(t, nodes[0], service, s.raw)
		for i, n := range nodes[1:] {
			if got := verdict(t, n, service, s.raw); got != first {
				t.Errorf("TK-17 %s: node %d says %s, the first %s", s.name, i+2, got, first)
			}
		}
		took := bad
		if strings.Contains(first, `"id":"`) { // introspection also asks for the session, of which there is none
			took = good
		}
		counts[took]++
		if s.want != "" && took != s.want {
			t.Errorf("TK-17 %s: got %s, want %s: %s", s.name, took, s.want, first)
		}
	}
	if counts[good] < 100 || counts[bad] < 300 {
		t.Errorf("got %v, want a hundred good ones and three hundred bad", counts)
	}
}

// verdict is what a node says of a token, by introspection and by use.
func verdict(t *testing.T, r *apptest.Rig, service, raw string) string {
	t.Helper()
	body, err := json.Marshal(map[string]string{"token": raw})
	if err != nil {
		t.Fatal(err)
	}
	req := httptest.NewRequestWithContext(t.Context(), "POST", "/api/v1/auth/introspect", bytes.NewReader(body))
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Authorization", "Bearer "+service)
	w := httptest.NewRecorder()
	r.Handler().ServeHTTP(w, req)
	said := w.Body.String()
	if w.Code != 200 {
		said = "refused" // the document names the request
	}
	used := httptest.NewRequestWithContext(t.Context(), "GET", "/api/v1/me", nil)
	used.Header.Set("Authorization", "Bearer "+raw)
	v := httptest.NewRecorder()
	r.Handler().ServeHTTP(v, used)
	if v.Code == 200 {
		return fmt.Sprintf("%d %s %d %s", w.Code, said, v.Code, v.Body)
	}
	return fmt.Sprintf("%d %s %d %s", w.Code, said, v.Code, v.Header().Get("WWW-Authenticate"))
}

// corpus makes tokens under each key.
func corpus(t *testing.T, keys []token.Key, now time.Time, issuer, userID string) (all []specimen) {
	t.Helper()
	for _, k := range keys {
		m := mint{t, k, jwt.MapClaims{
			"iss": issuer, "sub": userID, "aud": issuer, "client_id": "web", "sid": ident.New(), "aal": "aal1", "acr": "aal1",
			"amr": []string{"pwd"}, "iat": now.Unix() - 60, "exp": now.Unix() + 300, "auth_time": now.Unix() - 60,
		}}
		for i := range 40 {
			all = append(all, specimen{fmt.Sprintf("%s good %d", k.Alg, i), m.token(nil, map[string]any{"exp": now.Unix() + 10 + int64(i)*10, "iat": now.Unix() - int64(i)}), good})
		}
		all = append(all, m.wrongClaims(now)...)
		all = append(all, m.wrongHeaders()...)
		all = append(all, m.damaged()...)
	}
	return all
}

// mint makes tokens under one key.
type mint struct {
	t    *testing.T
	key  token.Key
	base jwt.MapClaims
}

// token signs the usual token with other headers and claims; nil takes one out.
func (m mint) token(header, claims map[string]any) string {
	m.t.Helper()
	c := maps.Clone(m.base)
	c["jti"] = ident.New()
	merge(c, claims)
	x := jwt.NewWithClaims(jwt.GetSigningMethod(m.key.Alg), c)
	x.Header["typ"], x.Header["kid"] = "at+jwt", m.key.ID
	merge(x.Header, header)
	raw, err := x.SignedString(crypto.PrivateKey(m.key.Private))
	if err != nil {
		m.t.Fatalf("sign: %v", err)
	}
	return raw
}

func merge(into, more map[string]any) {
	for k, v := range more {
		if v == nil {
			delete(into, k)
		} else {
			into[k] = v
		}
	}
}

func (m mint) wrongClaims(now time.Time) (all []specimen) {
	wrong := map[string][]any{
		"iss": {nil, "", "http://localhost:8001", "http://localhost:8000/", 7}, "aud": {nil, "", "other", []string{}, []string{"other"}, 7},
		"sub": {nil, "", 7}, "exp": {nil, now.Unix() - 3600, "soon", -1, 1e300}, "iat": {nil, now.Unix() + 3600, "now"},
		"jti": {"revoked-token"}, "nbf": {now.Unix() + 3600, "later"},
	}
	for name, values := range wrong {
		for i, v := range values {
			all = append(all, specimen{fmt.Sprintf("%s claim %s %d %v", m.key.Alg, name, i, v), m.token(nil, map[string]any{name: v}), bad})
		}
	}
	for _, name := range []string{"jti", "sid", "client_id", "auth_time", "aal", "acr", "amr"} {
		all = append(all, specimen{m.key.Alg + " without " + name, m.token(nil, map[string]any{name: nil}), ""})
	}
	return all
}

func (m mint) wrongHeaders() (all []specimen) {
	wrong := map[string][]any{
		"typ": {nil, "JWT", "at+JWT2", 7}, "alg": {nil, "none", "HS256", "ES384", "PS256", ""},
		"kid": {nil, "", "unknown", "../key", strings.Repeat("k", 65), 7}, "crit": {[]string{"x"}, []string{}},
		"jku": {"https://evil.example/keys"}, "x5u": {"https://evil.example/cert"}, "x5c": {[]string{"MIIB"}}, "jwk": {map[string]any{"kty": "EC"}},
	}
	for name, values := range wrong {
		for i, v := range values {
			all = append(all, specimen{fmt.Sprintf("%s header %s %d %v", m.key.Alg, name, i, v), m.token(map[string]any{name: v}, nil), bad})
		}
	}
	return all
}

// damaged changes a good token: its parts, and single characters.
func (m mint) damaged() (all []specimen) {
	raw := m.token(nil, nil)
	parts := strings.Split(raw, ".")
	for name, text := range map[string]string{
		"no signature": parts[0] + "." + parts[1] + ".", "two parts": parts[0] + "." + parts[1], "four parts": raw + ".x", "no claims": parts[0] + ".." + parts[2],
		"padding": raw + "=", "a dot in front": "." + raw, "standard base64": base64.StdEncoding.EncodeToString([]byte(raw)),
		"twice": raw + raw, "claims of another": parts[0] + "." + strings.Split(m.token(nil, map[string]any{"sub": "somebody"}), ".")[1] + "." + parts[2],
		"long": raw + strings.Repeat("A", 9000), "upper case": strings.ToUpper(raw),
	} {
		all = append(all, specimen{m.key.Alg + " " + name, text, bad})
	}
	for i := 0; i < len(raw)-1; i += max(1, len(raw)/60) {
		c := byte('A')
		if raw[i] == 'A' {
			c = 'B'
		}
		want := bad
		if i+1 < len(raw) && raw[i+1] == '.' || raw[i] == '.' {
			want = "" // bits at the end of a part that mean nothing
		}
		all = append(all, specimen{fmt.Sprintf("%s character %d", m.key.Alg, i), raw[:i] + string(c) + raw[i+1:], want})
	}
	return all
}
