package journey_test

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/sallyport/sallyport/internal/clock"
	"github.com/sallyport/sallyport/internal/testbed"
)

// TestCanaries drives the main flows with secrets that are known, and then looks
// for them where none may ever be: the log, the answers to refused requests, the
// metrics, and the very bytes of the database.
func TestCanaries(t *testing.T) {
	folder := t.TempDir()
	metrics := fmt.Sprintf("127.0.0.1:%d", testbed.FreePort(t))
	s := start(t, "sqlite:"+filepath.Join(folder, "sallyport.db"),
		"METRICS_ADDR="+metrics, "TWILIO_ACCOUNT_SID=AC0123456789abcdef0123456789abcdef", "TWILIO_AUTH_TOKEN=canary-twilio-0123456789abcdef0123",
		"TWILIO_PHONE_NUMBER=+15005550006", "TWILIO_BASE_URL=http://127.0.0.1:1", "SMS_COUNTRIES=US")
	var secrets []string
	seed := func(kind, value string) string {
		t.Helper()
		if len(value) < 6 {
			t.Fatalf("%s: got %q, want a secret", kind, value)
		}
		secrets = append(secrets, value)
		return value
	}
	seed("twilio token", "canary-twilio-0123456789abcdef0123")
	seed("secret key", "Zq7v0Y1m3o5Kc8Xw2Rt6Ub4Ne9Lp1Js0Hd5Ga7Fi3k8")
	const email, second = "ada@example.org", "canary harbour lantern 99 moss"
	seed("password", goodPassword)
	seed("password", second)
	s.want(t, 202, "POST", "/api/v1/auth/register", "", map[string]any{"email": email, "password": goodPassword})
	seed("mail link", fmt.Sprint(s.mail(t, email, "verify_email")["token"]))
	s.want(t, 200, "POST", "/api/v1/auth/email/verify", "", map[string]any{"token": secrets[len(secrets)-1]})
	signedIn := s.login(t, email)
	access := seed("access token", signedIn.text("access_token"))
	spent := seed("refresh token", signedIn.text("refresh_token"))

	secret := seed("TOTP secret", s.want(t, 200, "POST", "/api/v1/mfa/totp/setup", access, nil).text("secret"))
	done := s.want(t, 200, "POST", "/api/v1/mfa/totp/verify-setup", access, map[string]any{"code": testbed.Oathtool(t, secret, clock.System())})
	codes, _ := done.body["backup_codes"].([]any)
	for _, c := range codes {
		seed("backup code", fmt.Sprint(c))
	}
	access = seed("access token", done.text("access_token"))
	seed("ticket", s.want(t, 200, "POST", "/api/v1/ws/ticket", access, nil).text("ticket"))
	signedIn = s.want(t, 200, "POST", "/api/v1/auth/refresh", "", map[string]any{"refresh_token": spent})
	seed("access token", signedIn.text("access_token"))
	seed("refresh token", signedIn.text("refresh_token"))
	attempt := seed("attempt token", s.login(t, email).text("mfa_token"))
	s.want(t, 200, "POST", "/api/v1/mfa/backup-codes/verify", attempt, map[string]any{"code": codes[0]})
	s.want(t, 202, "POST", "/api/v1/auth/password/forgot", "", map[string]any{"email": email})
	reset := seed("mail link", fmt.Sprint(s.mail(t, email, "reset_password")["token"]))

	// Every secret is also shown where it does not belong.
	var answers strings.Builder
	for _, v := range secrets {
		for _, try := range []struct {
			method, path, bearer string
			body                 any
		}{
			{"POST", "/api/v1/auth/login", "", map[string]any{"email": v, "password": v}},
			{"POST", "/api/v1/auth/refresh", "", map[string]any{"refresh_token": v + "x"}},
			{"POST", "/api/v1/auth/email/verify", "", map[string]any{"token": v + "x", "more": v}},
			{"GET", "/api/v1/me", strings.ReplaceAll(v, " ", "") + "x", nil},
		} {
			if a := s.call(t, try.method, try.path, try.bearer, try.body); a.status < 400 {
				t.Errorf("%s %s: got %d, want refused", try.method, try.path, a.status)
			} else {
				_, _ = fmt.Fprintln(&answers, a.body, a.header)
			}
		}
		res, body := s.raw(t, "GET", "/api/v1/ws?token="+strings.ReplaceAll(v, " ", "+"), nil, "")
		_, _ = fmt.Fprintln(&answers, body, res.Header)
	}
	s.want(t, 200, "POST", "/api/v1/auth/password/reset", "", map[string]any{"token": reset, "password": second})

	places := map[string]string{"log": s.log.String(), "refusals": answers.String(), "metrics": get(t, "http://"+metrics+"/metrics")}
	files, err := filepath.Glob(filepath.Join(folder, "*"))
	if err != nil || len(files) == 0 {
		t.Fatalf("files: got %v, %v, want the database", files, err)
	}
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		places[filepath.Base(f)] = string(b)
	}
	for place, text := range places {
		if len(text) < 100 {
			t.Errorf("%s: got %d bytes, want something to look through", place, len(text))
		}
		for i, v := range secrets {
			if strings.Contains(text, v) {
				t.Errorf("AU-03 %s holds secret %d (%.6s…)", place, i, v)
			}
		}
	}
	if jwt := regexp.MustCompile(`eyJ[\w-]{10,}\.`).FindString(places["log"]); jwt != "" {
		t.Errorf("AU-03 the log holds something like a token: %s", jwt)
	}
	if len(secrets) < 20 {
		t.Errorf("got %d secrets, want a good number", len(secrets))
	}
}

// get reads a page.
func get(t *testing.T, address string) string {
	t.Helper()
	s := &server{url: address}
	res, body := s.raw(t, http.MethodGet, "", nil, "")
	if res.StatusCode != http.StatusOK {
		t.Fatalf("%s: got %d, want 200", address, res.StatusCode)
	}
	return body
}
