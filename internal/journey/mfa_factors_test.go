package journey_test

import (
	"testing"
	"time"

	"github.com/sallyport/sallyport/internal/testbed"
)

// TestSeveralFactors sets up two phones and two apps with names, chooses a phone
// at sign-in, removes one by its id, and reads what each channel was told.
func TestSeveralFactors(t *testing.T) {
	engines(t, func(t *testing.T, databaseURL string) {
		s := start(t, databaseURL, append(generous, "MFA_POLICY=required")...)
		const email = "ada@example.org"
		s.member(t, email)
		old, fresh := &codes{s: s, to: "+447400123456"}, &codes{s: s, to: "+447400654321"}
		access := s.withPhone(t, s.login(t, email).text("mfa_token"), old).text("access_token")

		s.want(t, 202, "POST", "/api/v1/mfa/sms/send", access, map[string]any{"phone": fresh.to, "name": "new phone"})
		s.want(t, 200, "POST", "/api/v1/mfa/sms/verify", access, map[string]any{"code": fresh.next(t)})
		t.Run("OT-09 the old number is told of the new", func(t *testing.T) {
			s.mail(t, old.to, "factor_added")
			s.mail(t, email, "factor_added")
		})
		t.Run("the same number twice", func(t *testing.T) {
			a := s.want(t, 409, "POST", "/api/v1/mfa/sms/send", access, map[string]any{"phone": "+44 7400 654321"})
			if a.text("code") != "already_enrolled" {
				t.Errorf("got %v, want already_enrolled", a.body)
			}
		})
		for _, name := range []string{"tablet", "old laptop"} {
			setup := s.want(t, 200, "POST", "/api/v1/mfa/totp/setup", access, map[string]any{"name": name})
			s.want(t, 200, "POST", "/api/v1/mfa/totp/verify-setup", access, map[string]any{"code": testbed.Oathtool(t, setup.text("secret"), time.Now())})
		}

		factors := map[string]string{} // name: id
		list, _ := s.want(t, 200, "GET", "/api/v1/mfa/status", access, nil).body["factors"].([]any)
		for _, f := range list {
			m, _ := f.(map[string]any)
			name, _ := m["name"].(string)
			factors[name], _ = m["id"].(string)
		}
		if len(factors) != 4 || factors["new phone"] == "" || factors["tablet"] == "" || factors["old laptop"] == "" {
			t.Fatalf("status: got %v, want two phones and two apps by name", list)
		}

		attempt := s.login(t, email)
		ids := map[string]string{} // hint: id
		methods, _ := attempt.body["methods"].([]any)
		for _, x := range methods {
			m, _ := x.(map[string]any)
			if m["type"] == "sms" {
				hint, _ := m["hint"].(string)
				ids[hint], _ = m["id"].(string)
			}
		}
		if len(ids) != 2 || ids["•••• 321"] != factors["new phone"] {
			t.Fatalf("sign-in: got %v, want both numbers masked with their ids", methods)
		}
		token := attempt.text("mfa_token")
		s.want(t, 404, "POST", "/api/v1/mfa/sms/send", token, map[string]any{"id": factors["tablet"]})
		s.want(t, 202, "POST", "/api/v1/mfa/sms/send", token, map[string]any{"id": ids["•••• 321"]})
		second := s.want(t, 200, "POST", "/api/v1/mfa/sms/verify", token, map[string]any{"code": fresh.next(t)}).text("access_token")

		t.Run("MF-04 removing one ends the other sessions and tells its number", func(t *testing.T) {
			s.want(t, 204, "POST", "/api/v1/mfa/disable", access, map[string]any{"method": "sms", "id": factors["new phone"]})
			s.mail(t, fresh.to, "factor_removed")
			s.mail(t, old.to, "factor_removed")
			s.want(t, 401, "GET", "/api/v1/me", second, nil)
			s.want(t, 200, "GET", "/api/v1/me", access, nil)
		})
		s.want(t, 204, "POST", "/api/v1/mfa/disable", access, map[string]any{"method": "sms"})
		t.Run("MF-04 the last one stays while policy demands it", func(t *testing.T) {
			s.want(t, 204, "POST", "/api/v1/mfa/disable", access, map[string]any{"method": "totp", "id": factors["tablet"]})
			a := s.want(t, 409, "POST", "/api/v1/mfa/disable", access, map[string]any{"method": "totp"})
			if a.text("code") != "last_factor" {
				t.Errorf("got %v, want last_factor", a.body)
			}
		})
	})
}

