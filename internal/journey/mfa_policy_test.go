package journey_test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"testing"
	"time"

	"github.com/sallyport/sallyport/internal/testbed"
)

// withPhone sets a phone number up and returns the access token of that session.
func (s *server) withPhone(t *testing.T, access string, inbox *codes) answer {
	t.Helper()
	s.want(t, 202, "POST", "/api/v1/mfa/sms/send", access, map[string]any{"phone": inbox.to})
	return s.want(t, 200, "POST", "/api/v1/mfa/sms/verify", access, map[string]any{"code": inbox.next(t)})
}

// TestMailboxTwice shows settled point 3 for recovery: whoever holds the mailbox
// alone can set a new password and still does not get in by a code to the same
// mailbox.
func TestMailboxTwice(t *testing.T) {
	engines(t, func(t *testing.T, databaseURL string) {
		s := start(t, databaseURL, generous...)
		const email = "ada@example.org"
		s.member(t, email)
		access, mail := s.login(t, email).text("access_token"), &codes{s: s, to: email}
		s.want(t, 202, "POST", "/api/v1/mfa/email/send", access, nil)
		done := s.want(t, 200, "POST", "/api/v1/mfa/email/verify", access, map[string]any{"code": mail.next(t)})
		backup, _ := done.body["backup_codes"].([]any)

		s.want(t, 202, "POST", "/api/v1/auth/password/forgot", "", map[string]any{"email": email})
		link, _ := s.mail(t, email, "reset_password")["token"].(string)
		s.want(t, 200, "POST", "/api/v1/auth/password/reset", "", map[string]any{"token": link, "password": goodPassword})
		attempt := s.login(t, email)
		methods, _ := attempt.body["methods"].([]any)
		if attempt.text("status") != "mfa_required" || len(methods) != 1 || methods[0].(map[string]any)["type"] != "backup_code" {
			t.Fatalf("after a reset by mail: got %v, want a backup code asked for and nothing else", attempt.body)
		}
		token := attempt.text("mfa_token")
		s.want(t, 403, "POST", "/api/v1/mfa/email/send", token, nil)
		s.want(t, 401, "POST", "/api/v1/mfa/email/verify", token, map[string]any{"code": mail.last})
		s.want(t, 403, "POST", "/api/v1/mfa/totp/setup", token, nil)
		s.want(t, 200, "POST", "/api/v1/mfa/backup-codes/verify", token, map[string]any{"code": backup[0]})

		token = s.login(t, email).text("mfa_token")
		s.want(t, 202, "POST", "/api/v1/mfa/email/send", token, nil)
		s.want(t, 200, "POST", "/api/v1/mfa/email/verify", token, map[string]any{"code": mail.next(t)})
	})
}

// TestSwitchedOffFactorFailsClosed shows that a factor the operator takes away
// does not leave its users with a password alone.
func TestSwitchedOffFactorFailsClosed(t *testing.T) {
	engines(t, func(t *testing.T, databaseURL string) {
		const email = "ada@example.org"
		var backup []any
		t.Run("with SMS", func(t *testing.T) {
			s := start(t, databaseURL, generous...)
			s.member(t, email)
			done := s.withPhone(t, s.login(t, email).text("access_token"), &codes{s: s, to: "+447400123456"})
			backup, _ = done.body["backup_codes"].([]any)
		})
		s := start(t, databaseURL, append(generous, "MFA_SMS=false")...)
		attempt := s.login(t, email)
		methods, _ := attempt.body["methods"].([]any)
		if attempt.text("status") != "mfa_required" || len(methods) != 1 {
			t.Fatalf("MF-02 with SMS switched off: got %v, want a backup code asked for", attempt.body)
		}
		s.want(t, 403, "POST", "/api/v1/mfa/sms/send", attempt.text("mfa_token"), nil)
		s.want(t, 200, "POST", "/api/v1/mfa/backup-codes/verify", attempt.text("mfa_token"), map[string]any{"code": backup[0]})
	})
}

