package account_test

import (
	"slices"
	"testing"
	"time"

	"github.com/sallyport/sallyport/internal/account"
	"github.com/sallyport/sallyport/internal/apptest"
	"github.com/sallyport/sallyport/internal/audit"
	"github.com/sallyport/sallyport/internal/factor"
	"github.com/sallyport/sallyport/internal/factor/totp"
	"github.com/sallyport/sallyport/internal/fault"
	"github.com/sallyport/sallyport/internal/message"
	"github.com/sallyport/sallyport/internal/proof"
	"github.com/sallyport/sallyport/internal/storetest"
)

const moved = "countess@example.org"

// change asks for another address and returns the mail to each.
func change(t *testing.T, r *apptest.Rig, u account.User, to string) (confirm, stop message.Outgoing) {
	t.Helper()
	if err := r.Accounts.AskEmailChange(r.Ctx(), u, to); err != nil {
		t.Fatal(err)
	}
	for _, m := range r.Mails(t) {
		switch m.To {
		case to:
			confirm = m
		case u.Email:
			stop = m
		}
	}
	return confirm, stop
}

func TestStopEmailChange(t *testing.T) {
	apptest.OnBoth(t, func(t *testing.T, r *apptest.Rig) {
		u := r.Member(t, email)
		held := r.SignedIn(t, email)
		confirm, stop := change(t, r, u, moved)
		if confirm.Kind != message.ConfirmEmail || stop.Kind != message.EmailChanging || stop.Token == "" {
			t.Fatalf("RC-07 got %s and %s, want a confirmation and a link that stops it", confirm.Kind, stop.Kind)
		}
		if err := r.Accounts.UndoEmailChange(r.Ctx(), confirm.Token); fault.Of(err) != fault.CodeLinkExpired {
			t.Errorf("RC-07 the new mailbox's link as the old one's: got %v, want %s", err, fault.CodeLinkExpired)
		}
		if err := r.Accounts.ConfirmEmailChange(r.Ctx(), stop.Token); fault.Of(err) != fault.CodeLinkExpired {
			t.Errorf("RC-07 the old mailbox's link as the new one's: got %v, want %s", err, fault.CodeLinkExpired)
		}
		if err := r.Accounts.UndoEmailChange(r.Ctx(), stop.Token); err != nil {
			t.Fatalf("RC-07 stopped before it was confirmed: got %v, want nil", err)
		}
		for what, err := range map[string]error{
			"RC-07 the confirmation after that": r.Accounts.ConfirmEmailChange(r.Ctx(), confirm.Token),
			"RC-02 the same link twice":         r.Accounts.UndoEmailChange(r.Ctx(), stop.Token),
		} {
			if fault.Of(err) != fault.CodeLinkExpired {
				t.Errorf("%s: got %v, want %s", what, err, fault.CodeLinkExpired)
			}
		}
		if got := again(t, r, u.ID); got.Email != email {
			t.Errorf("RC-07 got %s, want the address as it was", got.Email)
		}
		if _, err := r.Sessions.Live(r.Ctx(), u.ID, held.Session.ID); err != nil {
			t.Errorf("the session: got %v, want it open, for nothing changed", err)
		}
	})
}

func TestEmailChangeLapses(t *testing.T) {
	apptest.OnBoth(t, func(t *testing.T, r *apptest.Rig) {
		u := r.Member(t, email)
		refused := func(what, token string) {
			t.Helper()
			if err := r.Accounts.ConfirmEmailChange(r.Ctx(), token); fault.Of(err) != fault.CodeLinkExpired {
				t.Errorf("%s: got %v, want %s", what, err, fault.CodeLinkExpired)
			}
		}
		first, _ := change(t, r, u, "first@example.org")
		confirm, _ := change(t, r, u, moved)
		refused("RC-02 a newer wish kills the older", first.Token)
		r.Clock.Advance(24 * time.Hour)
		refused("RC-02 after a day", confirm.Token)
		confirm, _ = change(t, r, u, moved)
		r.Member(t, moved)
		refused("RC-10 the address was taken meanwhile", confirm.Token)
		confirm, _ = change(t, r, u, "third@example.org")
		if err := r.Accounts.Delete(r.Ctx(), u, account.Self(u)); err != nil {
			t.Fatal(err)
		}
		refused("the account is gone", confirm.Token)
		for what, to := range map[string]string{"the same address": "ADA@example.org", "no address": "rubbish"} {
			if err := r.Accounts.AskEmailChange(r.Ctx(), u, to); fault.Of(err) != fault.CodeInvalidRequest {
				t.Errorf("%s: got %v, want %s", what, err, fault.CodeInvalidRequest)
			}
		}
	})
}

