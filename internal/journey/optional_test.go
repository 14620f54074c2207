package journey_test

import (
	"testing"
	"time"

	"github.com/sallyport/sallyport/internal/testbed"
)

// TestUnverifiedAccounts is EMAIL_VERIFICATION=optional: an account nobody has
// verified belongs to whoever made it, until the mailbox's owner says otherwise.
func TestUnverifiedAccounts(t *testing.T) {
	engines(t, func(t *testing.T, databaseURL string) {
		s := start(t, databaseURL, "EMAIL_VERIFICATION=optional")
		const email, others = "ada@example.org", "seven quiet herons by the weir"
		s.want(t, 202, "POST", "/api/v1/auth/register", "", map[string]any{"email": email, "password": goodPassword})
		access := s.login(t, email).text("access_token")

		t.Run("RC-10 registering the address again takes nothing over", func(t *testing.T) {
			s.want(t, 202, "POST", "/api/v1/auth/register", "", map[string]any{"email": email, "password": others})
			wantCode(t, s.call(t, "POST", "/api/v1/auth/login", "", map[string]any{"email": email, "password": others}), 401, "invalid_credentials")
			s.login(t, email)
			s.mail(t, email, "already_have")
		})
		t.Run("OA-09 the owner of the mailbox finds nothing of whoever was there before", func(t *testing.T) {
			secret := s.want(t, 200, "POST", "/api/v1/mfa/totp/setup", access, nil).text("secret")
			s.want(t, 200, "POST", "/api/v1/mfa/totp/verify-setup", access, map[string]any{"code": testbed.Oathtool(t, secret, time.Now())})
			s.want(t, 202, "POST", "/api/v1/auth/password/forgot", "", map[string]any{"email": email})
			token := s.mail(t, email, "reset_password")["token"]
			s.want(t, 200, "POST", "/api/v1/auth/password/reset", "", map[string]any{"token": token, "password": others})
			s.want(t, 401, "GET", "/api/v1/me", access, nil)
			a := s.want(t, 200, "POST", "/api/v1/auth/login", "", map[string]any{"email": email, "password": others})
			if a.text("access_token") == "" {
				t.Errorf("sign-in: got %v, want tokens: the authenticator app was not the owner's", a.body)
			}
		})
	})
}
