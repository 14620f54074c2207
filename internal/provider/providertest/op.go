package providertest

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"encoding/json"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/go-jose/go-jose/v4"

	"github.com/sallyport/sallyport/internal/clock"
)

// OP is a small OpenID provider. Set its fields before it is used.
type OP struct {
	URL   string
	Clock clock.Clock
	// Path is where the metadata lies, below URL.
	Path string
	// Issuer is what the metadata name; IssuerOf what a token of these claims
	// names.
	Issuer   string
	IssuerOf func(claims map[string]any) string
	// KeyIssuer is Microsoft's member of the published keys; empty: none.
	KeyIssuer string
	// Metadata, Claims and Sign change what is published, what an ID token says
	// and how it is signed; nil: as it should be.
	Metadata func(m map[string]any)
	Claims   func(c map[string]any)
	Sign     func(claims []byte) string
	// Fail, while it is set, answers instead of the provider.
	Fail atomic.Pointer[http.HandlerFunc]

	RSA   *rsa.PrivateKey
	EC    *ecdsa.PrivateKey
	grant grants

	mu      sync.Mutex
	calls   map[string]int // by path
	revoked []string
	info    map[string]map[string]any // user info by access token
	kid     string
}

// signingKeys are made once: making them is slow, and tests do not differ in
// them.
var signingKeys = sync.OnceValues(func() (*rsa.PrivateKey, *ecdsa.PrivateKey) {
	rsaKey, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err)
	}
	ecKey, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		panic(err)
	}
	return rsaKey, ecKey
})

// NewOP serves an OpenID provider until the test ends.
func NewOP(tb testing.TB, c clock.Clock) *OP {
	tb.Helper()
	rsaKey, ecKey := signingKeys()
	op := &OP{Clock: c, RSA: rsaKey, EC: ecKey, calls: map[string]int{}, info: map[string]map[string]any{}, kid: "key-1"}
	server := httptest.NewServer(op)
	tb.Cleanup(server.Close)
	op.URL, op.Issuer = server.URL, server.URL
	op.IssuerOf = func(map[string]any) string { return op.Issuer }
	return op
}

// NewMicrosoft serves an OpenID provider with Microsoft's manners: one set of
// metadata for many directories, tid in every token, no email_verified.
func NewMicrosoft(tb testing.TB, c clock.Clock, tenant string) *OP {
	tb.Helper()
	op := NewOP(tb, c)
	op.Path = "/" + tenant + "/v2.0"
	named := tenant
	if !strings.Contains(tenant, "-") {
		named = "{tenantid}"
	}
	op.Issuer = op.URL + "/" + named + "/v2.0"
	op.KeyIssuer = op.URL + "/{tenantid}/v2.0"
	op.IssuerOf = func(claims map[string]any) string {
		tid, _ := claims["tid"].(string)
		return op.URL + "/" + tid + "/v2.0"
	}
	return op
}

// Calls returns how often a path was asked for.
func (op *OP) Calls(path string) int {
	op.mu.Lock()
	defer op.mu.Unlock()
	return op.calls[path]
}

// Revoked returns the tokens that were taken back.
func (op *OP) Revoked() []string {
	op.mu.Lock()
	defer op.mu.Unlock()
	return append([]string(nil), op.revoked...)
}

// RotateKeys publishes the keys under another id.
func (op *OP) RotateKeys(kid string) {
	op.mu.Lock()
	defer op.mu.Unlock()
	op.kid = kid
}

func (op *OP) keyID() string {
	op.mu.Lock()
	defer op.mu.Unlock()
	return op.kid
}

// ServeHTTP is the provider.
func (op *OP) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	op.mu.Lock()
	op.calls[r.URL.Path]++
	op.mu.Unlock()
	if fail := op.Fail.Load(); fail != nil {
		(*fail)(w, r)
		return
	}
	switch r.URL.Path {
	case op.Path + "/.well-known/openid-configuration":
		op.metadata(w)
	case "/authorize":
		op.grant.authorize(w, r)
	case "/token":
		op.token(w, r)
	case "/keys":
		op.keys(w)
	case "/userinfo":
		op.userInfo(w, r)
	case "/revoke":
		op.mu.Lock()
		op.revoked = append(op.revoked, r.PostFormValue("token"))
		op.mu.Unlock()
	default:
		http.NotFound(w, r)
	}
}

