package providertest

import (
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/url"
	"sync"
)

// The client every stand-in knows.
const (
	ClientID     = "client-1"
	ClientSecret = "a secret/with+signs"
)

// grant is what an authorisation code stands for.
type grant struct {
	account               map[string]any
	challenge, redirectTo string
	nonce                 string
}

// grants are the codes that were handed out and not spent yet.
type grants struct {
	mu    sync.Mutex
	codes map[string]grant
}

// authorize answers an authorisation request: the header X-Account says who
// signs in, as the base64 of JSON; without it the person cancels.
func (g *grants) authorize(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	back, err := url.Parse(q.Get("redirect_uri"))
	if err != nil || q.Get("client_id") != ClientID || q.Get("response_type") != "code" {
		http.Error(w, "bad authorization request", http.StatusBadRequest)
		return
	}
	answer := url.Values{"state": {q.Get("state")}}
	switch {
	case q.Get("code_challenge_method") != "S256" || len(q.Get("code_challenge")) != 43:
		answer.Set("error", "invalid_request")
	case r.Header.Get("X-Account") == "":
		answer.Set("error", "access_denied")
	default:
		answer.Set("code", g.issue(r.Header.Get("X-Account"), q))
	}
	back.RawQuery = answer.Encode()
	http.Redirect(w, r, back.String(), http.StatusFound)
}

func (g *grants) issue(header string, q url.Values) string {
	raw, _ := base64.StdEncoding.DecodeString(header)
	var account map[string]any
	_ = json.Unmarshal(raw, &account) // a bad header is an account without claims
	code := rand.Text()
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.codes == nil {
		g.codes = map[string]grant{}
	}
	g.codes[code] = grant{account, q.Get("code_challenge"), q.Get("redirect_uri"), q.Get("nonce")}
	return code
}

// redeem spends the code of a token request, or returns the error of RFC 6749
// §5.2.
func (g *grants) redeem(r *http.Request) (grant, string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	code := r.PostFormValue("code")
	found, ok := g.codes[code]
	delete(g.codes, code)
	sum := sha256.Sum256([]byte(r.PostFormValue("code_verifier")))
	switch {
	case r.PostFormValue("grant_type") != "authorization_code":
		return found, "unsupported_grant_type"
	case !ok || r.PostFormValue("redirect_uri") != found.redirectTo:
		return found, "invalid_grant"
	case subtle.ConstantTimeCompare([]byte(base64.RawURLEncoding.EncodeToString(sum[:])), []byte(found.challenge)) != 1:
		return found, "invalid_grant" // RFC 7636 §4.6
	}
	return found, ""
}

func answerJSON(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(v) // the client is gone: nobody to tell
}
