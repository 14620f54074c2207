package journey_test

import (
	"testing"

	"github.com/descope/virtualwebauthn"
)

// TestMailboxTwiceBesidePasskey resets a password by mail, as whoever holds the
// mailbox can, and lets the account's owner sign in with a passkey. That says
// nothing of whoever set the password, so it and a code to the same mailbox still
// make no two factors (settled point 3).
func TestMailboxTwiceBesidePasskey(t *testing.T) {
	engines(t, func(t *testing.T, databaseURL string) {
		s := start(t, databaseURL, withPasskeys()...)
		const email = "ada@example.org"
		s.member(t, email)
		access, mail := s.login(t, email).text("access_token"), &codes{s: s, to: email}
		s.want(t, 202, "POST", "/api/v1/mfa/email/send", access, nil)
		access = s.want(t, 200, "POST", "/api/v1/mfa/email/verify", access, map[string]any{"code": mail.next(t)}).text("access_token")
		owner := s.keyring(virtualwebauthn.AuthenticatorOptions{})
		owner.register(t, access)

		s.want(t, 202, "POST", "/api/v1/auth/password/forgot", "", map[string]any{"email": email})
		link, _ := s.mail(t, email, "reset_password")["token"].(string)
		s.want(t, 200, "POST", "/api/v1/auth/password/reset", "", map[string]any{"token": link, "password": goodPassword})
		owner.signIn(t, 200, "")

		attempt := s.login(t, email)
		methods, _ := attempt.body["methods"].([]any)
		for _, m := range methods {
			if got := m.(map[string]any)["type"]; got == "email" {
				t.Errorf("OT-05 after a reset by mail: got %v offered, want any factor but the mailbox", methods)
			}
		}
		s.want(t, 403, "POST", "/api/v1/mfa/email/send", attempt.text("mfa_token"), nil)
	})
}
