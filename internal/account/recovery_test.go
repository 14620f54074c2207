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
	"github.com/sallyport/sallyport/internal/session"
)

const next = "another violet lantern 12 fox"

func forgot(t *testing.T, r *apptest.Rig, address string) {
	t.Helper()
	if err := r.Accounts.Forgot(r.Ctx(), address); err != nil {
		t.Fatalf("RC-01 forgot %s: got %v, want nil", address, err)
	}
}

func TestForgot(t *testing.T) {
	apptest.OnBoth(t, func(t *testing.T, r *apptest.Rig) {
		u := r.Member(t, email)
		locked := r.Member(t, "locked@example.org")
		if err := r.Accounts.Disable(r.Ctx(), locked.ID, account.Operator()); err != nil {
			t.Fatal(err)
		}
		r.Mails(t)
		for _, address := range []string{"nobody@example.org", locked.Email, "rubbish", ""} {
			before := len(r.Rows(t))
			forgot(t, r, address)
			if got := len(r.Rows(t)) - before; got != 1 {
				t.Errorf("RC-01 %q: got %d audit rows, want 1 as for everybody", address, got)
			}
		}
		if got := r.Kinds(t); len(got) != 0 {
			t.Errorf("RC-01 mails: got %v, want none", got)
		}
		forgot(t, r, " ADA@EXAMPLE.ORG ")
		mail := r.Mail(t, message.ResetPassword)
		if mail.To != u.Email {
			t.Errorf("RC-05 got a mail to %q, want the stored address %q", mail.To, u.Email)
		}
		if !strings.HasPrefix(mail.Link, "http://localhost:8000/reset-password#token=") {
			t.Errorf("RC-03 got %q, want an address of PUBLIC_URL", mail.Link)
		}
		if got := mail.ExpiresAt.Sub(r.Clock.Now()); got != 30*time.Minute {
			t.Errorf("RC-02 got a life of %v, want 30 min", got)
		}
		t.Run("RC-08 an administrator starts it, and sees nothing", func(t *testing.T) {
			chief := r.Member(t, "chief@example.org")
			if err := r.Accounts.StartReset(r.Ctx(), chief.ID, u.ID); err != nil {
				t.Fatal(err)
			}
			if mail := r.Mail(t, message.ResetPassword); mail.To != u.Email {
				t.Errorf("got a mail to %s, want the user's own mailbox", mail.To)
			}
		})
	})
}

// TestNobodyLeavesAsMuchToDo looks at what the outbox has to do afterwards.
func TestNobodyLeavesAsMuchToDo(t *testing.T) {
	apptest.OnBoth(t, func(t *testing.T, r *apptest.Rig) {
		r.Member(t, email)
		register(t, r, "new@example.org", apptest.Password)
		locked := r.Member(t, "locked@example.org")
		if err := r.Accounts.Disable(r.Ctx(), locked.ID, account.Operator()); err != nil {
			t.Fatal(err)
		}
		waiting := func() (kinds []message.Kind) {
			all, err := r.Store.ClaimMessages(r.Ctx(), message.Email, r.Clock.Now(), time.Hour, 100)
			if err != nil {
				t.Fatal(err)
			}
			for _, m := range all {
				kinds = append(kinds, m.Kind)
				if m.Kind != message.Nothing {
					continue
				}
				if m.To != "" || m.UserID != "" {
					t.Errorf("RC-01 a message that goes nowhere: got one to %q of user %q", m.To, m.UserID)
				}
				if err := r.Accounts.Reset(r.Ctx(), m.Token, next); fault.Of(err) != fault.CodeLinkExpired {
					t.Errorf("RC-02 its token: got %v, want it to open nothing", err)
				}
			}
			return kinds
		}
		waiting()
		for _, tt := range []struct {
			address        string
			forgot, resend message.Kind
		}{
			{email, message.ResetPassword, message.Nothing},
			{"new@example.org", message.ResetPassword, message.VerifyEmail},
			{locked.Email, message.Nothing, message.Nothing},
			{"nobody@example.org", message.Nothing, message.Nothing},
			{"rubbish", message.Nothing, message.Nothing},
		} {
			forgot(t, r, tt.address)
			if got := waiting(); !slices.Equal(got, []message.Kind{tt.forgot}) {
				t.Errorf("RC-01 forgot %s: got %v in the outbox, want %s", tt.address, got, tt.forgot)
			}
			if err := r.Accounts.ResendVerification(r.Ctx(), tt.address); err != nil {
				t.Fatal(err)
			}
			if got := waiting(); !slices.Equal(got, []message.Kind{tt.resend}) {
				t.Errorf("RC-01 resend to %s: got %v in the outbox, want %s", tt.address, got, tt.resend)
			}
		}
	})
}

