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

const root = "root@example.org"

// office is an administrator at work.
type office struct {
	*apptest.Rig
	t      *testing.T
	access string
	id     string
}

// newOffice signs an administrator in with a password and an authenticator app.
func newOffice(t *testing.T, r *apptest.Rig) office {
	t.Helper()
	chief := r.Member(t, root)
	if err := r.Accounts.SetRole(r.Ctx(), chief.ID, account.Admin, account.Operator()); err != nil {
		t.Fatal(err)
	}
	return office{r, t, withApp(t, r, r.SignedIn(t, root).Access), chief.ID}
}

// in is the same office in the hands of a subtest.
func (o office) in(t *testing.T) office { o.t = t; return o }

// ask calls a route of /admin and reads what it answers; into may be nil.
func (o office) ask(method, path, body string, status int, into any) {
	o.t.Helper()
	w := o.send(method, path, body)
	if w.Code != status {
		o.t.Fatalf("%s %s: got %d %s, want %d", method, path, w.Code, w.Body, status)
	}
	if into != nil {
		if err := json.Unmarshal(w.Body.Bytes(), into); err != nil {
			o.t.Fatalf("%s %s: %v in %s", method, path, err, w.Body)
		}
	}
}

func (o office) send(method, path, body string) *httptest.ResponseRecorder {
	o.t.Helper()
	req := httptest.NewRequestWithContext(o.t.Context(), method, "/api/v1/admin"+path, strings.NewReader(body))
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	req.Header.Set("Authorization", "Bearer "+o.access)
	w := httptest.NewRecorder()
	o.Handler().ServeHTTP(w, req)
	return w
}

// refused fails unless a call is refused with that code.
func (o office) refused(what, method, path, body string, status int, code string) {
	o.t.Helper()
	if gotStatus, gotCode := ask(o.t, o.Rig, method, "/api/v1/admin"+path, o.access, body); gotStatus != status || gotCode != code {
		o.t.Errorf("%s: got %d %s, want %d %s", what, gotStatus, gotCode, status, code)
	}
}

// TestAdministrators goes through every route of /admin as everybody but an
// administrator with a fresh proof.
func TestAdministrators(t *testing.T) {
	apptest.OnBoth(t, func(t *testing.T, r *apptest.Rig) {
		r.Member(t, email)
		o := newOffice(t, r)
		user, alone := r.SignedIn(t, email).Access, withoutFactor(t, r, "second@example.org")
		n := 0
		for _, route := range r.Routes() {
			if !strings.HasPrefix(route.Path, "/api/v1/admin/") {
				continue
			}
			n++
			path := strings.ReplaceAll(route.Path, "{id}", o.id)
			for _, who := range []struct {
				name, bearer string
				status       int
				code         string
			}{
				{"nobody", "", 401, "unauthenticated"},
				{"a user", user, 403, "forbidden"},
				{"an administrator with a password alone", alone, 403, "forbidden"},
			} {
				body := ""
				if route.Method == http.MethodPatch {
					body = `{"name":"x"}`
				}
				if route.Path == "/api/v1/admin/users" && route.Method == http.MethodPost {
					body = `{"email":"new@example.org"}`
				}
				if status, code := ask(t, r, route.Method, path, who.bearer, body); status != who.status || code != who.code {
					t.Errorf("OP-10 %s %s by %s: got %d %s, want %d %s", route.Method, route.Path, who.name, status, code, who.status, who.code)
				}
			}
			if !route.StepUp || route.StepUpWithin > 15*time.Minute || route.Method != http.MethodGet && route.StepUpWithin != 0 {
				t.Errorf("OP-10 %s %s: got step-up %t within %v, want one, within 15 minutes for reading and as set for changing", route.Method, route.Path, route.StepUp, route.StepUpWithin)
			}
		}
		if n < 20 {
			t.Errorf("got %d routes, want the whole chapter", n)
		}
		o.ask("GET", "/connections", "", 200, nil)
		r.Clock.Advance(6 * time.Minute)
		o.current()
		o.ask("GET", "/connections", "", 200, nil)
		o.refused("OP-10 a change with a proof of six minutes ago", "POST", "/keys/rotate", "", 403, "step_up_required")
	})
}

// TestOldRights shows that neither an old proof nor an old role reads anything.
func TestOldRights(t *testing.T) {
	apptest.OnBoth(t, func(t *testing.T, r *apptest.Rig) {
		o := newOffice(t, r)
		if err := r.Accounts.SetRole(r.Ctx(), o.id, account.Member, account.Operator()); err != nil {
			t.Fatal(err)
		}
		o.current()
		o.refused("OP-10 one who is none any more", "GET", "/connections", "", 401, "invalid_token")
	})
}

// TestOldProof shows that a renewed token does not make an old proof fresh.
func TestOldProof(t *testing.T) {
	apptest.OnBoth(t, func(t *testing.T, r *apptest.Rig) {
		chief := r.Member(t, root)
		if err := r.Accounts.SetRole(r.Ctx(), chief.ID, account.Admin, account.Operator()); err != nil {
			t.Fatal(err)
		}
		first := r.SignedIn(t, root)
		withApp(t, r, first.Access)
		r.Clock.Advance(16 * time.Minute)
		renewed, err := r.Sessions.Refresh(r.Ctx(), first.Refresh)
		if err != nil {
			t.Fatal(err)
		}
		o := office{r, t, renewed.Access, chief.ID}
		o.current()
		o.refused("OP-10 reading after 16 minutes", "GET", "/connections", "", 403, "step_up_required")
	})
}

// current reads the revocations, as the running server does all the time.
func (o office) current() {
	o.t.Helper()
	if err := o.ReadRevocations(o.Ctx()); err != nil {
		o.t.Fatal(err)
	}
}

// withoutFactor is the access token of an administrator with a password alone.
func withoutFactor(t *testing.T, r *apptest.Rig, address string) string {
	t.Helper()
	u := r.Member(t, address)
	if err := r.Accounts.SetRole(r.Ctx(), u.ID, account.Admin, account.Operator()); err != nil {
		t.Fatal(err)
	}
	return r.SignedIn(t, address).Access
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