// TestMovedMailbox shows OT-09 for e-mail: codes follow the account's address
// once the new mailbox confirmed, and not before.
func TestMovedMailbox(t *testing.T) {
	engines(t, func(t *testing.T, databaseURL string) {
		s := start(t, databaseURL, generous...)
		const from, to = "ada@example.org", "countess@example.org"
		s.member(t, from)
		access, mail, moved := s.login(t, from).text("access_token"), &codes{s: s, to: from}, &codes{s: s, to: to}
		s.want(t, 202, "POST", "/api/v1/mfa/email/send", access, nil)
		access = s.want(t, 200, "POST", "/api/v1/mfa/email/verify", access, map[string]any{"code": mail.next(t)}).text("access_token")
		s.want(t, 202, "POST", "/api/v1/me/email", access, map[string]any{"email": to})
		s.want(t, 202, "POST", "/api/v1/mfa/email/send", access, nil)
		mail.next(t) // still to the old one
		link, _ := s.mail(t, to, "confirm_email")["token"].(string)
		s.want(t, 200, "POST", "/api/v1/auth/email/verify", "", map[string]any{"token": link})
		token := s.login(t, to).text("mfa_token")
		s.want(t, 202, "POST", "/api/v1/mfa/email/send", token, nil)
		s.want(t, 200, "POST", "/api/v1/mfa/email/verify", token, map[string]any{"code": moved.next(t)})
	})
}

// TestBackupCodesInAllRoles finishes a sign-in and steps up with a backup code,
// and reads the warning that few are left.
func TestBackupCodesInAllRoles(t *testing.T) {
	engines(t, func(t *testing.T, databaseURL string) {
		s := start(t, databaseURL, generous...)
		const email = "ada@example.org"
		s.member(t, email)
		done := s.withPhone(t, s.login(t, email).text("access_token"), &codes{s: s, to: "+447400123456"})
		first, _ := done.body["backup_codes"].([]any)
		fresh := s.want(t, 200, "POST", "/api/v1/mfa/backup-codes/generate", done.text("access_token"), nil)
		s.mail(t, email, "backup_codes_new")
		backup, _ := fresh.body["backup_codes"].([]any)
		if len(backup) != 10 {
			t.Fatalf("BC-01: got %d codes, want 10", len(backup))
		}
		verify := "/api/v1/mfa/backup-codes/verify"
		access := ""
		for i := range 7 {
			token := s.login(t, email).text("mfa_token")
			if i == 0 {
				t.Run("BC-06 a new set kills the old", func(t *testing.T) {
					s.want(t, 401, "POST", verify, token, map[string]any{"code": first[0]})
				})
			}
			access = s.want(t, 200, "POST", verify, token, map[string]any{"code": backup[i]}).text("access_token")
		}
		warning := s.mail(t, email, "backup_codes_low")
		if warning["subject"] == "" {
			t.Errorf("BC-06: got %v, want a warning", warning)
		}
		status := s.want(t, 200, "GET", "/api/v1/mfa/status", access, nil)
		if status.body["backup_codes_left"] != float64(3) || status.body["backup_codes_low"] != true {
			t.Errorf("BC-06 status: got %v, want 3 left and low", status.body)
		}
		s.want(t, 200, "POST", verify, access, map[string]any{"code": backup[8]})
		t.Run("BC-03 once", func(t *testing.T) {
			s.want(t, 401, "POST", verify, access, map[string]any{"code": backup[8]})
		})
	})
}
