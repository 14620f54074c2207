package app_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/sallyport/sallyport/internal/account"
	"github.com/sallyport/sallyport/internal/apptest"
	"github.com/sallyport/sallyport/internal/testbed"
)

func TestAdminConnections(t *testing.T) {
	apptest.OnBoth(t, func(t *testing.T, r *apptest.Rig) {
		const path, root = "/api/v1/admin/connections", "root@example.org"
		system := account.Actor{Kind: "system"}
		want := func(what, bearer string, status int, code string) {
			t.Helper()
			if gotStatus, gotCode := ask(t, r, "GET", path, bearer, ""); gotStatus != status || gotCode != code {
				t.Errorf("OP-10 %s: got %d %s, want %d %s", what, gotStatus, gotCode, status, code)
			}
		}
		r.Member(t, email)
		chief := r.Member(t, root)
		if err := r.Accounts.SetRole(r.Ctx(), chief.ID, account.Admin, system); err != nil {
			t.Fatal(err)
		}
		want("nobody", "", 401, "unauthenticated")
		want("a user", r.SignedIn(t, email).Access, 403, "forbidden")
		want("an administrator with a password alone", r.SignedIn(t, root).Access, 403, "forbidden")

		access := withApp(t, r, r.SignedIn(t, root).Access)
		want("an administrator with a second factor", access, 200, "")
		r.Clock.Advance(6 * time.Minute)
		if err := r.ReadRevocations(r.Ctx()); err != nil { // as the running server does all the time
			t.Fatal(err)
		}
		want("one whose proof is old", access, 403, "step_up_required")
		if err := r.Accounts.SetRole(r.Ctx(), chief.ID, account.Member, system); err != nil {
			t.Fatal(err)
		}
		if err := r.ReadRevocations(r.Ctx()); err != nil {
			t.Fatal(err)
		}
		want("one who is none any more", access, 401, "invalid_token")
	})
}

// withApp sets an authenticator app up and returns the access token that comes
// with it.
func withApp(t *testing.T, r *apptest.Rig, access string) string {
	t.Helper()
	var setup struct{ Secret string }
	answered(t, r, "/api/v1/mfa/totp/setup", access, "{}", &setup)
	var raised struct {
		Access string `json:"access_token"`
	}
	code := testbed.Oathtool(t, setup.Secret, r.Clock.Now())
	answered(t, r, "/api/v1/mfa/totp/verify-setup", access, `{"code":"`+code+`"}`, &raised)
	return raised.Access
}

// answered posts to the program and reads what it answers.
func answered(t *testing.T, r *apptest.Rig, path, bearer, body string, into any) {
	t.Helper()
	req := httptest.NewRequestWithContext(t.Context(), http.MethodPost, path, strings.NewReader(body))
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Authorization", "Bearer "+bearer)
	w := httptest.NewRecorder()
	r.Handler().ServeHTTP(w, req)
	if err := json.Unmarshal(w.Body.Bytes(), into); err != nil || w.Code != http.StatusOK {
		t.Fatalf("%s: got %d %s, want 200", path, w.Code, w.Body)
	}
}
