package faults_test

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"strings"

	"github.com/sallyport/sallyport/internal/faults"
)

// result is what one of several callers was told.
type result struct {
	outcome faults.Outcome
	answer  map[string]any
}

// call posts for the person and notes what the answer promises.
func (p *person) call(path, bearer string, body any) (int, map[string]any) {
	r := p.b.reach(request{method: "POST", path: path, bearer: bearer, body: body})
	if r.status >= 200 && r.status < 300 {
		p.note(path, r.answer)
	}
	return r.status, r.answer
}

// do is call that is entered in the history.
func (p *person) do(kind faults.Kind, subject, path, bearer string, body any) (faults.Outcome, map[string]any) {
	outcome, answer := p.b.do(kind, subject, "POST", path, bearer, body)
	if outcome == faults.OK {
		p.note(path, answer)
	}
	return outcome, answer
}

// note counts the audit rows that an answer of 2xx promises (AU-06).
func (p *person) note(path string, answer map[string]any) {
	for _, event := range promised(path, answer) {
		p.acknowledged[event]++
	}
}

// The names under which rows of several names or results are counted together.
const (
	signedIn   = "authn_login_success, authn_login_successafterfail"
	registered = "user_created, whether or not the address was free"
)

// promised names the audit rows that an answer of 2xx to a POST stands for.
func promised(path string, answer map[string]any) []string {
	opened := []string{"session_created", signedIn}
	switch strings.TrimPrefix(path, "/api/v1/") {
	case "auth/register":
		return []string{registered}
	case "auth/login":
		if text(answer, "mfa_token") != "" {
			return []string{"authn_factor_success"}
		}
		return opened
	case "mfa/totp/verify":
		return opened
	case "mfa/backup-codes/verify":
		return append(opened, "authn_factor_success")
	case "auth/refresh":
		return []string{"session_renewed"}
	case "auth/logout":
		return []string{"session_ended"}
	case "auth/password/forgot":
		return []string{"authn_recovery_started"}
	case "auth/password/reset":
		return []string{"authn_password_change"}
	case "mfa/totp/setup", "mfa/backup-codes/generate":
		return []string{"user_factor_added"}
	case "mfa/totp/verify-setup":
		return []string{"user_factor_added", "session_step_up"}
	}
	return nil
}

// proved holds an access token against what was shown for it.
func (p *person) proved(access, most string) {
	parts := strings.Split(access, ".")
	if len(parts) != 3 {
		return
	}
	var claims struct {
		AAL string `json:"aal"`
	}
	raw, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil || json.Unmarshal(raw, &claims) != nil || claims.AAL == "" || claims.AAL > most {
		p.b.blame("MF-01 %s: a token says %q, shown was %s (%v)", p.email, claims.AAL, most, err)
	}
}

// browse signs in as a browser does, renews by the cookie,
// signs out and shows the cookies again.
func (p *person) browse() bool {
	cookies := map[string]string{"X-Token-Delivery": "cookie"}
	r := p.b.reach(request{method: "POST", path: "/api/v1/auth/login", body: map[string]any{"email": p.email, "password": p.password[0]}, header: cookies})
	value := p.cookie(r)
	if r.status != http.StatusOK || value == "" {
		return false
	}
	p.note("/api/v1/auth/login", r.answer)
	p.proved(text(r.answer, "access_token"), "aal1")
	with := func(value string) map[string]string {
		return map[string]string{"X-Token-Delivery": "cookie", "Cookie": refreshCookie + "=" + value}
	}
	outcome, r := p.b.enter(faults.Spend, name("cookie", value), request{method: "POST", path: "/api/v1/auth/refresh", header: with(value)})
	next := p.cookie(r)
	if outcome != faults.OK || next == "" {
		return false
	}
	p.note("/api/v1/auth/refresh", r.answer)
	subject := name("signed-out cookie", next)
	if outcome, _ = p.b.enter(faults.Revoke, subject, request{method: "POST", path: "/api/v1/auth/logout", header: with(next)}); outcome != faults.OK {
		return false
	}
	p.note("/api/v1/auth/logout", nil)
	p.b.enter(faults.Work, subject, request{method: "POST", path: "/api/v1/auth/refresh", header: with(next)})
	p.b.enter(faults.Spend, name("cookie", value), request{method: "POST", path: "/api/v1/auth/refresh", header: with(value)})
	return true
}

// refreshCookie keeps a browser's refresh token.
const refreshCookie = "__Host-sallyport_refresh"

// cookie is the refresh token that an answer hands to a browser, or "".
func (p *person) cookie(r reply) string {
	p.secrets = append(p.secrets, text(r.answer, "access_token"))
	for _, c := range (&http.Response{Header: r.header}).Cookies() {
		if c.Name == refreshCookie && c.Value != "" {
			p.secrets = append(p.secrets, c.Value)
			return c.Value
		}
	}
	return ""
}
