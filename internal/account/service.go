package account

import (
	"context"
	"crypto/rand"
	"errors"
	"log/slog"
	"time"

	"github.com/sallyport/sallyport/internal/audit"
	"github.com/sallyport/sallyport/internal/clock"
	"github.com/sallyport/sallyport/internal/fault"
	"github.com/sallyport/sallyport/internal/ident"
	"github.com/sallyport/sallyport/internal/message"
	"github.com/sallyport/sallyport/internal/onetime"
	"github.com/sallyport/sallyport/internal/opaque"
	"github.com/sallyport/sallyport/internal/session"
)

// Store is what accounts need of the database; each method is one transaction.
type Store interface {
	UserByID(ctx context.Context, id string) (User, error)
	UserByEmail(ctx context.Context, canonical string) (User, error)
	// Record writes a trail of its own.
	Record(ctx context.Context, t audit.Trail) error
	SignUpStore
	PasswordStore
	EmailStore
	LifeStore
	PeopleStore
}

// SignUpStore is the part for new accounts.
type SignUpStore interface {
	// CreateUser adds a user; a taken address is fault.CodeConflict.
	CreateUser(ctx context.Context, u User, link *onetime.Token, t audit.Trail) error
	// CreateFirstAdmin spends the setup token for its administrator.
	CreateFirstAdmin(ctx context.Context, setupHash []byte, u User, t audit.Trail) (touched bool, err error)
	// ReplaceUnverified lets a newer registration take an unverified account over.
	ReplaceUnverified(ctx context.Context, u User, link onetime.Token, t audit.Trail) (touched bool, err error)
	// TakenAddress leaves the trail of a registration for that user's address, at
	// the cost of CreateUser: it stores a link too, which nobody is sent.
	TakenAddress(ctx context.Context, userID string, link onetime.Token, t audit.Trail) error
	// VerifyEmail spends a mail link.
	VerifyEmail(ctx context.Context, hash []byte, userID, canonical string, now time.Time, t audit.Trail) (touched bool, err error)
	// ReplaceSetup stores the setup token in place of older ones.
	ReplaceSetup(ctx context.Context, tok onetime.Token, t audit.Trail) error
	// CountAdmins counts administrators who can sign in.
	CountAdmins(ctx context.Context) (int, error)
}

// PasswordStore is the part for passwords and mail links.
type PasswordStore interface {
	ChangePassword(ctx context.Context, userID, hash string, e session.Ending, t audit.Trail) ([]session.Revocation, error)
	ResetPassword(ctx context.Context, link []byte, u User, hash string, e session.Ending, t audit.Trail) ([]session.Revocation, bool, error)
	// IssueOneTime stores a link beside the user's older ones.
	IssueOneTime(ctx context.Context, tok onetime.Token, t audit.Trail) error
	// ReplaceOneTime stores a link and kills the user's older ones of its kind; more
	// are stored beside older ones.
	ReplaceOneTime(ctx context.Context, tok onetime.Token, t audit.Trail, more ...onetime.Token) error
	FindOneTime(ctx context.Context, kind onetime.Kind, hash []byte, now time.Time) (onetime.Token, error)
}

// EmailStore is the part for changing the address.
type EmailStore interface {
	ChangeEmail(ctx context.Context, link []byte, u User, to Address, undo onetime.Token, t audit.Trail) (touched bool, err error)
	UndoEmailChange(ctx context.Context, link []byte, u User, to Address, e session.Ending, t audit.Trail) ([]session.Revocation, bool, error)
	CancelEmailChange(ctx context.Context, link []byte, userID string, now time.Time, t audit.Trail) (touched bool, err error)
}

// LifeStore is the part for profile, lock and end of an account.
type LifeStore interface {
	RenameUser(ctx context.Context, userID, name string, now time.Time, t audit.Trail) error
	SetRole(ctx context.Context, userID string, role Role, e session.Ending, t audit.Trail) ([]session.Revocation, error)
	DisableUser(ctx context.Context, e session.Ending, t audit.Trail) ([]session.Revocation, bool, error)
	EnableUser(ctx context.Context, userID string, now time.Time, t audit.Trail) (touched bool, err error)
	DeleteUser(ctx context.Context, e session.Ending, t audit.Trail) ([]session.Revocation, bool, error)
	ResetFactors(ctx context.Context, e session.Ending, t audit.Trail) ([]session.Revocation, error)
}

// PeopleStore is the part for administrators who look for people.
type PeopleStore interface {
	// ListUsers returns up to limit users with an id after that one, oldest first.
	ListUsers(ctx context.Context, after string, limit int) ([]User, error)
	// SearchUsers returns up to limit users whose canonical address begins with
	// prefix and sorts after that address.
	SearchUsers(ctx context.Context, prefix, after string, limit int) ([]User, error)
}