func TestEmailChangeKillsResetLinks(t *testing.T) {
	apptest.OnBoth(t, func(t *testing.T, r *apptest.Rig) {
		u := r.Member(t, email)
		forgot(t, r, email)
		reset := r.Mail(t, message.ResetPassword)
		confirm, _ := change(t, r, u, moved)
		if err := r.Accounts.ConfirmEmailChange(r.Ctx(), confirm.Token); err != nil {
			t.Fatal(err)
		}
		if err := r.Accounts.Reset(r.Ctx(), reset.Token, next); fault.Of(err) != fault.CodeLinkExpired {
			t.Errorf("RC-02 a link in the old mailbox: got %v, want %s", err, fault.CodeLinkExpired)
		}
	})
}

// TestLinksOfOneKind shows each kind of link at every other door.
func TestLinksOfOneKind(t *testing.T) {
	r := apptest.Open(t, storetest.SQLite(t))
	u := r.Member(t, email)
	register(t, r, "new@example.org", apptest.Password)
	links := map[string]string{"verify": r.Mail(t, message.VerifyEmail).Token}
	forgot(t, r, email)
	links["reset"] = r.Mail(t, message.ResetPassword).Token
	confirm, stop := change(t, r, u, moved)
	links["confirm"], links["undo"], links["refresh"] = confirm.Token, stop.Token, r.SignedIn(t, email).Refresh
	doors := map[string]func(token string) error{
		"verify":  func(token string) error { _, err := r.Accounts.VerifyEmail(r.Ctx(), token); return err },
		"reset":   func(token string) error { return r.Accounts.Reset(r.Ctx(), token, next) },
		"confirm": func(token string) error { return r.Accounts.ConfirmEmailChange(r.Ctx(), token) },
		"undo":    func(token string) error { return r.Accounts.UndoEmailChange(r.Ctx(), token) },
	}
	for door, open := range doors {
		for kind, token := range links {
			if kind == door {
				continue
			}
			if err := open(token); fault.Of(err) != fault.CodeLinkExpired {
				t.Errorf("TK-03 a link to %s at the door of %s: got %v, want %s", kind, door, err, fault.CodeLinkExpired)
			}
		}
	}
}

func TestContextWords(t *testing.T) {
	r := apptest.Open(t, storetest.SQLite(t), "APP_NAME=Hawthorn Ledgers")
	u, err := r.Accounts.Add(r.Ctx(), account.Registration{Email: "quentin.marlowe@example.org", Name: "Quentin Barnaby Marlowe"}, account.Member, account.Operator())
	if err != nil {
		t.Fatal(err)
	}
	for what, password := range map[string]string{
		"the address":              "quentin.marlowe@example.org",
		"what stands before the @": "Quentin.Marlowe1",
		"the name":                 "Quentin Barnaby Marlowe",
		"the product":              "hawthorn ledgers",
	} {
		if err := r.Accounts.ChangePassword(r.Ctx(), u, "", password); fault.Of(err) != fault.CodeWeakPassword {
			t.Errorf("PW-05 %s: got %v, want %s", what, err, fault.CodeWeakPassword)
		}
	}
	if err := r.Accounts.ChangePassword(r.Ctx(), u, "", next); err != nil {
		t.Errorf("another: got %v, want nil", err)
	}
}

