package provider

import (
	"context"
	"maps"

	"github.com/sallyport/sallyport/internal/account"
	"github.com/sallyport/sallyport/internal/audit"
	"github.com/sallyport/sallyport/internal/fault"
	"github.com/sallyport/sallyport/internal/ident"
	"github.com/sallyport/sallyport/internal/message"
	"github.com/sallyport/sallyport/internal/onetime"
	"github.com/sallyport/sallyport/internal/proof"
)

// act carries a decision out. The code is spent in the same transaction as
// whatever changes, so that a failure leaves it good for another try.
func (h *Host) act(ctx context.Context, hash []byte, tok onetime.Token, c carried, f Facts, d Decision) (Result, error) {
	now := h.Clock()
	a := Account{
		ID: ident.New(), Provider: c.Provider, Issuer: c.Identity.Issuer, Subject: c.Identity.Subject, Email: f.Address.Display,
		EmailVerified: c.Identity.EmailVerified, Tokens: c.Identity.Tokens, CreatedAt: now, UpdatedAt: now,
	}
	if f.Known != nil {
		a = a.after(*f.Known, h.KeepTokens)
	}
	r := Result{Verdict: d.Verdict, Provider: c.Provider, Linking: f.Linker != nil}
	r.Proof = proof.Proof{Method: proof.OAuth, Ref: c.Provider, Multi: c.Identity.Multi}
	if d.User != nil {
		r.User, a.UserID = *d.User, d.User.ID
	}
	var err error
	switch {
	case d.Verdict == NeedsProof && !c.Identity.EmailVerified && h.VerifiedEmail:
		return h.conceal(ctx, hash, f, a, d)
	case d.Verdict == Created:
		r.User, r.Account, err = h.create(ctx, hash, f, a, d)
	case d.Verdict == Linked && d.Reason != ReasonAlready:
		r.User, r.Account, err = h.link(ctx, hash, a, d, tok.SessionID)
	case d.Verdict == SignedIn, d.Verdict == Linked:
		a.LastUsedAt = now
		r.Account, err = a, h.use(ctx, hash, a, d)
	default:
		r.User, r.Proof = account.User{}, proof.Proof{}
		r.Proofs, err = h.refuse(ctx, hash, f, a, d)
	}
	return r, err
}

// after returns what a holds once it is written over the account that is there.
func (a Account) after(known Account, keepTokens bool) Account {
	a.ID, a.CreatedAt = known.ID, known.CreatedAt
	if keepTokens && a.Tokens.Refresh == "" { // many providers bring it once only
		a.Tokens.Refresh = known.Tokens.Refresh
	}
	return a
}

// note is the audit event of a decision.
func (h *Host) note(ctx context.Context, name audit.Name, result audit.Result, d Decision, a Account) audit.Event {
	e := h.event(ctx, name, result, a.UserID, a.Provider)
	maps.Copy(e.Details, map[string]string{"decision": string(d.Verdict), "issuer": a.Issuer})
	if e.Reason = d.Reason; e.Reason == "" {
		e.Reason = string(d.Verdict)
	}
	return e
}

// create adds the user. An address the provider has not verified gets a mail
// link, as a sign-up does.
func (h *Host) create(ctx context.Context, hash []byte, f Facts, a Account, d Decision) (account.User, Account, error) {
	name, err := account.CleanName(f.Identity.Name)
	if err != nil {
		name = "" // a name that cannot be shown is none
	}
	now := h.Clock()
	u := account.NewUser(f.Address, name, account.Member, "", now)
	a.UserID, a.LastUsedAt = u.ID, now
	trail := audit.Of(h.note(ctx, audit.UserCreated, audit.Success, d, a), h.note(ctx, audit.AccountLinked, audit.Success, d, a))
	var link *onetime.Token
	if f.Identity.EmailVerified {
		u.EmailVerifiedAt = now
	} else {
		if err := h.AllowMail(ctx, u.Canonical); err != nil {
			return u, a, err
		}
		tok, mail := h.VerifyLink(u, now)
		link, trail = &tok, trail.Telling(mail)
	}
	defer h.Nudge()
	touched, err := h.Store.SignUpWithProvider(ctx, hash, u, a, link, trail)
	return u, a, spent(touched, err)
}

// link adds the identity to a user, cleaning up first where nobody has shown to
// own the account.
func (h *Host) link(ctx context.Context, hash []byte, a Account, d Decision, sessionID string) (account.User, Account, error) {
	u := *d.User
	l := Linking{Account: a, User: u, Asked: sessionID != "", SessionID: sessionID}
	e := h.note(ctx, audit.AccountLinked, audit.Success, d, a)
	if d.CleanUp {
		ending := h.Sessions.Ending(u.ID, "", "account_taken_over")
		l.CleanUp = &ending
		e.Details["cleaned_up"] = "true"
	}
	defer h.Nudge()
	revs, touched, err := h.Store.LinkAccount(ctx, hash, l, audit.Of(e).Telling(h.notice(message.AccountLinked, u, a.Provider)))
	if err := spent(touched, err); err != nil {
		return u, a, err
	}
	h.Sessions.Announce(ctx, revs...)
	if d.CleanUp {
		u, err = h.Store.UserByID(ctx, u.ID)
	}
	return u, a, err
}

