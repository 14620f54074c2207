package main

import (
	"cmp"
	"context"
	"errors"
	"time"

	"github.com/sallyport/sallyport/internal/account"
	"github.com/sallyport/sallyport/internal/app"
	"github.com/sallyport/sallyport/internal/clock"
	"github.com/sallyport/sallyport/internal/fault"
	"github.com/sallyport/sallyport/internal/ident"
	"github.com/sallyport/sallyport/internal/signin"
)

type userCmd struct {
	Create   userCreateCmd   `cmd:"" help:"Add a person; the password is typed, or read from standard input."`
	List     userListCmd     `cmd:"" help:"List people."`
	Show     userShowCmd     `cmd:"" help:"Show one person."`
	Disable  userDisableCmd  `cmd:"" help:"Lock an account and end its sessions."`
	Enable   userEnableCmd   `cmd:"" help:"Unlock an account and clear its failed tries."`
	ResetMFA userResetMFACmd `cmd:"" name:"reset-mfa" help:"Remove every second factor of a person who lost them."`
	Sessions userSessionsCmd `cmd:"" help:"List or end a person's sessions."`
	Import   userImportCmd   `cmd:"" help:"Add people with their password hashes from another system."`
}

// who names a person on the command line.
type who struct {
	User string `arg:"" help:"E-mail address or id."`
}

func (w who) find(ctx context.Context, a *app.App) (account.User, error) {
	var u account.User
	var err error
	if ident.Valid(w.User) {
		u, err = a.Store.UserByID(ctx, w.User)
	} else {
		u, err = a.Store.UserByEmail(ctx, account.CanonicalOrRaw(w.User))
	}
	if fault.Of(err) == fault.CodeNotFound {
		return u, errors.New("there is no such user; `sallyport user list` shows them")
	}
	return u, err
}

// withUser opens the program and finds the person.
func withUser(ctx context.Context, s settings, w who, f func(a *app.App, u account.User) error) error {
	return withApp(ctx, s, func(a *app.App) error {
		u, err := w.find(ctx, a)
		if err != nil {
			return err
		}
		return f(a, u)
	})
}

// withApp opens the program, and takes what f left in the audit log into its
// chain.
func withApp(ctx context.Context, s settings, f func(a *app.App) error) error {
	a, err := s.open(ctx)
	if err != nil {
		return err
	}
	err = explain(f(a))
	if sealed := a.SealAudit(ctx); err == nil {
		err = sealed
	}
	if closed := a.Close(); err == nil {
		err = closed
	}
	return err
}

// explain puts a refusal into the words a client would read.
func explain(err error) error {
	var f *fault.Error
	if !errors.As(err, &f) || f.Code == fault.CodeInternal {
		return err
	}
	text := f.Detail
	if text == "" {
		text = f.Code.Sentence()
	}
	for _, field := range f.Fields {
		text += "\n  " + field.Path + ": " + field.Message
	}
	return errors.New(text)
}

type userCreateCmd struct {
	Email string `arg:"" help:"E-mail address; counts as verified."`
	Name  string `help:"Display name."`
	Admin bool   `help:"Make the person an administrator."`
	// NoPassword leaves the person to choose one by "forgotten password".
	NoPassword bool `help:"Set no password; the person chooses one by the forgotten-password mail."`
}

// Help teaches.
func (userCreateCmd) Help() string {
	return "The password is asked for on a terminal, or is the first line of standard input. It is never an argument: arguments are seen by everybody on the machine.\n\nExample: sallyport user create ada@example.org --admin"
}

func (c userCreateCmd) Run(ctx context.Context, t terminal, s settings) error {
	in := account.Registration{Email: c.Email, Name: c.Name}
	if !c.NoPassword {
		var err error
		if in.Password, err = t.readPassword(ctx); err != nil {
			return err
		}
		if in.Password == "" {
			return errors.New("type a password, or give it as the first line of standard input; use --no-password for none")
		}
	}
	role := account.Member
	if c.Admin {
		role = account.Admin
	}
	return withApp(ctx, s, func(a *app.App) error {
		u, err := a.Accounts.Add(ctx, in, role, account.Operator())
		if err == nil {
			t.printf("created %s %s\n", u.ID, u.Email)
		}
		return err
	})
}

type userListCmd struct {
	After string `help:"Go on after this id." placeholder:"ID"`
	Limit int    `help:"How many at the most." default:"100"`
}

