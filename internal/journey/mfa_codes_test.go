package journey_test

import (
	"strings"
	"testing"
)

// generous lifts the budgets that would make a journey wait.
var generous = []string{"RATE_SMS_NUMBER=1000/1m", "RATE_SMS_IP=1000/1m", "RATE_SMS_ACCOUNT=1000/1m", "RATE_EMAIL_CODE_ACCOUNT=1000/1m"}

// codes reads the codes that arrive at one address, each once.
type codes struct {
	s    *server
	to   string
	last string
}

// next waits for a code that is newer than the one read before.
func (c *codes) next(t *testing.T) string {
	t.Helper()
	waitFor(t, "a new code to "+c.to, func() bool {
		m, ok := c.s.newest(t, c.to, "code")
		if !ok || m == c.last {
			return false
		}
		c.last = m
		return true
	})
	return c.last
}

// channel is what differs between SMS and e-mail in a journey.
type channel struct {
	method, to string
	enrol      any // body of send that sets the factor up
}

func channels() []channel {
	return []channel{
		{"sms", "+447400123456", map[string]any{"phone": "+44 (0)7400 123456", "name": "work phone"}},
		{"email", "ada@example.org", nil},
	}
}

// other answers a code that is not c.
func other(c string) string {
	if c[0] == '9' {
		return "0" + c[1:]
	}
	return string(c[0]+1) + c[1:]
}

// TestCodesInAllRoles confirms an enrolment with a code, finishes a sign-in with
// one and steps up with one, by SMS and by e-mail.
func TestCodesInAllRoles(t *testing.T) {
	for _, ch := range channels() {
		t.Run(ch.method, func(t *testing.T) {
			engines(t, func(t *testing.T, databaseURL string) {
				s := start(t, databaseURL, generous...)
				const email = "ada@example.org"
				s.member(t, email)
				access := s.login(t, email).text("access_token")
				send, verify := "/api/v1/mfa/"+ch.method+"/send", "/api/v1/mfa/"+ch.method+"/verify"
				inbox := &codes{s: s, to: ch.to}

				queued := s.want(t, 202, "POST", send, access, ch.enrol)
				if queued.text("status") != "queued" || queued.text("hint") == "" || queued.text("hint") == ch.to {
					t.Errorf("send: got %v, want queued and a masked hint", queued.body)
				}
				code := inbox.next(t)
				s.want(t, 401, "POST", verify, access, map[string]any{"code": other(code)})
				done := s.want(t, 200, "POST", verify, access, map[string]any{"code": code})
				if got, _ := done.body["backup_codes"].([]any); len(got) != 10 {
					t.Fatalf("backup codes with the first factor: got %d, want 10", len(got))
				}
				access = done.text("access_token")
				status := s.want(t, 200, "GET", "/api/v1/mfa/status", access, nil)
				if status.body["enabled"] != true {
					t.Errorf("status: got %v, want enabled", status.body)
				}

				attempt := s.login(t, email)
				if attempt.text("status") != "mfa_required" {
					t.Fatalf("sign-in: got %v, want mfa_required", attempt.body)
				}
				token := attempt.text("mfa_token")
				s.want(t, 401, "POST", verify, token, map[string]any{"code": code})
				s.want(t, 202, "POST", send, token, nil)
				code = inbox.next(t)
				t.Run("OT-02 another sign-in refuses the code", func(t *testing.T) {
					s.want(t, 401, "POST", verify, s.login(t, email).text("mfa_token"), map[string]any{"code": code})
				})
				t.Run("OT-02 a session refuses the code of a sign-in", func(t *testing.T) {
					s.want(t, 401, "POST", verify, access, map[string]any{"code": code})
				})
				t.Run("OT-03 a new code kills the old", func(t *testing.T) {
					old := code
					s.want(t, 202, "POST", send, token, nil)
					if code = inbox.next(t); code != old {
						s.want(t, 401, "POST", verify, token, map[string]any{"code": old})
					}
				})
				in := s.want(t, 200, "POST", verify, token, map[string]any{"code": code})
				if in.text("access_token") == "" {
					t.Fatalf("finished sign-in: got %v, want tokens", in.body)
				}
				s.want(t, 401, "POST", verify, token, map[string]any{"code": code})

				access = in.text("access_token")
				s.want(t, 202, "POST", send, access, nil)
				code = inbox.next(t)
				up := s.want(t, 200, "POST", verify, access, map[string]any{"code": code})
				if up.text("access_token") == "" || up.text("access_token") == access {
					t.Errorf("step-up: got %v, want a new access token", up.body)
				}
				t.Run("a code works once", func(t *testing.T) {
					s.want(t, 401, "POST", verify, up.text("access_token"), map[string]any{"code": code})
				})
			})
		})
	}
}

