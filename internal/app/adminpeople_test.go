package app_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/sallyport/sallyport/internal/account"
	"github.com/sallyport/sallyport/internal/apptest"
	"github.com/sallyport/sallyport/internal/audit"
	"github.com/sallyport/sallyport/internal/ident"
	"github.com/sallyport/sallyport/internal/message"
)

// person is what the API says of somebody.
type person struct {
	ID, Email, Name, Role, State string
	Factors                      []struct{ Type string }
	BackupCodesLeft              int `json:"backup_codes_left"`
	Sessions                     []struct{ ID string }
}

type people struct {
	Users []person
	Next  string
}

func TestAdminPeople(t *testing.T) {
	apptest.OnBoth(t, func(t *testing.T, r *apptest.Rig) {
		o := newOffice(t, r)
		var all []string
		for i := range 5 {
			all = append(all, r.Member(t, fmt.Sprintf("p%d@example.org", i)).Email)
		}
		t.Run("three by three", func(t *testing.T) {
			for _, tt := range []struct {
				query string
				want  []string
			}{
				{"", append([]string{root}, all...)},
				{"p", all},
				{"P3@EX", all[3:4]},
				{"nobody", nil},
				{o.id, []string{root}},
				{ident.New(), nil},
			} {
				var got []string
				for after := ""; ; {
					var page people
					o.in(t).ask("GET", "/users?limit=3&q="+tt.query+"&after="+after, "", 200, &page)
					for _, u := range page.Users {
						got = append(got, u.Email)
					}
					if after = page.Next; after == "" {
						break
					}
				}
				if !slices.Equal(got, tt.want) {
					t.Errorf("q=%q: got %v, want %v", tt.query, got, tt.want)
				}
			}
		})
		t.Run("one", func(t *testing.T) {
			var got person
			o.in(t).ask("GET", "/users/"+o.id, "", 200, &got)
			if got.Email != root || got.State != "active" || got.Role != "admin" || len(got.Factors) != 1 || got.Factors[0].Type != "totp" || got.BackupCodesLeft != 10 || len(got.Sessions) != 1 {
				t.Errorf("got %+v, want the administrator with an app, ten codes and a session", got)
			}
			o.in(t).refused("nobody", "GET", "/users/"+ident.New(), "", 404, "not_found")
			o.in(t).refused("no id", "GET", "/users/x", "", 422, "invalid_request")
		})
	})
}

func TestInvitation(t *testing.T) {
	apptest.OnBoth(t, func(t *testing.T, r *apptest.Rig) {
		o := newOffice(t, r)
		r.Mails(t)
		var got person
		o.ask("POST", "/users", `{"email":"New@example.org","name":"New"}`, 201, &got)
		if got.State != "invited" || got.Role != "user" || got.Email != "New@example.org" {
			t.Errorf("got %+v, want somebody invited", got)
		}
		o.refused("twice", "POST", "/users", `{"email":"new@EXAMPLE.org"}`, 409, "conflict")
		o.refused("no address", "POST", "/users", `{"email":"new"}`, 422, "invalid_request")
		o.refused("no role", "POST", "/users", `{"email":"x@example.org","role":"owner"}`, 422, "invalid_request")
		first := r.Mail(t, message.Invitation)
		o.ask("POST", "/users/"+got.ID+"/send-reset", "", 202, nil)
		second := r.Mail(t, message.Invitation)
		if err := r.Accounts.Reset(r.Ctx(), first.Token, apptest.Password); err == nil {
			t.Error("RC-02 the replaced invitation: got it accepted, want it dead")
		}
		if _, err := r.SignIn.Password(r.Ctx(), got.Email, apptest.Password, "body"); err == nil {
			t.Error("before it is accepted: got a sign-in, want none")
		}
		if err := r.Accounts.Reset(r.Ctx(), second.Token, apptest.Password); err != nil {
			t.Fatalf("accepting: got %v, want nil", err)
		}
		r.SignedIn(t, got.Email)
		o.ask("GET", "/users/"+got.ID, "", 200, &got)
		if got.State != "active" {
			t.Errorf("accepted: got %s, want active", got.State)
		}
		r.Mails(t)
		o.ask("POST", "/users/"+got.ID+"/send-reset", "", 202, nil)
		r.Mail(t, message.ResetPassword)
	})
}