func (c userListCmd) Run(ctx context.Context, t terminal, s settings) error {
	return withApp(ctx, s, func(a *app.App) error {
		all, err := a.Store.ListUsers(ctx, c.After, min(max(c.Limit, 1), 10_000))
		for _, u := range all {
			t.printf("%s  %-6s %-9s %s\n", u.ID, u.Role, state(u), u.Email)
		}
		return err
	})
}

func state(u account.User) string {
	switch {
	case u.Disabled():
		return "disabled"
	case !u.EmailVerified():
		return "unverified"
	default:
		return "active"
	}
}

type userShowCmd struct{ who }

func (c userShowCmd) Run(ctx context.Context, t terminal, s settings) error {
	return withUser(ctx, s, c.who, func(a *app.App, u account.User) error {
		st, err := a.Enrolment.Status(ctx, u)
		if err != nil {
			return err
		}
		t.printf("id            %s\ne-mail        %s\nname          %s\nrole          %s\nstate         %s\ncreated       %s\nlast sign-in  %s\npassword      %t\n",
			u.ID, u.Email, u.Name, u.Role, state(u), u.CreatedAt.Format(time.RFC3339), when(u.LastLoginAt), u.PasswordHash != "")
		for _, f := range st.Factors {
			t.printf("factor        %s %s\n", f.Method, f.Hint())
		}
		t.printf("backup codes  %d left\n", st.BackupCodesLeft)
		if err := showLinked(ctx, t, a, u); err != nil {
			return err
		}
		return showLocks(ctx, t, a, u)
	})
}

// showLinked lists the accounts at providers that open this one.
func showLinked(ctx context.Context, t terminal, a *app.App, u account.User) error {
	linked, err := a.Store.OAuthAccounts(ctx, u.ID)
	for _, l := range linked {
		t.printf("linked        %s %s, last used %s\n", l.Provider, cmp.Or(l.Email, l.Subject), when(l.LastUsedAt))
	}
	return err
}

// showLocks says what keeps the person out, by an operator's hand or by failed
// tries.
func showLocks(ctx context.Context, t terminal, a *app.App, u account.User) error {
	if u.Disabled() {
		t.printf("locked        by an administrator since %s\n", when(u.DisabledAt))
	}
	failing, err := a.Store.Counters(ctx, u.ID, clock.System(), signin.DefaultCurve)
	for _, c := range failing {
		end := "goes on"
		switch {
		case c.Hard:
			end = "stopped until `sallyport user enable`"
		case !c.LockedUntil.IsZero():
			end = "rests until " + when(c.LockedUntil)
		}
		t.printf("failed tries  %s %d in a row, %s\n", c.Factor, c.Failures, end)
	}
	return err
}

func when(t time.Time) string {
	if t.IsZero() {
		return "never"
	}
	return t.Format(time.RFC3339)
}

type userDisableCmd struct{ who }

func (c userDisableCmd) Run(ctx context.Context, t terminal, s settings) error {
	return withUser(ctx, s, c.who, func(a *app.App, u account.User) error {
		err := a.Accounts.Disable(ctx, u.ID, account.Operator())
		if err == nil {
			t.printf("disabled %s; its sessions end on every node within seconds\n", u.Email)
		}
		return err
	})
}

type userEnableCmd struct{ who }

func (c userEnableCmd) Run(ctx context.Context, t terminal, s settings) error {
	return withUser(ctx, s, c.who, func(a *app.App, u account.User) error {
		err := a.Accounts.Enable(ctx, u.ID, account.Operator())
		if err == nil {
			t.printf("enabled %s\n", u.Email)
		}
		return err
	})
}

type userResetMFACmd struct{ who }

func (c userResetMFACmd) Run(ctx context.Context, t terminal, s settings) error {
	return withUser(ctx, s, c.who, func(a *app.App, u account.User) error {
		err := a.Accounts.ResetFactors(ctx, u.ID, account.Operator())
		if err == nil {
			t.printf("removed every second factor of %s, who is told by mail\n", u.Email)
		}
		return err
	})
}

type userSessionsCmd struct {
	who
	End bool `help:"End them all."`
}

func (c userSessionsCmd) Run(ctx context.Context, t terminal, s settings) error {
	return withUser(ctx, s, c.who, func(a *app.App, u account.User) error {
		all, err := a.Sessions.List(ctx, u.ID)
		if err != nil {
			return err
		}
		for _, n := range all {
			t.printf("%s  %s  since %s  %s  %s\n", n.ID, n.Level, n.CreatedAt.Format(time.RFC3339), n.IP, n.UserAgent)
		}
		if !c.End {
			return nil
		}
		t.printf("ending %d sessions\n", len(all))
		return a.Sessions.EndByOperator(ctx, u.ID)
	})
}
