package enrolment

import (
	"context"
	"encoding/base64"
	"errors"
	"strings"
	"unicode/utf8"

	"github.com/sallyport/sallyport/internal/account"
	"github.com/sallyport/sallyport/internal/audit"
	"github.com/sallyport/sallyport/internal/factor"
	"github.com/sallyport/sallyport/internal/fault"
	"github.com/sallyport/sallyport/internal/message"
	"github.com/sallyport/sallyport/internal/proof"
	"github.com/sallyport/sallyport/internal/session"
)

// PasskeyStore is what passkeys need of the database; each method is one
// transaction.
type PasskeyStore interface {
	// Passkeys returns the user's passkeys, oldest first.
	Passkeys(ctx context.Context, userID string) ([]factor.Passkey, error)
	// AddPasskey adds one, with fresh backup codes where there are any;
	// fault.CodeAlreadyEnrolled for a credential that anybody has. unless is that of
	// factor.Confirmation.
	AddPasskey(ctx context.Context, p factor.Passkey, codes []factor.BackupCode, most int, unless []proof.Method, t audit.Trail) error
	// RenamePasskey sets the user's word for one, or returns fault.CodeNotFound.
	RenamePasskey(ctx context.Context, userID, id, name string, t audit.Trail) error
	// RemovePasskey removes one and ends sessions, unless the user cannot do
	// without.
	RemovePasskey(ctx context.Context, r factor.PasskeyRemoval, e session.Ending, t audit.Trail) ([]session.Revocation, error)
}

// Ceremonies register passkeys.
type Ceremonies interface {
	// BeginRegistration returns what the browser needs to make a passkey.
	BeginRegistration(ctx context.Context, s factor.Subject, u account.User) (any, error)
	// FinishRegistration verifies what it made, as JSON, and returns the passkey to
	// store with the proof that it is; a factor.Wrong for one that is refused.
	FinishRegistration(ctx context.Context, s factor.Subject, u account.User, response []byte) (factor.Passkey, proof.Proof, error)
}

// maxPasskeys bounds the passkeys of one user.
const maxPasskeys = 20

// BeginPasskey begins to add a passkey. fault.CodeNotFound where this server has
// none.
func (s *Service) BeginPasskey(ctx context.Context, sub factor.Subject, u account.User) (any, error) {
	if s.Ceremonies == nil {
		return nil, errNoPasskeys()
	}
	return s.Ceremonies.BeginRegistration(ctx, sub, u)
}

func errNoPasskeys() error {
	return fault.New(fault.CodeNotFound).WithDetail("This server does not offer passkeys.")
}

// FinishPasskey adds the passkey that the browser made, under that name or, where
// it is empty, the name of its authenticator. With the user's first factor it
// returns fresh backup codes. The user is told (AU-07); the proof is returned for
// the sign-in or session that goes on.
func (s *Service) FinishPasskey(ctx context.Context, sub factor.Subject, u account.User, name string, response []byte) (factor.Passkey, []string, proof.Proof, error) {
	fail := func(err error) (factor.Passkey, []string, proof.Proof, error) {
		return factor.Passkey{}, nil, proof.Proof{}, err
	}
	if s.Ceremonies == nil {
		return fail(errNoPasskeys())
	}
	name, err := passkeyName(name)
	if err != nil {
		return fail(err)
	}
	p, shown, err := s.Ceremonies.FinishRegistration(ctx, sub, u, response)
	if err != nil {
		return fail(s.refusedPasskey(ctx, sub, u, err))
	}
	if name != "" {
		p.Name = name
	}
	all, err := s.factors(ctx, u.ID)
	if err != nil {
		return fail(err)
	}
	var c factor.Confirmation
	codes, err := s.firstCodes(ctx, u.ID, all, &c)
	if err != nil {
		return fail(err)
	}
	e := audit.New(ctx, p.CreatedAt, audit.FactorAdded, audit.Success, u.ID)
	e.Factor, e.SessionID = string(proof.Passkey), sub.SessionID
	e.Details = map[string]string{"passkey": p.ID, "name": p.Name, "aaguid": p.AAGUID}
	defer s.Nudge()
	err = s.PasskeyStore.AddPasskey(ctx, p, c.BackupCodes, maxPasskeys, s.unless(sub), audit.Of(e).Telling(s.toldOfPasskey(ctx, u, message.FactorAdded, all)...))
	if err != nil {
		return fail(err)
	}
	return p, codes, shown, nil
}