func TestReset(t *testing.T) {
	apptest.OnBoth(t, func(t *testing.T, r *apptest.Rig) {
		u := r.Member(t, email)
		held := r.SignedIn(t, email)
		forgot(t, r, email)
		first := r.Mail(t, message.ResetPassword)
		forgot(t, r, email)
		second := r.Mail(t, message.ResetPassword)
		if err := r.Accounts.Reset(r.Ctx(), first.Token, next); fault.Of(err) != fault.CodeLinkExpired {
			t.Errorf("RC-02 the older link: got %v, want %s", err, fault.CodeLinkExpired)
		}
		if err := r.Accounts.Reset(r.Ctx(), second.Token, "short"); fault.Of(err) != fault.CodeWeakPassword {
			t.Errorf("PW-05 a weak password: got %v, want %s", err, fault.CodeWeakPassword)
		}
		if err := r.Accounts.Reset(r.Ctx(), second.Token, next); err != nil {
			t.Fatalf("the link works still: got %v, want nil", err)
		}
		if err := r.Accounts.Reset(r.Ctx(), second.Token, next); fault.Of(err) != fault.CodeLinkExpired {
			t.Errorf("RC-02 a second time: got %v, want %s", err, fault.CodeLinkExpired)
		}
		if _, err := r.Sessions.Live(r.Ctx(), u.ID, held.Session.ID); fault.Of(err) != fault.CodeInvalidToken {
			t.Errorf("RC-04 TK-12 the old session: got %v, want it ended", err)
		}
		if all, err := r.Sessions.List(r.Ctx(), u.ID); err != nil || len(all) != 0 {
			t.Errorf("RC-04 got %d sessions, %v, want none: a reset signs nobody in", len(all), err)
		}
		if got := r.Kinds(t); !slices.Equal(got, []message.Kind{message.PasswordChanged}) {
			t.Errorf("AU-07 mails: got %v, want the notice", got)
		}
		if _, err := r.SignIn.Password(r.Ctx(), email, apptest.Password, session.InBody); err == nil {
			t.Error("the old password: got a session")
		}
		if _, err := r.SignIn.Password(r.Ctx(), email, next, session.InBody); err != nil {
			t.Errorf("the new password: got %v, want a session", err)
		}
		for what, kill := range map[string]func() error{
			"RC-02 a changed password kills the link": func() error {
				return r.Accounts.ChangePassword(r.Ctx(), again(t, r, u.ID), "", "a third marble harbour 77")
			},
			"RC-02 it lives for 30 minutes": func() error { r.Clock.Advance(30 * time.Minute); return nil },
			"a disabled account":            func() error { return r.Accounts.Disable(r.Ctx(), u.ID, account.Operator()) },
		} {
			t.Run(what, func(t *testing.T) {
				if err := r.Accounts.Enable(r.Ctx(), u.ID, account.Operator()); err != nil {
					t.Fatal(err)
				}
				r.Mails(t)
				forgot(t, r, email)
				mail := r.Mail(t, message.ResetPassword)
				if err := kill(); err != nil {
					t.Fatal(err)
				}
				if err := r.Accounts.Reset(r.Ctx(), mail.Token, "and a fourth one 5 gulls"); fault.Of(err) != fault.CodeLinkExpired {
					t.Errorf("got %v, want %s", err, fault.CodeLinkExpired)
				}
			})
		}
	})
}

