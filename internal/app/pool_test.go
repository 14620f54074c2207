package app_test

import (
	"fmt"
	"net/http"
	"sync"
	"testing"

	"github.com/sallyport/sallyport/internal/apptest"
	"github.com/sallyport/sallyport/internal/testbed"
)

// unlimited takes the limits out of the way that would meet a crowd of one address.
func unlimited(more ...string) []string {
	for _, rule := range []string{"LOGIN_IP", "LOGIN_ACCOUNT", "REGISTER_IP", "API_IP", "MFA_IP", "PASSKEY_IP", "FORGOT_IP", "FORGOT_ACCOUNT"} {
		more = append(more, "RATE_"+rule+"=100000/1m")
	}
	return more
}

// insist asks again while so many wait for a hash that the gate refuses: that is
// not about connections.
func insist(t *testing.T, r *apptest.Rig, method, path, bearer, body string) (status int, code string) {
	t.Helper()
	for range 50 {
		if status, code = ask(t, r, method, path, bearer, body); code != "server_busy" {
			break
		}
	}
	return status, code
}

// TestOneConnection gives the program one connection to the database. A request
// that asked for a second one while it holds the first would wait for itself.
func TestOneConnection(t *testing.T) {
	apptest.OnBoth(t, func(t *testing.T, r *apptest.Rig) {
		r.Member(t, email)
		var held []string
		for range 4 {
			held = append(held, r.SignedIn(t, email).Access)
		}
		login := `{"email":"` + email + `","password":"` + apptest.Password + `"}`
		var all sync.WaitGroup
		for i, bearer := range held {
			all.Go(func() {
				for _, c := range []struct{ method, path, bearer, body string }{
					{"POST", "/api/v1/auth/login", "", login},
					{"POST", "/api/v1/auth/login", "", `{"email":"` + email + `","password":"another password entirely"}`},
					{"POST", "/api/v1/auth/register", "", fmt.Sprintf(`{"email":"new%d@example.org","password":"%s"}`, i, apptest.Password)},
					{"POST", "/api/v1/auth/password/forgot", "", `{"email":"` + email + `"}`},
					{"GET", "/api/v1/me", bearer, ""},
					{"PATCH", "/api/v1/me", bearer, `{"name":"Ada"}`},
					{"GET", "/api/v1/me/sessions", bearer, ""},
					{"GET", "/api/v1/me/events", bearer, ""},
					{"GET", "/api/v1/mfa/status", bearer, ""},
					{"POST", "/api/v1/mfa/totp/setup", bearer, ""},
					{"POST", "/api/v1/webauthn/login/begin", "", `{}`},
					{"POST", "/api/v1/ws/ticket", bearer, ""},
					{"GET", "/health/ready", "", ""},
					{"POST", "/api/v1/auth/logout", bearer, `{}`},
				} {
					if status, code := insist(t, r, c.method, c.path, c.bearer, c.body); status >= 500 || status == http.StatusTooManyRequests {
						t.Errorf("%s %s with one connection: got %d %s, want an answer", c.method, c.path, status, code)
					}
				}
			})
		}
		all.Wait()
	}, unlimited("DATABASE_MAX_CONNS=1")...)
}

// TestMoreSignInsThanConnections lets four times as many people sign in at once as
// there are connections.
func TestMoreSignInsThanConnections(t *testing.T) {
	const connections = 4
	r := apptest.Open(t, testbed.Postgres(t), unlimited(fmt.Sprintf("DATABASE_MAX_CONNS=%d", connections))...)
	for i := range 4 * connections {
		r.Member(t, fmt.Sprintf("person%d@example.org", i))
	}
	var all sync.WaitGroup
	for i := range 4 * connections {
		all.Go(func() {
			login := fmt.Sprintf(`{"email":"person%d@example.org","password":"%s"}`, i, apptest.Password)
			if status, code := insist(t, r, "POST", "/api/v1/auth/login", "", login); status != http.StatusOK {
				t.Errorf("got %d %s, want 200", status, code)
			}
		})
	}
	all.Wait()
}
