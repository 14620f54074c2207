package providertest

import (
	"crypto/rand"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
)

// GitHub is GitHub's sign-in and the part of its API that goes with it. An
// account is {"id", "login", "name", "emails": [{"email","primary","verified"}]}.
type GitHub struct {
	URL    string // also the API's, below /api
	grant  grants
	mu     sync.Mutex
	tokens map[string]map[string]any
	ended  []string
}

// NewGitHub serves a GitHub until the test ends.
func NewGitHub(tb testing.TB) *GitHub {
	tb.Helper()
	g := &GitHub{tokens: map[string]map[string]any{}}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /login/oauth/authorize", g.grant.authorize)
	mux.HandleFunc("POST /login/oauth/access_token", g.token)
	mux.HandleFunc("GET /api/{$}", func(w http.ResponseWriter, _ *http.Request) {
		_, _ = fmt.Fprintf(w, `{"current_user_url":"%s/api/user"}`, g.URL)
	})
	mux.HandleFunc("GET /api/user", g.api(func(account map[string]any) any {
		return map[string]any{"id": account["id"], "login": account["login"], "name": account["name"], "email": nil}
	}))
	mux.HandleFunc("GET /api/user/emails", g.api(func(account map[string]any) any { return account["emails"] }))
	mux.HandleFunc("DELETE /api/applications/"+ClientID+"/grant", g.end)
	server := httptest.NewServer(mux)
	tb.Cleanup(server.Close)
	g.URL = server.URL
	return g
}

// token answers as GitHub does: 200 also with an error, a form unless JSON is
// asked for.
func (g *GitHub) token(w http.ResponseWriter, r *http.Request) {
	answer := map[string]string{}
	if r.PostFormValue("client_id") != ClientID || r.PostFormValue("client_secret") != ClientSecret {
		answer["error"] = "incorrect_client_credentials"
	} else {
		if !r.PostForm.Has("grant_type") {
			r.PostForm.Set("grant_type", "authorization_code")
		}
		found, refused := g.grant.redeem(r)
		if refused != "" {
			answer["error"], answer["error_description"] = "bad_verification_code", "The code passed is incorrect or expired."
		} else {
			access := "gho_" + rand.Text()
			g.mu.Lock()
			g.tokens[access] = found.account
			g.mu.Unlock()
			answer = map[string]string{"access_token": access, "token_type": "bearer", "scope": "read:user,user:email"}
		}
	}
	if strings.Contains(r.Header.Get("Accept"), "json") {
		answerJSON(w, http.StatusOK, answer)
		return
	}
	form := url.Values{}
	for k, v := range answer {
		form.Set(k, v)
	}
	w.Header().Set("Content-Type", "application/x-www-form-urlencoded; charset=utf-8")
	_, _ = w.Write([]byte(form.Encode()))
}

func (g *GitHub) api(answer func(account map[string]any) any) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		g.mu.Lock()
		account, ok := g.tokens[strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")]
		g.mu.Unlock()
		if !ok {
			answerJSON(w, http.StatusUnauthorized, map[string]string{"message": "Bad credentials"})
			return
		}
		answerJSON(w, http.StatusOK, answer(account))
	}
}

func (g *GitHub) end(w http.ResponseWriter, r *http.Request) {
	id, secret, _ := r.BasicAuth()
	var body struct {
		Token string `json:"access_token"`
	}
	if id != ClientID || secret != ClientSecret || json.NewDecoder(r.Body).Decode(&body) != nil {
		http.Error(w, "not allowed", http.StatusUnauthorized)
		return
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.ended = append(g.ended, body.Token)
	w.WriteHeader(http.StatusNoContent)
}

// Ended returns the tokens whose grant was taken back.
func (g *GitHub) Ended() []string {
	g.mu.Lock()
	defer g.mu.Unlock()
	return append([]string(nil), g.ended...)
}