// Passwords hashes and judges passwords.
type Passwords interface {
	// Hash returns the PHC string of a password.
	Hash(ctx context.Context, password string) (string, error)
	// Check refuses a password that policy does not allow, with reasons.
	Check(password string, words ...string) error
}

// Sessions tells the end of sessions to every node.
type Sessions interface {
	Ending(userID, exceptID, reason string) session.Ending
	Announce(ctx context.Context, revs ...session.Revocation)
}

// Links are the addresses of the pages that mail links open, all under the
// configured front end (RC-03).
type Links struct {
	Verify, Reset, ConfirmEmail, UndoEmail, Setup string
	SignIn                                        string
}

// Lives are how long mail links work.
type Lives struct {
	Verify time.Duration // 24 h
	Reset  time.Duration // 30 min (RC-02)
	Change time.Duration // 24 h
	Undo   time.Duration // 7 days
	Setup  time.Duration // 30 min (PW-13)
	Invite time.Duration // 24 h, the longest a mailed link that sets a password may work (RC-02)
}

// DefaultLives are the lives of RC-02 and PW-13.
var DefaultLives = Lives{
	Verify: 24 * time.Hour, Reset: 30 * time.Minute, Change: 24 * time.Hour, Undo: 7 * 24 * time.Hour, Setup: 30 * time.Minute, Invite: 24 * time.Hour,
}

// Parts is what the service is made of.
type Parts struct {
	Store     Store
	Passwords Passwords
	Sessions  Sessions
	Clock     clock.Clock
	Log       *slog.Logger
	Links     Links
	Lives     Lives
	// OpenSignUp lets anybody register; otherwise administrators add people.
	OpenSignUp bool
	// EmailOptional lets people sign in before their address is proved. Then an
	// account that is not verified is somebody's all the same, and a newer
	// registration does not take it over.
	EmailOptional bool
	// UnknownSubject stands for the user of an address that has no account.
	UnknownSubject func(canonical string) string
	// Nudge wakes the outbox after a message was queued; it must not block.
	Nudge func()
}

// Service runs accounts. It is safe for concurrent use.
type Service struct{ Parts }

// New returns the service.
func New(p Parts) *Service { return &Service{p} }

// NewUser returns a user with a fresh id and WebAuthn handle.
func NewUser(a Address, name string, role Role, hash string, now time.Time) User {
	handle := make([]byte, 64)
	rand.Read(handle)
	u := User{
		ID: ident.New(), Email: a.Display, Canonical: a.Canonical, Name: name, Role: role,
		PasswordHash: hash, Handle: handle, CreatedAt: now, UpdatedAt: now,
	}
	if hash != "" {
		u.PasswordChangedAt = now
	}
	return u
}

// Registration is what a person enters to sign up.
type Registration struct{ Email, Password, Name string }

// Register signs a person up. It returns nil whether or not the address was
// free: the mailbox gets either a link that proves it or the note that there is
// an account already (RC-10). Only what is wrong with the input itself is told.
// The account is looked for first, so that either is one transaction of as many
// statements.
func (s *Service) Register(ctx context.Context, in Registration) error {
	if !s.OpenSignUp {
		return fault.New(fault.CodeForbidden).WithDetail("Registration is closed here; ask an administrator to add you.")
	}
	a, name, err := s.checkNew(in)
	if err != nil {
		return err
	}
	hash, err := s.Passwords.Hash(ctx, in.Password)
	if err != nil {
		return err
	}
	defer s.Nudge()
	now := s.Clock()
	u := NewUser(a, name, Member, hash, now)
	old, err := s.Store.UserByEmail(ctx, u.Canonical)
	if fault.Of(err) == fault.CodeNotFound {
		link, mail := s.VerifyLink(u, now)
		err = s.Store.CreateUser(ctx, u, &link, audit.Of(audit.New(ctx, now, audit.UserCreated, audit.Success, u.ID)).Telling(mail))
		if fault.Of(err) != fault.CodeConflict {
			return err
		}
		old, err = s.Store.UserByEmail(ctx, u.Canonical) // somebody was faster
	}
	if fault.Of(err) == fault.CodeNotFound {
		return nil // gone again in this instant; the person can try once more
	}
	if err != nil {
		return err
	}
	return s.registerAgain(ctx, old, u, now)
}