func again(t *testing.T, r *apptest.Rig, id string) account.User {
	t.Helper()
	u, err := r.Store.UserByID(r.Ctx(), id)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

func TestChangePassword(t *testing.T) {
	apptest.OnBoth(t, func(t *testing.T, r *apptest.Rig) {
		u := r.Member(t, email)
		here, there := r.SignedIn(t, email), r.SignedIn(t, email)
		if err := r.Accounts.ChangePassword(r.Ctx(), u, here.Session.ID, next); err != nil {
			t.Fatal(err)
		}
		if _, err := r.Sessions.Live(r.Ctx(), u.ID, here.Session.ID); err != nil {
			t.Errorf("PW-10 this session: got %v, want it open", err)
		}
		got, err := r.Sessions.Refresh(r.Ctx(), there.Refresh)
		if fault.Of(err) != fault.CodeInvalidToken || got.Access != "" {
			t.Errorf("PW-10 TK-12 the other session: got %v, want %s", err, fault.CodeInvalidToken)
		}
		if got := r.Kinds(t); !slices.Equal(got, []message.Kind{message.PasswordChanged}) {
			t.Errorf("PW-10 mails: got %v, want the notice", got)
		}
	})
}

func TestChangeEmail(t *testing.T) {
	const to = "countess@example.org"
	apptest.OnBoth(t, func(t *testing.T, r *apptest.Rig) {
		u := r.Member(t, email)
		r.SignedIn(t, email)
		ask := func() (confirm, undo message.Outgoing) {
			t.Helper()
			if err := r.Accounts.AskEmailChange(r.Ctx(), again(t, r, u.ID), to); err != nil {
				t.Fatal(err)
			}
			for _, m := range r.Mails(t) {
				switch m.To {
				case to:
					confirm = m
				case email:
					undo = m
				}
			}
			return confirm, undo
		}
		confirm, undo := ask()
		if confirm.Token == "" || undo.To != email {
			t.Fatalf("RC-07 got mails %+v and %+v, want one to each mailbox", confirm.Kind, undo.Kind)
		}
		if got := again(t, r, u.ID); got.Email != email {
			t.Errorf("RC-07 OT-09 before the confirmation: got %s, want the old address", got.Email)
		}
		if err := r.Accounts.ConfirmEmailChange(r.Ctx(), confirm.Token); err != nil {
			t.Fatal(err)
		}
		if got := again(t, r, u.ID); got.Email != to || !got.EmailVerified() {
			t.Errorf("RC-07 after it: got %s, want the new address, verified", got.Email)
		}
		if err := r.Accounts.ConfirmEmailChange(r.Ctx(), confirm.Token); fault.Of(err) != fault.CodeLinkExpired {
			t.Errorf("RC-02 a second time: got %v, want %s", err, fault.CodeLinkExpired)
		}
		var back message.Outgoing
		for _, m := range append(r.Mails(t), undo) {
			if m.To == email && m.Token != "" {
				back = m
				break
			}
		}
		if err := r.Accounts.UndoEmailChange(r.Ctx(), back.Token); err != nil {
			t.Fatalf("RC-07 undo by %s: got %v, want nil", back.Kind, err)
		}
		if got := again(t, r, u.ID); got.Email != email {
			t.Errorf("RC-07 after the undo: got %s, want the old address", got.Email)
		}
		if all, err := r.Sessions.List(r.Ctx(), u.ID); err != nil || len(all) != 0 {
			t.Errorf("RC-07 after the undo: got %d sessions, %v, want none", len(all), err)
		}
		t.Run("RC-10 an address that is taken tells nothing", func(t *testing.T) {
			r.Member(t, "bob@example.org")
			if err := r.Accounts.AskEmailChange(r.Ctx(), again(t, r, u.ID), "bob@example.org"); err != nil {
				t.Errorf("got %v, want nil as for any other", err)
			}
		})
	})
}

func TestDelete(t *testing.T) {
	apptest.OnBoth(t, func(t *testing.T, r *apptest.Rig) {
		u := r.Member(t, email)
		r.SignedIn(t, email)
		if err := r.Accounts.Delete(r.Ctx(), u, account.Operator()); err != nil {
			t.Fatal(err)
		}
		if _, err := r.Accounts.Get(r.Ctx(), u.ID); fault.Of(err) != fault.CodeNotFound {
			t.Errorf("got %v, want %s", err, fault.CodeNotFound)
		}
		rows := r.Rows(t)
		if !slices.ContainsFunc(rows, func(e audit.Event) bool { return e.Name == audit.UserDeleted && e.TargetID == u.ID }) {
			t.Errorf("AU-01 got %d rows without %s, want what happened kept", len(rows), audit.UserDeleted)
		}
		register(t, r, email, apptest.Password) // the address is free again
	})
}
