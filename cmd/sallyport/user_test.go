package main

import (
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/sallyport/sallyport/internal/account"
	"github.com/sallyport/sallyport/internal/app"
	"github.com/sallyport/sallyport/internal/audit"
	"github.com/sallyport/sallyport/internal/clock"
	"github.com/sallyport/sallyport/internal/ident"
	"github.com/sallyport/sallyport/internal/onetime"
	"github.com/sallyport/sallyport/internal/proof"
	"github.com/sallyport/sallyport/internal/provider"
	"github.com/sallyport/sallyport/internal/signin"
)

// TestUserShow shows somebody with linked accounts and every kind of lock, before
// and after `user enable`.
func TestUserShow(t *testing.T) {
	s := settings{environ: []string{"DATABASE_URL=sqlite:" + filepath.Join(t.TempDir(), "x.db"), "SECRET_KEY=Zq7v0Y1m3o5Kc8Xw2Rt6Ub4Ne9Lp1Js0Hd5Ga7Fi3k8"}}
	var u account.User
	err := withApp(t.Context(), s, func(a *app.App) (err error) {
		u, err = a.Accounts.Add(t.Context(), account.Registration{Email: "ada@example.org", Password: "marmalade heron umbrella 42"}, account.Member, account.Operator())
		if err != nil {
			return err
		}
		link(t, a, u, "google", "ada@gmail.com")
		link(t, a, u, "github", "")
		fail(t, a, u, proof.TOTP, 2)
		fail(t, a, u, proof.Password, 5)
		fail(t, a, u, proof.BackupCode, signin.DefaultCurve.Hard)
		return a.Accounts.Disable(t.Context(), u.ID, account.Operator())
	})
	if err != nil {
		t.Fatal(err)
	}
	shown := func() string {
		var out strings.Builder
		if err := (userShowCmd{who{u.Email}}).Run(t.Context(), terminal{strings.NewReader(""), &out, &out}, s); err != nil {
			t.Fatal(err)
		}
		return out.String()
	}
	locks := []string{
		`locked        by an administrator since \d{4}-`,
		"failed tries  totp 2 in a row, goes on\n",
		`failed tries  password 5 in a row, rests until \d{4}-`,
		"failed tries  backup_code 100 in a row, stopped until `sallyport user enable`\n",
	}
	accounts := []string{`linked        google ada@gmail.com, last used never\n`, `linked        github subject of github, last used never\n`}
	got := shown()
	for _, want := range append(locks, accounts...) {
		if !regexp.MustCompile(want).MatchString(got) {
			t.Errorf("RL-01 got\n%s\nwant %q", got, want)
		}
	}
	if err := (userEnableCmd{who{u.Email}}).Run(t.Context(), terminal{strings.NewReader(""), &strings.Builder{}, &strings.Builder{}}, s); err != nil {
		t.Fatal(err)
	}
	got = shown()
	for _, gone := range locks {
		if regexp.MustCompile(gone).MatchString(got) {
			t.Errorf("after `user enable`: got\n%s\nwant no %q", got, gone)
		}
	}
}

// link links an account at a provider, as a finished sign-in there does.
func link(t *testing.T, a *app.App, u account.User, name, email string) {
	t.Helper()
	now := clock.System()
	code := onetime.Token{Kind: onetime.Handover, Hash: []byte(name), CreatedAt: now, ExpiresAt: now.Add(60e9), Data: []byte("{}")}
	if err := a.Store.IssueOneTime(t.Context(), code, audit.Trail{}); err != nil {
		t.Fatal(err)
	}
	_, touched, err := a.Store.LinkAccount(t.Context(), code.Hash, provider.Linking{User: u, Asked: true, Account: provider.Account{
		ID: ident.New(), UserID: u.ID, Provider: name, Issuer: "https://" + name + ".example", Subject: "subject of " + name, Email: email, CreatedAt: now, UpdatedAt: now,
	}}, audit.Trail{})
	if err != nil || !touched {
		t.Fatalf("link %s: got %v, error %v", name, touched, err)
	}
}

// fail counts n failures in a row: a day apart, so that none meets a rest, the
// last of them now.
func fail(t *testing.T, a *app.App, u account.User, m proof.Method, n int) {
	t.Helper()
	now := clock.System()
	for i := range n {
		c, err := a.Store.CountAttempt(t.Context(), u.ID, m, now.AddDate(0, 0, i-n+1), signin.DefaultCurve)
		if err != nil || !c.Evaluate {
			t.Fatalf("failure %d of %s: got %+v, error %v", i+1, m, c, err)
		}
	}
}
