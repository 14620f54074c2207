package journey_test

import (
	"net/http"
	"testing"
)

func TestProviderAnswersAlike(t *testing.T) {
	engines(t, func(t *testing.T, databaseURL string) {
		s := startWithStandIns(t, databaseURL, "RATE_FORGOT_ACCOUNT=3/1h")
		c := s.newCrowd(t, 1)
		from := func(email string) answer {
			return s.visitor(t, map[string]any{"sub": email, "tid": directory, "email": email}).signIn("microsoft")
		}
		t.Run("OA-08 RC-10 an address that the provider has not verified, again and again", func(t *testing.T) {
			c := s.newCrowd(t, 2)
			for range 3 {
				c.alike(t, http.StatusForbidden, from)
			}
			c.alike(t, http.StatusTooManyRequests, from)
		})
		t.Run("OA-08 a link says nothing of any address", func(t *testing.T) {
			for _, who := range c {
				a := s.call(t, "POST", "/api/v1/oauth/microsoft/link", "", map[string]any{"email": who.email})
				wantCode(t, a, 401, "unauthenticated")
			}
		})
	})
}

func TestProviderAnswersAlikeWithoutSignUp(t *testing.T) {
	engines(t, func(t *testing.T, databaseURL string) {
		for policy, settings := range map[string][]string{
			"off": {"OAUTH_SIGNUP=off"}, "domains": {"OAUTH_SIGNUP=domains", "OAUTH_SIGNUP_DOMAINS=home.example"},
		} {
			s := startWithStandIns(t, databaseURL, settings...)
			c := crowd{{"known", policy + "k@home.example"}, {"unknown", policy + "u@home.example"}, {"disabled", policy + "d@home.example"}}
			s.member(t, c[0].email)
			s.member(t, c[2].email)
			s.disable(t, c[2].email)
			t.Run("OA-08 RC-10 OA-12 sign-up "+policy, func(t *testing.T) {
				c.alike(t, http.StatusForbidden, func(email string) answer {
					return s.visitor(t, map[string]any{"sub": email, "tid": directory, "email": email}).signIn("microsoft")
				})
			})
		}
	})
}
