package app_test

import (
	"encoding/json"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/sallyport/sallyport/internal/account"
	"github.com/sallyport/sallyport/internal/apptest"
)

// get reads an answer of a route as that bearer.
func get(t *testing.T, r *apptest.Rig, path, bearer string, into any) *httptest.ResponseRecorder {
	t.Helper()
	req := httptest.NewRequestWithContext(t.Context(), "GET", path, nil)
	req.Header.Set("Authorization", "Bearer "+bearer)
	w := httptest.NewRecorder()
	r.Handler().ServeHTTP(w, req)
	if err := json.Unmarshal(w.Body.Bytes(), into); err != nil || w.Code != 200 {
		t.Fatalf("%s: got %d %s, want 200", path, w.Code, w.Body)
	}
	return w
}

func TestOwnEvents(t *testing.T) {
	apptest.OnBoth(t, func(t *testing.T, r *apptest.Rig) {
		u := r.Member(t, email)
		r.Member(t, "bob@example.org")
		_, _ = r.SignIn.Password(r.Ctx(), email, "wrong", "body")
		_, _ = r.SignIn.Password(r.Ctx(), "bob@example.org", "wrong", "body")
		if err := r.Accounts.Rename(apptest.From(t.Context(), "192.0.2.99", "office"), u.ID, "Ada", account.Administrator("someone")); err != nil {
			t.Fatal(err)
		}
		access := r.SignedIn(t, email).Access
		type event struct{ ID, Name, By, IP string }
		var got []event
		for after := ""; ; {
			var page struct {
				Events []event
				Next   string
			}
			get(t, r, "/api/v1/me/events?limit=2&after="+after, access, &page)
			got = append(got, page.Events...)
			if after = page.Next; after == "" {
				break
			}
		}
		by := map[string]event{}
		for _, e := range got {
			by[e.Name] = e
		}
		if e := by["authn_login_fail"]; e.By != "anonymous" && e.By != "you" || e.IP != "192.0.2.1" {
			t.Errorf("a wrong password: got %+v, want it with its address", e)
		}
		if e := by["user_updated"]; e.By != "admin" || e.IP != "" {
			t.Errorf("an administrator's change: got %+v, want it without the administrator's address", e)
		}
		want := 0
		for _, e := range r.Rows(t) {
			if e.TargetID == u.ID {
				want++
			}
		}
		if len(got) != want {
			t.Errorf("got %d events, want the %d about this account", len(got), want)
		}
	})
}

func TestOwnData(t *testing.T) {
	apptest.OnBoth(t, func(t *testing.T, r *apptest.Rig) {
		r.Member(t, email)
		access := withApp(t, r, r.SignedIn(t, email).Access)
		var got struct {
			User     struct{ Email string }
			Factors  []struct{ Type string }
			Sessions []struct{ Current bool }
			Events   []struct{ Name string }
		}
		w := get(t, r, "/api/v1/me/export", access, &got)
		if got.User.Email != email || len(got.Factors) != 1 || len(got.Sessions) != 1 || !got.Sessions[0].Current || len(got.Events) < 3 {
			t.Errorf("got %+v, want the account with an app, a session and what happened", got)
		}
		if !strings.HasPrefix(w.Header().Get("Content-Disposition"), "attachment") {
			t.Errorf("got %q, want an attachment", w.Header().Get("Content-Disposition"))
		}
		for _, secret := range []string{"$argon2id", "otpauth", `"secret"`, access} {
			if strings.Contains(w.Body.String(), secret) {
				t.Errorf("AU-03 the copy holds %s", secret)
			}
		}
	})
}
