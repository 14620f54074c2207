package journey_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/sallyport/sallyport/internal/clock"
	"github.com/sallyport/sallyport/internal/storetest"
	"github.com/sallyport/sallyport/internal/testbed"
)

const newPassword = "another violet lantern 12 fox"

// TestForgottenPassword is somebody who lost a password but not the phone.
func TestForgottenPassword(t *testing.T) {
	engines(t, func(t *testing.T, databaseURL string) {
		s := start(t, databaseURL)
		const email = "ada@example.org"
		s.member(t, email)
		secret := s.enrol(t, email)
		attempt := s.login(t, email).text("mfa_token")
		held := s.want(t, 200, "POST", "/api/v1/mfa/totp/verify", attempt, map[string]any{"code": testbed.Oathtool(t, secret, clock.System())})

		t.Run("RC-01 the same answer for everybody", func(t *testing.T) {
			var first string
			for i, address := range []string{email, "nobody@example.org", "rubbish"} {
				res, body := s.raw(t, "POST", "/api/v1/auth/password/forgot", map[string]string{"Content-Type": "application/json"}, fmt.Sprintf(`{"email":%q}`, address))
				if i == 0 {
					first = body
				}
				if res.StatusCode != http.StatusAccepted || body != first {
					t.Errorf("%s: got %d %s, want 202 %s", address, res.StatusCode, body, first)
				}
			}
		})
		mail := s.mail(t, email, "reset_password")
		link, token, _ := strings.Cut(fmt.Sprint(mail["link"]), "#token=")
		t.Run("RC-06 opening the link changes nothing and loads nothing from elsewhere", func(t *testing.T) {
			if link != s.url+"/reset-password" {
				t.Errorf("RC-03 got %q, want a page of PUBLIC_URL", link)
			}
			for range 3 {
				res, body := s.raw(t, "GET", "/reset-password", map[string]string{"Host": "evil.example", "X-Forwarded-Host": "evil.example"}, "")
				if res.StatusCode != http.StatusOK || res.Header.Get("Referrer-Policy") != "no-referrer" || strings.Contains(body, "//") && strings.Contains(body, "http") {
					t.Errorf("got %d %v, want a page that needs nobody else", res.StatusCode, res.Header)
				}
			}
		})
		s.want(t, 422, "POST", "/api/v1/auth/password/reset", "", map[string]any{"token": token, "password": "short"})
		done := s.want(t, 200, "POST", "/api/v1/auth/password/reset", "", map[string]any{"token": token, "password": newPassword})
		if done.text("access_token") != "" || len(done.header.Values("Set-Cookie")) > 0 {
			t.Errorf("RC-04 got %v, want nobody signed in", done.body)
		}
		t.Run("RC-02 the link works once", func(t *testing.T) {
			s.want(t, 400, "POST", "/api/v1/auth/password/reset", "", map[string]any{"token": token, "password": newPassword})
		})
		t.Run("RC-04 every session has ended", func(t *testing.T) {
			s.want(t, 401, "GET", "/api/v1/me", held.text("access_token"), nil)
			s.want(t, 401, "POST", "/api/v1/auth/refresh", "", map[string]any{"refresh_token": held.text("refresh_token")})
		})
		t.Run("RC-04 the phone is still asked", func(t *testing.T) {
			a := s.want(t, 200, "POST", "/api/v1/auth/login", "", map[string]any{"email": email, "password": newPassword})
			if a.text("status") != "mfa_required" || a.text("access_token") != "" {
				t.Errorf("got %v, want mfa_required", a.body)
			}
		})
		t.Run("AU-07 the owner is told", func(t *testing.T) { s.mail(t, email, "password_changed") })
	})
}

// TestStepUp is a guarded action in a session that has grown old: it is refused
// with what would do, a fresh code raises the session, and the action passes.
func TestStepUp(t *testing.T) {
	now := clock.NewFake(clock.System())
	s := startAt(t, now.Now, storetest.SQLite(t))
	const email = "ada@example.org"
	s.member(t, email)
	access := s.login(t, email).text("access_token")
	secret := s.want(t, 200, "POST", "/api/v1/mfa/totp/setup", access, nil).text("secret")
	access = s.want(t, 200, "POST", "/api/v1/mfa/totp/verify-setup", access, map[string]any{"code": testbed.Oathtool(t, secret, now.Now())}).text("access_token")
	now.Advance(6 * time.Minute)
	if err := s.ReadRevocations(t.Context()); err != nil { // as the feed does within two seconds
		t.Fatal(err)
	}
	t.Run("MF-03 refused as RFC 9470 says", func(t *testing.T) {
		for _, guarded := range [][2]string{{"DELETE", "/api/v1/me"}, {"POST", "/api/v1/mfa/backup-codes/generate"}, {"POST", "/api/v1/mfa/totp/setup"}} {
			a := s.want(t, 403, guarded[0], guarded[1], access, nil)
			challenge := a.header.Get("WWW-Authenticate")
			if a.text("code") != "step_up_required" || !strings.Contains(challenge, `error="insufficient_user_authentication"`) ||
				!strings.Contains(challenge, `acr_values="aal2"`) || !strings.Contains(challenge, "max_age=") {
				t.Errorf("%s %s: got %v and %q, want step_up_required with acr_values and max_age", guarded[0], guarded[1], a.body, challenge)
			}
		}
		s.want(t, 403, "POST", "/api/v1/mfa/disable", access, map[string]any{"method": "totp"})
		s.want(t, 403, "POST", "/api/v1/me/email", access, map[string]any{"email": "new@example.org"})
	})
	t.Run("MF-05 the password is not enough", func(t *testing.T) {
		raised := s.want(t, 200, "POST", "/api/v1/auth/step-up", access, map[string]any{"password": goodPassword}).text("access_token")
		s.want(t, 403, "DELETE", "/api/v1/me", raised, nil)
	})
	raised := s.want(t, 200, "POST", "/api/v1/mfa/totp/verify", access, map[string]any{"code": testbed.Oathtool(t, secret, now.Now())}).text("access_token")
	if raised == "" || raised == access {
		t.Fatal("MF-05 got no new access token")
	}
	t.Run("RC-07 a new address, confirmed, and taken back", func(t *testing.T) {
		const next = "countess@example.org"
		s.want(t, 202, "POST", "/api/v1/me/email", raised, map[string]any{"email": next})
		confirm := fmt.Sprint(s.mail(t, next, "confirm_email")["token"])
		if got := s.want(t, 200, "GET", "/api/v1/me", raised, nil).text("email"); got != email {
			t.Errorf("OT-09 before the confirmation: got %s, want %s", got, email)
		}
		s.want(t, 200, "POST", "/api/v1/auth/email/verify", "", map[string]any{"token": confirm})
		if got := s.want(t, 200, "GET", "/api/v1/me", raised, nil).text("email"); got != next {
			t.Errorf("after it: got %s, want %s", got, next)
		}
	})
	t.Run("the account is deleted", func(t *testing.T) {
		ws := s.socket(t, raised)
		frame(t, ws, "welcome")
		s.want(t, 204, "DELETE", "/api/v1/me", raised, nil)
		wantClose(t, ws, 4001)
		s.want(t, 401, "GET", "/api/v1/me", raised, nil)
		s.want(t, 401, "POST", "/api/v1/auth/login", "", map[string]any{"email": "countess@example.org", "password": goodPassword})
	})
}