// refusedPasskey writes down why a registration was refused and returns what the
// client hears.
func (s *Service) refusedPasskey(ctx context.Context, sub factor.Subject, u account.User, err error) error {
	var w factor.Wrong
	if !errors.As(err, &w) {
		return err
	}
	e := audit.New(ctx, s.Clock(), audit.FactorFail, audit.Failure, u.ID)
	e.Factor, e.SessionID, e.Reason = string(proof.Passkey), sub.SessionID, w.Reason
	if err := s.Store.Record(ctx, audit.Of(e)); err != nil {
		return err
	}
	return w.Answer
}

func passkeyName(name string) (string, error) {
	name = strings.TrimSpace(name)
	if utf8.RuneCountInString(name) > maxFactorName {
		return "", fault.InvalidField("name", "Use at most 50 characters.", "too_long")
	}
	return name, nil
}

// Passkeys lists the user's passkeys, oldest first.
func (s *Service) Passkeys(ctx context.Context, u account.User) ([]factor.Passkey, error) {
	return s.PasskeyStore.Passkeys(ctx, u.ID)
}

// RenamePasskey sets the user's word for a passkey.
func (s *Service) RenamePasskey(ctx context.Context, u account.User, sessionID, id, name string) error {
	name, err := passkeyName(name)
	if err == nil && name == "" {
		err = fault.InvalidField("name", "Enter a name.", "required")
	}
	if err != nil {
		return err
	}
	e := audit.New(ctx, s.Clock(), audit.UserUpdated, audit.Success, u.ID)
	e.Factor, e.SessionID, e.Reason = string(proof.Passkey), sessionID, "passkey_name"
	e.Details = map[string]string{"passkey": id}
	return s.PasskeyStore.RenamePasskey(ctx, u.ID, id, name, audit.Of(e))
}

// RemovePasskey removes a passkey and ends the user's other sessions (MF-04). The
// last way to sign in stays (fault.CodeLastSignInMethod), and the last second
// factor while policy demands one (fault.CodeLastFactor).
func (s *Service) RemovePasskey(ctx context.Context, u account.User, sessionID, id string) error {
	ending := s.Sessions.Ending(u.ID, sessionID, "factor_removed")
	e := audit.New(ctx, ending.At, audit.FactorRemoved, audit.Success, u.ID)
	e.Factor, e.SessionID, e.Details = string(proof.Passkey), sessionID, map[string]string{"passkey": id}
	held, err := s.factors(ctx, u.ID)
	if err != nil {
		return err
	}
	defer s.Nudge()
	revs, err := s.PasskeyStore.RemovePasskey(ctx, factor.PasskeyRemoval{
		ID: id, UserID: u.ID, KeepSecond: s.Policy.Requires(string(u.Role)), Usable: s.Policy.Methods, Providers: s.Providers(),
	}, ending, audit.Of(e).Telling(s.toldOfPasskey(ctx, u, message.FactorRemoved, held)...))
	if err != nil {
		return err
	}
	s.Sessions.Announce(ctx, revs...)
	return nil
}

func (s *Service) toldOfPasskey(ctx context.Context, u account.User, k message.Kind, held []factor.Enrolment) []message.Outgoing {
	return s.notices(ctx, u, k, map[string]string{"factor": string(proof.Passkey)}, held)
}

// factors lists everything the user has set up or is setting up, passkeys
// included.
func (s *Service) factors(ctx context.Context, userID string) ([]factor.Enrolment, error) {
	all, err := s.Store.Enrolments(ctx, userID, s.Clock())
	if err != nil {
		return nil, err
	}
	keys, err := s.PasskeyStore.Passkeys(ctx, userID)
	for _, k := range keys {
		all = append(all, factor.Enrolment{
			ID: k.ID, UserID: userID, Method: proof.Passkey, Name: k.Name, Enabled: true, LastUsedAt: k.LastUsedAt, CreatedAt: k.CreatedAt,
		})
	}
	return all, err
}

// Signal is what a page tells the browser about passkeys, so that removed ones
// vanish from the password manager and names are right (WebAuthn Level 3
// §5.1.10). Binary values are base64url.
type Signal struct {
	RPID        string
	UserID      string
	AcceptedIDs []string
	Name        string
	DisplayName string
}

// Signal describes the user's passkeys to the browser.
func (s *Service) Signal(u account.User, keys []factor.Passkey) Signal {
	out := Signal{RPID: s.RPID, UserID: base64.RawURLEncoding.EncodeToString(u.Handle), AcceptedIDs: []string{}, Name: u.Email, DisplayName: u.Name}
	if out.DisplayName == "" {
		out.DisplayName = u.Email
	}
	for _, k := range keys {
		out.AcceptedIDs = append(out.AcceptedIDs, base64.RawURLEncoding.EncodeToString(k.CredentialID))
	}
	return out
}