// TestInvitedAdministrator keeps an open registration from taking an invited
// administrator's account over.
func TestInvitedAdministrator(t *testing.T) {
	apptest.OnBoth(t, func(t *testing.T, r *apptest.Rig) {
		o := newOffice(t, r)
		o.ask("POST", "/users", `{"email":"boss@example.org","role":"admin"}`, 201, nil)
		r.Mails(t)
		if err := r.Accounts.Register(r.Ctx(), account.Registration{Email: "boss@example.org", Password: apptest.Password}); err != nil {
			t.Fatalf("RC-10 register: got %v, want nil", err)
		}
		r.Mail(t, message.AlreadyHave)
		if _, err := r.SignIn.Password(r.Ctx(), "boss@example.org", apptest.Password, "body"); err == nil {
			t.Error("got a sign-in with the password of whoever registered, want none")
		}
	})
}

func TestAdminChangesPeople(t *testing.T) {
	apptest.OnBoth(t, func(t *testing.T, r *apptest.Rig) {
		o := newOffice(t, r)
		u := r.Member(t, email)
		at := "/users/" + u.ID
		live := func(access string) bool {
			status, _ := ask(t, r, "GET", "/api/v1/me", access, "")
			return status == 200
		}
		var got person
		o.ask("PATCH", at, `{"name":"Ada"}`, 200, &got)
		if got.Name != "Ada" {
			t.Errorf("name: got %q, want Ada", got.Name)
		}
		o.refused("OP-04 mass assignment", "PATCH", at, `{"email_verified":true}`, 422, "invalid_request")

		access := r.SignedIn(t, email).Access
		o.ask("DELETE", at+"/sessions", "", 204, nil)
		if live(access) {
			t.Error("TK-16 every session ended: got one alive")
		}
		access = r.SignedIn(t, email).Access
		o.ask("POST", at+"/disable", "", 204, nil)
		if live(access) {
			t.Error("TK-12 disabled: got a session alive")
		}
		o.refused("a reset for one who is disabled", "POST", at+"/send-reset", "", 409, "conflict")
		o.refused("disabled twice", "POST", at+"/disable", "", 404, "not_found")
		o.ask("POST", at+"/enable", "", 204, nil)

		withApp(t, r, r.SignedIn(t, email).Access)
		r.Mails(t)
		o.ask("POST", at+"/reset-factors", "", 204, nil)
		r.Mail(t, message.FactorRemoved)
		access = r.SignedIn(t, email).Access // a password alone is enough again
		o.ask("PATCH", at, `{"role":"admin"}`, 200, &got)
		if got.Role != "admin" || live(access) {
			t.Errorf("TK-10 role: got %s, its old session alive %t; want admin, false", got.Role, live(access))
		}
		o.refused("MF-08 the factors of an administrator", "POST", at+"/reset-factors", "", 403, "forbidden")
		o.ask("DELETE", at, "", 204, nil)
		o.refused("deleted", "GET", at, "", 404, "not_found")
		for _, e := range r.Rows(t) {
			if e.TargetID == u.ID && e.ActorKind == "admin" && e.ActorID != o.id {
				t.Errorf("AU-02 %s: got actor %q, want the administrator", e.Name, e.ActorID)
			}
		}
		var did []string
		for _, e := range r.Rows(t) {
			if e.ActorID == o.id && e.ActorKind == "admin" && e.TargetID == u.ID {
				did = append(did, string(e.Name))
			}
		}
		want := "user_updated session_ended user_disabled user_enabled user_factor_removed privilege_permissions_changed user_deleted"
		if strings.Join(did, " ") != want {
			t.Errorf("AU-01 by the administrator: got %v, want %s", did, want)
		}
	})
}

func TestAdminNotThemselves(t *testing.T) {
	apptest.OnBoth(t, func(t *testing.T, r *apptest.Rig) {
		o := newOffice(t, r)
		at := "/users/" + o.id
		o.refused("disable", "POST", at+"/disable", "", 409, "conflict")
		o.refused("delete", "DELETE", at, "", 409, "conflict")
		o.refused("step down", "PATCH", at, `{"role":"user"}`, 409, "conflict")
		if n, err := r.Store.CountAdmins(r.Ctx()); err != nil || n != 1 {
			t.Errorf("administrators left: got %d, %v; want 1", n, err)
		}
		if slices.ContainsFunc(r.Rows(t), func(e audit.Event) bool { return e.Name == audit.UserDisabled || e.Name == audit.UserDeleted }) {
			t.Error("got an event of what did not happen")
		}
	})
}
