package journey_test

import (
	"testing"
	"time"

	"github.com/sallyport/sallyport/internal/account"
	"github.com/sallyport/sallyport/internal/testbed"
)

// TestMergeOwnAccounts joins an account that came to be by a provider with the
// one its owner had before.
func TestMergeOwnAccounts(t *testing.T) {
	engines(t, func(t *testing.T, databaseURL string) {
		s, _ := startWithCertified(t, databaseURL)
		s.member(t, "ada@home.example")
		mine := s.login(t, "ada@home.example")
		access := mine.text("access_token")
		work := map[string]any{"sub": "1", "email": "ada@corp.example", "email_verified": true}
		second := s.visitor(t, work).signIn("corp")
		wantDecision(t, second, 200, "created")
		other := second.text("access_token")

		merge := func(bearer, token string, dry bool) answer {
			t.Helper()
			return s.call(t, "POST", "/api/v1/me/merge", bearer, map[string]any{"token": token, "dry_run": dry})
		}
		t.Run("a dry run lists what moves and what ends, and changes nothing", func(t *testing.T) {
			a := merge(access, other, true)
			moves, _ := a.body["moves"].([]any)
			ends, _ := a.body["ends"].(map[string]any)
			if a.status != 200 || a.body["done"] != false || len(moves) != 1 || ends["email"] != "ada@corp.example" || ends["password"] != false || ends["sessions"] != 1.0 {
				t.Errorf("dry run: got %d %v", a.status, a.body)
			}
			s.want(t, 200, "GET", "/api/v1/me", other, nil)
		})
		t.Run("MF-03 each account is proved", func(t *testing.T) {
			wantCode(t, merge(access, access, false), 409, "conflict")
			wantCode(t, merge(access, "rubbish", false), 401, "invalid_token")
			wantCode(t, merge(access, mine.text("refresh_token"), false), 401, "invalid_token")
			wantCode(t, merge("", other, false), 401, "unauthenticated")
		})
		t.Run("MF-03 with the strongest factor it has", func(t *testing.T) {
			third := s.visitor(t, map[string]any{"sub": "2", "email": "ada2@corp.example", "email_verified": true}).signIn("corp")
			weak := third.text("access_token")
			secret := s.want(t, 200, "POST", "/api/v1/mfa/totp/setup", weak, nil).text("secret")
			s.want(t, 200, "POST", "/api/v1/mfa/totp/verify-setup", weak, map[string]any{"code": testbed.Oathtool(t, secret, time.Now())})
			again := s.visitor(t, map[string]any{"sub": "2", "email": "ada2@corp.example", "email_verified": true}).signIn("corp")
			wantCode(t, merge(access, again.text("mfa_token"), false), 401, "invalid_token")
		})
		t.Run("an administrator's account is not merged away", func(t *testing.T) {
			boss := s.visitor(t, map[string]any{"sub": "3", "email": "boss@corp.example", "email_verified": true})
			id := userID(boss.signIn("corp"))
			if err := s.Accounts.SetRole(t.Context(), id, account.Admin, account.Operator()); err != nil {
				t.Fatal(err)
			}
			wantCode(t, merge(access, boss.signIn("corp").text("access_token"), false), 403, "forbidden")
		})
		t.Run("merged", func(t *testing.T) {
			a := merge(access, other, false)
			if a.status != 200 || a.body["done"] != true {
				t.Fatalf("merge: got %d %v", a.status, a.body)
			}
			s.want(t, 401, "GET", "/api/v1/me", other, nil)
			s.want(t, 401, "POST", "/api/v1/auth/refresh", "", map[string]any{"refresh_token": second.text("refresh_token")})
			s.mail(t, "ada@corp.example", "account_deleted")
			s.mail(t, "ada@home.example", "account_linked")
			now := s.visitor(t, work).signIn("corp")
			wantDecision(t, now, 200, "signed_in")
			if got, want := userID(now), userID(mine); got != want {
				t.Errorf("the identity belongs to %s, want %s", got, want)
			}
			wantCode(t, merge(access, other, false), 401, "invalid_token")
		})
	})
}