func (h *Host) notice(k message.Kind, u account.User, provider string) message.Outgoing {
	m := message.ToMail(k, u.ID, u.Email)
	m.Data = map[string]string{"provider": provider}
	return m
}

// use notes a sign-in. One whose address is still to be proved counts as another
// mail to it, as the same sign-in does where the address has an account (RC-10).
func (h *Host) use(ctx context.Context, hash []byte, a Account, d Decision) error {
	if h.VerifiedEmail && !d.User.EmailVerified() {
		if err := h.AllowMail(ctx, d.User.Canonical); err != nil {
			return err
		}
	}
	touched, err := h.Store.UseAccount(ctx, hash, a, audit.Of(h.note(ctx, audit.FactorSuccess, audit.Success, d, a)))
	return spent(touched, err)
}

// spent turns what the store says about the code into an error.
func spent(touched bool, err error) error {
	if fault.Of(err) == fault.CodeConflict {
		return errOvertaken
	}
	if err == nil && !touched {
		return fault.New(fault.CodeAttemptExpired)
	}
	return err
}

// conceal answers whoever has shown the mailbox to nobody, and says the same
// whether or not the address has an account; its owner hears of it (RC-10). It
// does what create does, in as many steps, and returns a user who is nobody:
// package signin refuses that one as it refuses any whose address is not proved.
func (h *Host) conceal(ctx context.Context, hash []byte, f Facts, a Account, d Decision) (Result, error) {
	if as := h.Rules.admit(f); as.Verdict != Created {
		return Result{}, h.spend(ctx, hash, h.note(ctx, audit.LoginFail, audit.Failure, d, a), as)
	}
	if err := h.AllowMail(ctx, f.Address.Canonical); err != nil {
		return Result{}, err
	}
	now, taken := h.Clock(), h.note(ctx, audit.UserCreated, audit.Failure, d, a)
	taken.Reason = "address_taken"
	m := message.ToMail(message.AlreadyHave, d.User.ID, d.User.Email)
	m.Link = h.SignInPage
	var unsent [2]onetime.Token
	for i := range unsent {
		unsent[i], _ = h.VerifyLink(account.NewUser(f.Address, "", account.Member, "", now), now)
	}
	trail := audit.Of(h.note(ctx, audit.LoginFail, audit.Failure, d, a), taken).Telling(m)
	defer h.Nudge()
	touched, err := h.Store.TakenAtProvider(ctx, hash, d.User.ID, unsent, trail)
	return Result{Verdict: Created, Provider: a.Provider, Proof: proof.Proof{Method: proof.OAuth, Ref: a.Provider}}, spent(touched, err)
}

// refuse spends the code and says what can be done instead.
func (h *Host) refuse(ctx context.Context, hash []byte, f Facts, a Account, d Decision) ([]string, error) {
	name := audit.LoginFail
	if f.Linker != nil {
		name = audit.AccountLinked
	}
	err := h.spend(ctx, hash, h.note(ctx, name, audit.Failure, d, a), d)
	if d.Verdict == NeedsProof && err == nil {
		return h.ways(ctx, *d.User)
	}
	return nil, err
}

// spend spends the code for a decision that changes nothing, and returns what the
// person hears, which is nil where there is a way on.
func (h *Host) spend(ctx context.Context, hash []byte, e audit.Event, d Decision) error {
	touched, err := h.Store.SpendHandover(ctx, hash, h.Clock(), audit.Of(e))
	if err := spent(touched, err); err != nil {
		return err
	}
	if d.Verdict == NeedsProof {
		return nil
	}
	return refusal(d)
}

// refusal is what a person hears who is not let in.
func refusal(d Decision) error {
	switch d.Reason {
	case ReasonOtherUser:
		return fault.New(fault.CodeConflict).WithDetail("This identity is linked to another account here. Unlink it there first.")
	case ReasonDisabled:
		return fault.New(fault.CodeInvalidCredentials)
	case ReasonNoEmail:
		return fault.New(fault.CodeForbidden).WithDetail("The provider named no usable e-mail address. Share one with this site, or sign up with a password.")
	case ReasonSignUpOff:
		return fault.New(fault.CodeForbidden).WithDetail("There is no account for this identity, and new ones are not made here. Ask an administrator to add you.")
	default:
		return fault.New(fault.CodeForbidden).WithDetail("New accounts are made here only for verified e-mail addresses of certain domains.")
	}
}

// ways lists how the owner of an existing account can sign in to it.
func (h *Host) ways(ctx context.Context, u account.User) ([]string, error) {
	var out []string
	if u.PasswordHash != "" {
		out = append(out, string(proof.Password))
	}
	passkey, err := h.HasPasskey(ctx, u.ID)
	if err != nil {
		return nil, err
	}
	if passkey {
		out = append(out, string(proof.Passkey))
	}
	linked, err := h.Store.OAuthAccounts(ctx, u.ID)
	for _, l := range linked {
		if _, ok := h.Registry.Find(l.Provider); ok {
			out = append(out, string(proof.OAuth)+":"+l.Provider)
		}
	}
	return out, err
}