// TestForcedEnrolment is a sign-in that may not finish before a factor is set
// up, and is set up in its middle.
func TestForcedEnrolment(t *testing.T) {
	for _, ch := range channels() {
		t.Run(ch.method, func(t *testing.T) {
			engines(t, func(t *testing.T, databaseURL string) {
				s := start(t, databaseURL, append(generous, "MFA_POLICY=required")...)
				const email = "ada@example.org"
				s.member(t, email)
				attempt := s.login(t, email)
				if attempt.text("status") != "mfa_enrollment_required" {
					t.Fatalf("sign-in: got %v, want mfa_enrollment_required", attempt.body)
				}
				token := attempt.text("mfa_token")
				inbox := &codes{s: s, to: ch.to}
				if ch.method == "sms" {
					s.want(t, 422, "POST", "/api/v1/mfa/sms/send", token, nil)
				}
				s.want(t, 202, "POST", "/api/v1/mfa/"+ch.method+"/send", token, ch.enrol)
				in := s.want(t, 200, "POST", "/api/v1/mfa/"+ch.method+"/verify", token, map[string]any{"code": inbox.next(t)})
				if in.text("access_token") == "" {
					t.Fatalf("finished sign-in: got %v, want tokens", in.body)
				}
				if got, _ := in.body["backup_codes"].([]any); len(got) != 10 {
					t.Errorf("backup codes: got %d, want 10", len(got))
				}
			})
		})
	}
}

// TestEmailCodesAreWeak shows settled point 3: they finish a sign-in and carry
// no guarded action.
func TestEmailCodesAreWeak(t *testing.T) {
	engines(t, func(t *testing.T, databaseURL string) {
		s := start(t, databaseURL, append(generous, "STEP_UP_MAX_AGE=1m")...)
		const email = "ada@example.org"
		s.member(t, email)
		access := s.login(t, email).text("access_token")
		phone, mail := &codes{s: s, to: "+447400123456"}, &codes{s: s, to: email}
		s.want(t, 202, "POST", "/api/v1/mfa/sms/send", access, map[string]any{"phone": phone.to})
		access = s.want(t, 200, "POST", "/api/v1/mfa/sms/verify", access, map[string]any{"code": phone.next(t)}).text("access_token")
		s.want(t, 202, "POST", "/api/v1/mfa/email/send", access, nil)
		s.want(t, 200, "POST", "/api/v1/mfa/email/verify", access, map[string]any{"code": mail.next(t)})

		token := s.login(t, email).text("mfa_token")
		s.want(t, 202, "POST", "/api/v1/mfa/email/send", token, nil)
		in := s.want(t, 200, "POST", "/api/v1/mfa/email/verify", token, map[string]any{"code": mail.next(t)})
		access = in.text("access_token")
		refused := s.want(t, 403, "POST", "/api/v1/mfa/disable", access, map[string]any{"method": "sms"})
		if refused.text("code") != "step_up_required" {
			t.Errorf("MF-05 a guarded action: got %v, want step_up_required", refused.body)
		}
		s.want(t, 202, "POST", "/api/v1/mfa/email/send", access, nil)
		s.want(t, 200, "POST", "/api/v1/mfa/email/verify", access, map[string]any{"code": mail.next(t)})
		s.want(t, 403, "POST", "/api/v1/mfa/disable", access, map[string]any{"method": "sms"})
		s.want(t, 202, "POST", "/api/v1/mfa/sms/send", access, nil)
		access = s.want(t, 200, "POST", "/api/v1/mfa/sms/verify", access, map[string]any{"code": phone.next(t)}).text("access_token")
		s.want(t, 204, "POST", "/api/v1/mfa/disable", access, map[string]any{"method": "sms"})
	})
}