func (s *Service) checkNew(in Registration) (Address, string, error) {
	a, err := ParseAddress(in.Email)
	if err != nil {
		return a, "", err
	}
	name, err := CleanName(in.Name)
	if err != nil {
		return a, "", err
	}
	return a, name, s.Passwords.Check(in.Password, contextWords(a, name)...)
}

// contextWords are the words a password may not be made of (PW-05).
func contextWords(a Address, name string) []string {
	words := []string{a.Canonical}
	if i := len(a.Canonical); i > 0 {
		for j, c := range a.Canonical {
			if c == '@' {
				words = append(words, a.Canonical[:j])
				break
			}
		}
	}
	if name != "" {
		words = append(words, name)
	}
	return words
}

// registerAgain handles an address that has an account. One that was never
// verified is taken over by the newer registration, where nobody signs in before
// that: nobody has shown to own it, and the person who opens the newest link
// decides (pre-hijacking). An invited administrator is not: who invites did not
// mean whoever registers first.
func (s *Service) registerAgain(ctx context.Context, old, in User, now time.Time) error {
	if !old.EmailVerified() && !old.Disabled() && !old.IsAdmin() && !s.EmailOptional {
		in.ID = old.ID
		link, mail := s.VerifyLink(in, now)
		e := audit.New(ctx, now, audit.UserUpdated, audit.Success, old.ID)
		e.Reason = "registered_again"
		touched, err := s.Store.ReplaceUnverified(ctx, in, link, audit.Of(e).Telling(mail))
		if err != nil || touched {
			return err
		}
	}
	e := audit.New(ctx, now, audit.UserCreated, audit.Failure, old.ID)
	e.Reason, e.ActorID, e.ActorKind = "address_taken", "", "anonymous"
	m := message.ToMail(message.AlreadyHave, old.ID, old.Email)
	m.Link = s.Links.SignIn
	unsent, _ := s.VerifyLink(in, now)
	return s.Store.TakenAddress(ctx, old.ID, unsent, audit.Of(e).Telling(m))
}

// VerifyLink makes the one-time link that proves the mailbox, and its mail; the
// caller stores both.
func (s *Service) VerifyLink(u User, now time.Time) (onetime.Token, message.Outgoing) {
	plain, hash := opaque.New(opaque.EmailVerify)
	tok := onetime.Token{
		Kind: onetime.EmailVerify, Hash: hash, UserID: u.ID, Data: linkData(u.Canonical, ""), CreatedAt: now, ExpiresAt: now.Add(s.Lives.Verify),
	}
	m := message.ToMail(message.VerifyEmail, u.ID, u.Email)
	return tok, withLink(m, s.Links.Verify, plain, tok.ExpiresAt)
}

// withLink puts a link with its token into a message. The token stands in the
// fragment, which browsers do not send: it stays out of every access log.
func withLink(m message.Outgoing, page, token string, expires time.Time) message.Outgoing {
	m.Link, m.Token, m.ExpiresAt = page+"#token="+token, token, expires
	return m
}

// ResendVerification mails a new verification link. It returns nil whether or
// not there is such an account (RC-01).
func (s *Service) ResendVerification(ctx context.Context, address string) error {
	u, err := s.Store.UserByEmail(ctx, CanonicalOrRaw(address))
	if fault.Of(err) == fault.CodeNotFound || err == nil && (u.EmailVerified() || u.Disabled()) {
		return s.pretend(ctx, u.ID, address, onetime.EmailVerify, s.Lives.Verify, "resend_without_need")
	}
	if err != nil {
		return err
	}
	defer s.Nudge()
	now := s.Clock()
	link, mail := s.VerifyLink(u, now)
	e := audit.New(ctx, now, audit.RecoveryStarted, audit.Success, u.ID)
	e.Reason = "verification_resent"
	return s.Store.ReplaceOneTime(ctx, link, audit.Of(e).Telling(mail))
}

// VerifyEmail spends the link of a verification mail, or returns
// fault.CodeLinkExpired.
func (s *Service) VerifyEmail(ctx context.Context, plain string) (User, error) {
	tok, d, err := s.openLink(ctx, onetime.EmailVerify, opaque.EmailVerify, plain)
	if err != nil {
		return User{}, err
	}
	now := s.Clock()
	touched, err := s.Store.VerifyEmail(ctx, tok.Hash, tok.UserID, d.Canonical, now,
		audit.Of(audit.New(ctx, now, audit.EmailVerified, audit.Success, tok.UserID)))
	if err != nil {
		return User{}, err
	}
	if !touched {
		return User{}, fault.Because(fault.CodeLinkExpired, errors.New("account: the link was spent meanwhile"))
	}
	return s.Store.UserByID(ctx, tok.UserID)
}
