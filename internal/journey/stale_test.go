package journey_test

import (
	"testing"
	"time"

	"github.com/sallyport/sallyport/internal/testbed"
)

// TestStaleEnrolment begins two sign-ins of a user who must set a factor up, and
// sets one up in the first. The second, which whoever knows the password alone
// may have begun, must not add a factor of its own any more.
func TestStaleEnrolment(t *testing.T) {
	engines(t, func(t *testing.T, databaseURL string) {
		s := start(t, databaseURL, append(generous, "MFA_POLICY=required")...)
		const email = "ada@example.org"
		s.member(t, email)
		fresh, stale, late := s.login(t, email).text("mfa_token"), s.login(t, email).text("mfa_token"), s.login(t, email).text("mfa_token")
		setup := s.want(t, 200, "POST", "/api/v1/mfa/totp/setup", fresh, nil)
		access := s.want(t, 200, "POST", "/api/v1/mfa/totp/verify-setup", fresh, map[string]any{
			"code": testbed.Oathtool(t, setup.text("secret"), time.Now()),
		}).text("access_token")

		t.Run("MF-07 it begins nothing", func(t *testing.T) {
			s.want(t, 403, "POST", "/api/v1/mfa/totp/setup", stale, nil)
			s.want(t, 403, "POST", "/api/v1/mfa/sms/send", stale, map[string]any{"phone": "+447400123456"})
			s.want(t, 403, "POST", "/api/v1/webauthn/register/begin", stale, nil)
		})
		t.Run("MF-07 it confirms nothing", func(t *testing.T) {
			pending := s.want(t, 200, "POST", "/api/v1/mfa/totp/setup", access, map[string]any{"name": "Second app"})
			s.want(t, 403, "POST", "/api/v1/mfa/totp/verify-setup", late, map[string]any{
				"code": testbed.Oathtool(t, pending.text("secret"), time.Now()),
			})
		})
	})
}