// TestRememberedDevice signs in without a second factor from a device that was
// remembered, and shows what that does not open.
func TestRememberedDevice(t *testing.T) {
	engines(t, func(t *testing.T, databaseURL string) {
		s := start(t, databaseURL, append(generous, "MFA_REMEMBER_DEVICE=30d")...)
		const email = "ada@example.org"
		s.member(t, email)
		phone := &codes{s: s, to: "+447400123456"}
		s.withPhone(t, s.login(t, email).text("access_token"), phone)
		remembered := func() (access, device string) {
			token := s.login(t, email).text("mfa_token")
			s.want(t, 202, "POST", "/api/v1/mfa/sms/send", token, nil)
			in := s.want(t, 200, "POST", "/api/v1/mfa/sms/verify", token, map[string]any{"code": phone.next(t), "remember_device": true})
			if in.text("device_token") == "" {
				t.Fatalf("MF-06: got %v, want a device token", in.body)
			}
			return in.text("access_token"), in.text("device_token")
		}
		strong, device := remembered()

		in := s.loginFrom(t, email, goodPassword, device)
		if in.text("access_token") == "" {
			t.Fatalf("MF-06 from the device: got %v, want tokens", in.body)
		}
		weak := in.text("access_token")
		t.Run("MF-06 never a step-up", func(t *testing.T) {
			a := s.want(t, 403, "POST", "/api/v1/mfa/disable", weak, map[string]any{"method": "sms"})
			if a.text("code") != "step_up_required" {
				t.Errorf("got %v, want step_up_required", a.body)
			}
		})
		t.Run("MF-06 its sessions can be renewed", func(t *testing.T) {
			s.want(t, 200, "POST", "/api/v1/auth/refresh", "", map[string]any{"refresh_token": in.text("refresh_token")})
		})
		t.Run("MF-06 the token of another user counts for nothing", func(t *testing.T) {
			s.member(t, "eve@example.org")
			s.withPhone(t, s.login(t, "eve@example.org").text("access_token"), &codes{s: s, to: "+447400654321"})
			if got := s.loginFrom(t, "eve@example.org", goodPassword, device).text("status"); got != "mfa_required" {
				t.Errorf("got %q, want mfa_required", got)
			}
			if got := s.loginFrom(t, email, goodPassword, "spd_nonsense").text("status"); got != "mfa_required" {
				t.Errorf("nonsense: got %q, want mfa_required", got)
			}
		})
		t.Run("MF-06 listed and forgotten", func(t *testing.T) {
			list := s.want(t, 200, "GET", "/api/v1/mfa/devices", strong, nil)
			all, _ := list.body["devices"].([]any)
			if len(all) != 1 {
				t.Fatalf("got %v, want one device", list.body)
			}
			id, _ := all[0].(map[string]any)["id"].(string)
			s.want(t, 204, "DELETE", "/api/v1/mfa/devices/"+id, strong, nil)
			s.want(t, 404, "DELETE", "/api/v1/mfa/devices/"+id, strong, nil)
			if got := s.loginFrom(t, email, goodPassword, device).text("status"); got != "mfa_required" {
				t.Errorf("after it was forgotten: got %q, want mfa_required", got)
			}
		})
		t.Run("MF-06 a new factor forgets devices", func(t *testing.T) {
			access, device := remembered()
			setup := s.want(t, 200, "POST", "/api/v1/mfa/totp/setup", access, nil)
			s.want(t, 200, "POST", "/api/v1/mfa/totp/verify-setup", access, map[string]any{"code": testbed.Oathtool(t, setup.text("secret"), time.Now())})
			if got := s.loginFrom(t, email, goodPassword, device).text("status"); got != "mfa_required" {
				t.Errorf("got %q, want mfa_required", got)
			}
		})
		t.Run("MF-06 a new password forgets devices", func(t *testing.T) {
			access, device := remembered()
			s.want(t, 204, "POST", "/api/v1/me/password", access, map[string]any{"current_password": goodPassword, "new_password": goodPassword + "!"})
			if got := s.loginFrom(t, email, goodPassword+"!", device).text("status"); got != "mfa_required" {
				t.Errorf("got %q, want mfa_required", got)
			}
		})
	})
}

// loginFrom signs in from a device that was remembered.
func (s *server) loginFrom(t *testing.T, email, password, device string) answer {
	t.Helper()
	body, err := json.Marshal(map[string]any{"email": email, "password": password})
	if err != nil {
		t.Fatal(err)
	}
	req, err := http.NewRequestWithContext(t.Context(), "POST", s.url+"/api/v1/auth/login", bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("X-Device-Token", device)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	a := answer{status: res.StatusCode, header: res.Header}
	if err := json.NewDecoder(res.Body).Decode(&a.body); err != nil || a.status != http.StatusOK {
		t.Fatalf("sign-in from a device: got %d %v %v, want 200", a.status, a.body, err)
	}
	return a
}