// TestNewCodesRenewNoTries shows RL-06: neither a new code nor a new sign-in gives
// new tries.
func TestNewCodesRenewNoTries(t *testing.T) {
	for _, ch := range channels() {
		t.Run(ch.method, func(t *testing.T) {
			engines(t, func(t *testing.T, databaseURL string) {
				s := start(t, databaseURL, generous...)
				const email = "ada@example.org"
				s.member(t, email)
				access, inbox := s.login(t, email).text("access_token"), &codes{s: s, to: ch.to}
				send, verify := "/api/v1/mfa/"+ch.method+"/send", "/api/v1/mfa/"+ch.method+"/verify"
				s.want(t, 202, "POST", send, access, ch.enrol)
				s.want(t, 200, "POST", verify, access, map[string]any{"code": inbox.next(t)})
				for range 5 {
					token := s.login(t, email).text("mfa_token")
					s.want(t, 202, "POST", send, token, nil)
					s.want(t, 401, "POST", verify, token, map[string]any{"code": other(inbox.next(t))})
				}
				token := s.login(t, email).text("mfa_token")
				s.want(t, 202, "POST", send, token, nil)
				a := s.want(t, 429, "POST", verify, token, map[string]any{"code": inbox.next(t)})
				if a.header.Get("Retry-After") == "" {
					t.Errorf("RL-10: got %v without Retry-After", a.body)
				}
			})
		})
	}
}

// TestWorthIsSaid shows that people are told what a factor is worth (settled
// points 3 and 4).
func TestWorthIsSaid(t *testing.T) {
	engines(t, func(t *testing.T, databaseURL string) {
		s := start(t, databaseURL, generous...)
		u := everyFactor(t, s)
		methods, _ := s.login(t, u.email).body["methods"].([]any)
		factors, _ := s.want(t, 200, "GET", "/api/v1/mfa/status", u.access, nil).body["factors"].([]any)
		want := map[string]string{"totp": "strong", "sms": "restricted", "email": "low", "backup_code": "strong"}
		for _, x := range append(methods, factors...) {
			m, _ := x.(map[string]any)
			kind, _ := m["type"].(string)
			if m["worth"] != want[kind] {
				t.Errorf("%s: got %v, want %s", kind, m["worth"], want[kind])
			}
		}
		if len(methods) != 4 || len(factors) != 3 {
			t.Errorf("got %d methods and %d factors, want 4 and 3", len(methods), len(factors))
		}
	})
}

// TestMalformedCodesCount shows TO-05: what is no code at all is refused with 422
// and takes a try like a wrong one, whatever the factor.
func TestMalformedCodesCount(t *testing.T) {
	everyNode(t, func(t *testing.T, all []*server) {
		u := everyFactor(t, all[0])
		id := u.want(t, 200, "GET", "/api/v1/me", u.access, nil).text("id")
		for _, kind := range []string{"totp", "sms", "email", "backup-codes"} {
			verify := "/api/v1/mfa/" + kind + "/verify"
			for _, bad := range []any{[]string{"123456"}, 123456, nil, "+1234" + strings.Repeat("5", 100), "１２３４５６"} {
				u.want(t, 422, "POST", verify, u.access, map[string]any{"code": bad})
			}
			u.want(t, 429, "POST", verify, u.access, map[string]any{"code": "123456"})
			if n := u.compared(t, id, strings.Replace(kind, "backup-codes", "backup_code", 1)); n != 5 {
				t.Errorf("TO-05 %s: got %d tries in the audit log, want 5", kind, n)
			}
		}
	})
}