func (op *OP) metadata(w http.ResponseWriter) {
	m := map[string]any{
		"issuer": op.Issuer, "authorization_endpoint": op.URL + "/authorize", "token_endpoint": op.URL + "/token",
		"jwks_uri": op.URL + "/keys", "userinfo_endpoint": op.URL + "/userinfo", "revocation_endpoint": op.URL + "/revoke",
		"response_types_supported": []string{"code"}, "subject_types_supported": []string{"public"},
		"id_token_signing_alg_values_supported": []string{"RS256"},
	}
	if op.Metadata != nil {
		op.Metadata(m)
	}
	answerJSON(w, http.StatusOK, m)
}

func (op *OP) keys(w http.ResponseWriter) {
	var list []map[string]any
	for _, k := range []jose.JSONWebKey{
		{Key: &op.RSA.PublicKey, KeyID: op.keyID(), Algorithm: "RS256", Use: "sig"},
		{Key: &op.EC.PublicKey, KeyID: op.keyID() + "-ec", Algorithm: "ES256", Use: "sig"},
	} {
		raw, err := k.MarshalJSON()
		var member map[string]any
		if err != nil || json.Unmarshal(raw, &member) != nil {
			http.Error(w, "keys", http.StatusInternalServerError)
			return
		}
		if op.KeyIssuer != "" {
			member["issuer"] = op.KeyIssuer
		}
		list = append(list, member)
	}
	answerJSON(w, http.StatusOK, map[string]any{"keys": list})
}

func (op *OP) token(w http.ResponseWriter, r *http.Request) {
	id, secret, _ := r.BasicAuth()
	wanted, _ := url.QueryUnescape(secret) // RFC 6749 §2.3.1
	if id != ClientID || wanted != ClientSecret {
		answerJSON(w, http.StatusUnauthorized, map[string]string{"error": "invalid_client"})
		return
	}
	if r.PostFormValue("grant_type") == "refresh_token" {
		answerJSON(w, http.StatusOK, map[string]any{"access_token": "fresh-" + rand.Text(), "token_type": "Bearer", "expires_in": 3600})
		return
	}
	g, refused := op.grant.redeem(r)
	if refused != "" {
		answerJSON(w, http.StatusBadRequest, map[string]string{"error": refused, "error_description": "a detail that is nobody's business"})
		return
	}
	access := "access-" + rand.Text()
	op.mu.Lock()
	op.info[access] = g.account
	op.mu.Unlock()
	answerJSON(w, http.StatusOK, map[string]any{
		"access_token": access, "token_type": "Bearer", "expires_in": 3600, "refresh_token": "refresh-" + rand.Text(), "id_token": op.idToken(g),
	})
}

// idToken says what the account says, with the claims that every ID token has.
func (op *OP) idToken(g grant) string {
	now := op.Clock()
	claims := map[string]any{"aud": ClientID, "nonce": g.nonce, "iat": now.Unix(), "exp": now.Unix() + 300}
	maps.Copy(claims, g.account)
	claims["iss"] = op.IssuerOf(claims)
	if op.Claims != nil {
		op.Claims(claims)
	}
	raw, err := json.Marshal(claims)
	if err != nil {
		return ""
	}
	if op.Sign != nil {
		return op.Sign(raw)
	}
	return op.Signed(jose.RS256, op.RSA, op.keyID(), raw)
}

// Signed returns payload as a JWT.
func (op *OP) Signed(alg jose.SignatureAlgorithm, key any, kid string, payload []byte) string {
	o := (&jose.SignerOptions{}).WithType("JWT")
	if kid != "" {
		o = o.WithHeader("kid", kid)
	}
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: alg, Key: key}, o)
	if err != nil {
		return ""
	}
	jws, err := signer.Sign(payload)
	if err != nil {
		return ""
	}
	raw, err := jws.CompactSerialize()
	if err != nil {
		return ""
	}
	return raw
}

func (op *OP) userInfo(w http.ResponseWriter, r *http.Request) {
	op.mu.Lock()
	account, ok := op.info[strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")]
	op.mu.Unlock()
	if !ok {
		answerJSON(w, http.StatusUnauthorized, map[string]string{"error": "invalid_token"})
		return
	}
	if info, ok := account["userinfo"].(map[string]any); ok {
		account = info
	}
	answerJSON(w, http.StatusOK, account)
}
