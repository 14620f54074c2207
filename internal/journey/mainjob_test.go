package journey_test

import (
	"context"
	"errors"
	"net/http"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/coder/websocket/wsjson"

	"github.com/sallyport/sallyport/internal/testbed"
)

// TestMainJob is what Sallyport is for: sign up, set an authenticator app up,
// sign out, sign in with both factors, open a WebSocket, and see it close the
// moment the session is revoked.
func TestMainJob(t *testing.T) {
	engines(t, func(t *testing.T, databaseURL string) {
		s := start(t, databaseURL)
		const email = "ada@example.org"
		s.member(t, email)
		first := s.login(t, email)
		access := first.text("access_token")

		setup := s.want(t, 200, "POST", "/api/v1/mfa/totp/setup", access, nil)
		secret := setup.text("secret")
		now := time.Now()
		done := s.want(t, 200, "POST", "/api/v1/mfa/totp/verify-setup", access, map[string]any{"code": testbed.Oathtool(t, secret, now)})
		codes, _ := done.body["backup_codes"].([]any)
		if len(codes) != 10 {
			t.Fatalf("backup codes: got %d, want 10", len(codes))
		}
		s.want(t, 204, "POST", "/api/v1/auth/logout", access, nil)
		s.want(t, 401, "GET", "/api/v1/me", access, nil)

		attempt := s.login(t, email)
		if got := attempt.text("status"); got != "mfa_required" {
			t.Fatalf("status: got %q, want mfa_required (%v)", got, attempt.body)
		}
		mfaToken := attempt.text("mfa_token")
		t.Run("MF-01 an attempt token opens nothing else", func(t *testing.T) {
			s.want(t, 401, "GET", "/api/v1/me", mfaToken, nil)
		})
		t.Run("TO-04 the enrolment code is spent", func(t *testing.T) {
			a := s.want(t, 401, "POST", "/api/v1/mfa/totp/verify", mfaToken, map[string]any{"code": testbed.Oathtool(t, secret, now)})
			if a.text("code") != "invalid_code" {
				t.Errorf("code: got %v, want invalid_code", a.body)
			}
		})
		signedIn := s.want(t, 200, "POST", "/api/v1/mfa/backup-codes/verify", mfaToken, map[string]any{"code": codes[0]})
		access = signedIn.text("access_token")
		s.want(t, 200, "GET", "/api/v1/me", access, nil)
		t.Run("MF-01 an attempt token works once", func(t *testing.T) {
			s.want(t, 401, "POST", "/api/v1/mfa/backup-codes/verify", mfaToken, map[string]any{"code": codes[1]})
		})

		ws := s.socket(t, access)
		var welcome map[string]any
		if err := wsjson.Read(t.Context(), ws, &welcome); err != nil || welcome["type"] != "welcome" {
			t.Fatalf("welcome: got %v %v", welcome, err)
		}
		sessionID, _ := welcome["session_id"].(string)
		began := time.Now()
		s.want(t, 204, "DELETE", "/api/v1/me/sessions/"+sessionID, access, nil)
		wantClose(t, ws, 4001)
		t.Logf("revoke to close: %v", time.Since(began))
		s.want(t, 401, "POST", "/api/v1/auth/refresh", "", map[string]any{"refresh_token": signedIn.text("refresh_token")})
	})
}

func (s *server) socket(t *testing.T, access string) *websocket.Conn {
	t.Helper()
	ws, res, err := websocket.Dial(t.Context(), s.url+"/api/v1/ws", &websocket.DialOptions{HTTPHeader: http.Header{"Authorization": {"Bearer " + access}}})
	if err != nil {
		t.Fatalf("dial: %v (%v)", err, res)
	}
	t.Cleanup(func() { _ = ws.CloseNow() })
	return ws
}

// wantClose reads until the socket closes, for at most five seconds.
func wantClose(t *testing.T, ws *websocket.Conn, code websocket.StatusCode) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	for {
		_, _, err := ws.Read(ctx)
		if err == nil {
			continue
		}
		var closed websocket.CloseError
		if !errors.As(err, &closed) || closed.Code != code {
			t.Fatalf("close: got %v, want %d", err, code)
		}
		return
	}
}
