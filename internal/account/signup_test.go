package account_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/sallyport/sallyport/internal/account"
	"github.com/sallyport/sallyport/internal/apptest"
	"github.com/sallyport/sallyport/internal/audit"
	"github.com/sallyport/sallyport/internal/fault"
	"github.com/sallyport/sallyport/internal/message"
	"github.com/sallyport/sallyport/internal/storetest"
)

const email = "ada@example.org"

func register(t *testing.T, r *apptest.Rig, address, password string) {
	t.Helper()
	if err := r.Accounts.Register(r.Ctx(), account.Registration{Email: address, Password: password, Name: "Ada"}); err != nil {
		t.Fatalf("register %s: got %v, want nil", address, err)
	}
}

func TestRegister(t *testing.T) {
	apptest.OnBoth(t, func(t *testing.T, r *apptest.Rig) {
		register(t, r, "Ada@Example.org", apptest.Password)
		mail := r.Mail(t, message.VerifyEmail)
		if mail.To != email && mail.To != "Ada@example.org" || !strings.HasPrefix(mail.Link, "http://localhost:8000/verify-email#token=") {
			t.Errorf("RC-03 mail: got %s to %s, want a link of PUBLIC_URL to the address", mail.Link, mail.To)
		}
		u, err := r.Accounts.VerifyEmail(r.Ctx(), mail.Token)
		if err != nil || !u.EmailVerified() {
			t.Fatalf("verify: got %+v, %v, want it verified", u, err)
		}
		if _, err := r.Accounts.VerifyEmail(r.Ctx(), mail.Token); fault.Of(err) != fault.CodeLinkExpired {
			t.Errorf("RC-02 a second time: got %v, want %s", err, fault.CodeLinkExpired)
		}
		t.Run("RC-10 an address that is taken", func(t *testing.T) {
			register(t, r, "ADA@example.org", "another violet lantern 12 fox")
			if got := r.Kinds(t); !slices.Equal(got, []message.Kind{message.AlreadyHave}) {
				t.Errorf("mails: got %v, want the note that there is an account", got)
			}
			r.SignedIn(t, email) // with the old password
		})
		t.Run("an address that was never verified goes to the newest", func(t *testing.T) {
			register(t, r, "eve@example.org", apptest.Password)
			first := r.Mail(t, message.VerifyEmail)
			register(t, r, "eve@example.org", "another violet lantern 12 fox")
			second := r.Mail(t, message.VerifyEmail)
			if _, err := r.Accounts.VerifyEmail(r.Ctx(), first.Token); fault.Of(err) != fault.CodeLinkExpired {
				t.Errorf("RC-02 the older link: got %v, want %s", err, fault.CodeLinkExpired)
			}
			if _, err := r.Accounts.VerifyEmail(r.Ctx(), second.Token); err != nil {
				t.Errorf("the newest link: got %v, want nil", err)
			}
		})
		t.Run("what is wrong with the input is told", func(t *testing.T) {
			for _, in := range []account.Registration{
				{Email: "rubbish", Password: apptest.Password}, {Email: "b@example.org", Password: apptest.Password, Name: "a\nb"},
			} {
				if err := r.Accounts.Register(r.Ctx(), in); fault.Of(err) != fault.CodeInvalidRequest {
					t.Errorf("%+v: got %v, want %s", in, err, fault.CodeInvalidRequest)
				}
			}
			for _, weak := range []string{"short", "password1234567", "bertrand-example-1", strings.Repeat("a", 30)} {
				err := r.Accounts.Register(r.Ctx(), account.Registration{Email: "bertrand-example@example.org", Password: weak})
				if fault.Of(err) != fault.CodeWeakPassword {
					t.Errorf("PW-05 %q: got %v, want %s", weak, err, fault.CodeWeakPassword)
				}
			}
		})
		t.Run("RC-02 the link lives for a day", func(t *testing.T) {
			register(t, r, "late@example.org", apptest.Password)
			mail := r.Mail(t, message.VerifyEmail)
			r.Clock.Advance(24 * time.Hour)
			if _, err := r.Accounts.VerifyEmail(r.Ctx(), mail.Token); fault.Of(err) != fault.CodeLinkExpired {
				t.Errorf("got %v, want %s", err, fault.CodeLinkExpired)
			}
			if err := r.Accounts.ResendVerification(r.Ctx(), "late@example.org"); err != nil {
				t.Fatal(err)
			}
			if _, err := r.Accounts.VerifyEmail(r.Ctx(), r.Mail(t, message.VerifyEmail).Token); err != nil {
				t.Errorf("a new one: got %v, want nil", err)
			}
		})
		t.Run("RC-01 a resend tells nothing", func(t *testing.T) {
			for _, address := range []string{email, "nobody@example.org", "rubbish"} {
				if err := r.Accounts.ResendVerification(r.Ctx(), address); err != nil {
					t.Errorf("%s: got %v, want nil", address, err)
				}
			}
			if got := r.Kinds(t); len(got) != 0 {
				t.Errorf("mails: got %v, want none", got)
			}
		})
	})
}

func TestSignUpOff(t *testing.T) {
	r := apptest.Open(t, storetest.SQLite(t), "SIGNUP=off")
	err := r.Accounts.Register(r.Ctx(), account.Registration{Email: email, Password: apptest.Password})
	if fault.Of(err) != fault.CodeForbidden {
		t.Errorf("got %v, want %s", err, fault.CodeForbidden)
	}
}

func TestFirstAdministrator(t *testing.T) {
	apptest.OnBoth(t, func(t *testing.T, r *apptest.Rig) {
		link := func() string {
			t.Helper()
			link, err := r.Accounts.SetupLink(r.Ctx())
			if err != nil {
				t.Fatal(err)
			}
			_, token, _ := strings.Cut(link, "#token=")
			return token
		}
		create := func(token, address string) error {
			_, err := r.Accounts.CreateFirstAdmin(r.Ctx(), token, account.Registration{Email: address, Password: apptest.Password})
			return err
		}
		old := link()
		token := link()
		if len(token) < 4+22 {
			t.Errorf("PW-13 got %d characters, want 128 bits at least", len(token))
		}
		for what, bad := range map[string]string{"rubbish": "rubbish", "an older link": old} {
			if err := create(bad, email); fault.Of(err) != fault.CodeLinkExpired {
				t.Errorf("PW-13 %s: got %v, want %s", what, err, fault.CodeLinkExpired)
			}
		}
		r.Clock.Advance(30 * time.Minute)
		if err := create(token, email); fault.Of(err) != fault.CodeLinkExpired {
			t.Errorf("PW-13 after 30 minutes: got %v, want %s", err, fault.CodeLinkExpired)
		}
		token = link()
		if err := create(token, email); err != nil {
			t.Fatalf("got %v, want an administrator", err)
		}
		if err := create(token, "eve@example.org"); err == nil {
			t.Error("PW-13 a second time: got an administrator, want refused")
		}
		if got := link(); got != "" {
			t.Errorf("PW-13 with an administrator: got a link, want none")
		}
		u, err := r.Store.UserByEmail(r.Ctx(), email)
		if err != nil || !u.IsAdmin() || !u.EmailVerified() {
			t.Errorf("got %+v, %v, want a verified administrator", u, err)
		}
		if got := r.Events(t); !slices.Contains(got, audit.UserCreated) {
			t.Errorf("AU-01 events: got %v, want %s", got, audit.UserCreated)
		}
	})
}