func TestRoleAndName(t *testing.T) {
	apptest.OnBoth(t, func(t *testing.T, r *apptest.Rig) {
		u := r.Member(t, email)
		held := r.SignedIn(t, email)
		if err := r.Accounts.Rename(r.Ctx(), u.ID, " Ada\tL ", account.Self(u)); fault.Of(err) != fault.CodeInvalidRequest {
			t.Errorf("a name with a tab: got %v, want %s", err, fault.CodeInvalidRequest)
		}
		if err := r.Accounts.Rename(r.Ctx(), u.ID, " Ada L ", account.Self(u)); err != nil || again(t, r, u.ID).Name != "Ada L" {
			t.Errorf("got %q, %v, want the name trimmed", again(t, r, u.ID).Name, err)
		}
		chief := account.Actor{ID: r.Member(t, "chief@example.org").ID, Kind: "admin"}
		if err := r.Accounts.SetRole(r.Ctx(), u.ID, account.Admin, chief); err != nil || !again(t, r, u.ID).IsAdmin() {
			t.Errorf("got %v, want an administrator", err)
		}
		if _, err := r.Sessions.Live(r.Ctx(), u.ID, held.Session.ID); fault.Of(err) != fault.CodeInvalidToken {
			t.Errorf("TK-10 the old role's session: got %v, want it ended", err)
		}
		rows := r.Rows(t)
		if e := rows[len(rows)-1]; e.Name != audit.PrivilegeChanged || e.ActorID != chief.ID || e.TargetID != u.ID || e.Details["role"] != "admin" {
			t.Errorf("AU-02 got %+v, want who changed whom", e)
		}
	})
}

// TestResetFactors is the help for somebody who lost every factor.
func TestResetFactors(t *testing.T) {
	apptest.OnBoth(t, func(t *testing.T, r *apptest.Rig) {
		u := r.Member(t, email)
		held := r.SignedIn(t, email)
		chief := account.Actor{ID: r.Member(t, "chief@example.org").ID, Kind: "admin"}
		if err := r.Accounts.ResetFactors(r.Ctx(), u.ID, chief); err != nil {
			t.Fatal(err)
		}
		if _, err := r.Sessions.Live(r.Ctx(), u.ID, held.Session.ID); fault.Of(err) != fault.CodeInvalidToken {
			t.Errorf("MF-08 TK-12 the session: got %v, want it ended", err)
		}
		if got := r.Kinds(t); !slices.Contains(got, message.FactorRemoved) {
			t.Errorf("MF-08 AU-07 mails: got %v, want the user told", got)
		}
		rows := r.Rows(t)
		if !slices.ContainsFunc(rows, func(e audit.Event) bool {
			return e.Name == audit.FactorRemoved && e.ActorID == chief.ID && e.Reason == "reset_by_admin"
		}) {
			t.Errorf("MF-08 got %+v, want who did it written down", rows[len(rows)-1])
		}
		if err := r.Accounts.ResetFactors(r.Ctx(), chief.ID+"x", chief); fault.Of(err) != fault.CodeNotFound {
			t.Errorf("nobody: got %v, want %s", err, fault.CodeNotFound)
		}
	})
}

// TestResetAndSecondFactor shows that a new password is no way around the app.
func TestResetAndSecondFactor(t *testing.T) {
	apptest.OnBoth(t, func(t *testing.T, r *apptest.Rig) {
		u := r.Member(t, email)
		codes := backupCodes(t, r, u)
		forgot(t, r, email)
		if err := r.Accounts.Reset(r.Ctx(), r.Mail(t, message.ResetPassword).Token, apptest.Password+" again"); err != nil {
			t.Fatal(err)
		}
		if err := r.Accounts.ChangePassword(r.Ctx(), again(t, r, u.ID), "", apptest.Password); err != nil {
			t.Fatal(err)
		}
		if _, err := r.Answer(t, email, proof.TOTP, "000000"); fault.Of(err) != fault.CodeInvalidCode { // it waits for a second factor
			t.Errorf("RC-04 a wrong code: got %v, want %s", err, fault.CodeInvalidCode)
		}
		r.SignedInWith(t, email, proof.BackupCode, codes[0])
	})
}

// backupCodes sets an authenticator app up and returns the codes beside it.
func backupCodes(t *testing.T, r *apptest.Rig, u account.User) []string {
	t.Helper()
	if _, err := r.Enrolment.SetupTOTP(r.Ctx(), u, ""); err != nil {
		t.Fatal(err)
	}
	all, err := r.Store.Enrolments(r.Ctx(), u.ID, r.Clock.Now())
	if err != nil || len(all) != 1 {
		t.Fatalf("got %d apps, %v, want one", len(all), err)
	}
	code, err := totp.Code(all[0].Secret, r.Clock.Now().Unix()/30)
	if err != nil {
		t.Fatal(err)
	}
	codes, _, err := r.Enrolment.ConfirmTOTP(r.Ctx(), factor.Subject{}, u, code)
	if err != nil {
		t.Fatal(err)
	}
	return codes
}
