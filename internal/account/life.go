package account

import (
	"context"

	"github.com/sallyport/sallyport/internal/audit"
	"github.com/sallyport/sallyport/internal/fault"
	"github.com/sallyport/sallyport/internal/message"
	"github.com/sallyport/sallyport/internal/onetime"
	"github.com/sallyport/sallyport/internal/opaque"
)

// Get returns a user or fault.CodeNotFound.
func (s *Service) Get(ctx context.Context, id string) (User, error) { return s.Store.UserByID(ctx, id) }

// Rename sets the display name. actor is who asked: the user or an administrator.
func (s *Service) Rename(ctx context.Context, userID, name string, actor Actor) error {
	name, err := CleanName(name)
	if err != nil {
		return err
	}
	now := s.Clock()
	e := actor.Mark(audit.New(ctx, now, audit.UserUpdated, audit.Success, userID))
	e.Reason = "name"
	return s.Store.RenameUser(ctx, userID, name, now, audit.Of(e))
}

// Delete removes the account with everything that belongs to it and ends its
// sessions. actor is who asked: the user or an administrator.
func (s *Service) Delete(ctx context.Context, u User, actor Actor) error {
	if err := actor.another(u.ID); err != nil {
		return err
	}
	ending := s.Sessions.Ending(u.ID, "", "account_deleted")
	e := actor.Mark(audit.New(ctx, ending.At, audit.UserDeleted, audit.Success, u.ID))
	defer s.Nudge()
	revs, touched, err := s.Store.DeleteUser(ctx, ending, audit.Of(e).Telling(s.notice(message.AccountDeleted, u)))
	return s.announce(ctx, revs, touched, err)
}

// Actor is who changes somebody's account: an administrator, or with a zero ID
// the operator at the command line.
type Actor struct {
	ID   string
	Kind string // "user", "admin", "system"
}

// Operator is whoever works at the command line of the server.
func Operator() Actor { return Actor{Kind: "system"} }

// Self is the user acting on their own account.
func Self(u User) Actor { return Actor{ID: u.ID, Kind: "user"} }

// Administrator is an administrator acting on somebody's account.
func Administrator(id string) Actor { return Actor{ID: id, Kind: "admin"} }

// another refuses an administrator who would lock themselves out: whoever acts
// stays, so there is always one.
func (a Actor) another(userID string) error {
	if a.Kind == "admin" && a.ID == userID {
		return fault.New(fault.CodeConflict).WithDetail("Administrators cannot do this to themselves; ask another one.")
	}
	return nil
}

// Mark names the actor in an event.
func (a Actor) Mark(e audit.Event) audit.Event {
	e.ActorID, e.ActorKind = a.ID, a.Kind
	return e
}

// Add creates an account on an administrator's or operator's word. Its address
// counts as verified. An empty password makes an account without one, whose
// owner sets it by "forgotten password". A taken address is fault.CodeConflict.
func (s *Service) Add(ctx context.Context, in Registration, role Role, actor Actor) (User, error) {
	a, err := ParseAddress(in.Email)
	if err != nil {
		return User{}, err
	}
	name, err := CleanName(in.Name)
	if err != nil {
		return User{}, err
	}
	hash := ""
	if in.Password != "" {
		if hash, err = s.newHash(ctx, User{Email: a.Display, Canonical: a.Canonical, Name: name}, in.Password); err != nil {
			return User{}, err
		}
	}
	return s.Import(ctx, a, name, role, hash, actor)
}

// Import creates a verified account with a password hash made elsewhere, which
// the caller has checked to be of a known form; it is replaced at the first
// sign-in (PW-12).
func (s *Service) Import(ctx context.Context, a Address, name string, role Role, hash string, actor Actor) (User, error) {
	now := s.Clock()
	u := NewUser(a, name, role, hash, now)
	u.EmailVerifiedAt = now
	e := actor.Mark(audit.New(ctx, now, audit.UserCreated, audit.Success, u.ID))
	e.Details = map[string]string{"role": string(role)}
	return u, s.Store.CreateUser(ctx, u, nil, audit.Of(e))
}

// Disable locks an account and ends its sessions; fault.CodeNotFound when it is
// locked already.
func (s *Service) Disable(ctx context.Context, userID string, actor Actor) error {
	if err := actor.another(userID); err != nil {
		return err
	}
	ending := s.Sessions.Ending(userID, "", "disabled")
	e := actor.Mark(audit.New(ctx, ending.At, audit.UserDisabled, audit.Success, userID))
	revs, touched, err := s.Store.DisableUser(ctx, ending, audit.Of(e))
	return s.announce(ctx, revs, touched, err)
}

// Enable unlocks an account, whoever or whatever locked it: an operator, or too
// many failed tries (RL-01). fault.CodeNotFound when there is none.
func (s *Service) Enable(ctx context.Context, userID string, actor Actor) error {
	now := s.Clock()
	e := actor.Mark(audit.New(ctx, now, audit.UserEnabled, audit.Success, userID))
	touched, err := s.Store.EnableUser(ctx, userID, now, audit.Of(e))
	return s.announce(ctx, nil, touched, err)
}

// SetRole changes what a user may do and ends their sessions.
func (s *Service) SetRole(ctx context.Context, userID string, role Role, actor Actor) error {
	if err := actor.another(userID); err != nil {
		return err
	}
	ending := s.Sessions.Ending(userID, "", "role_changed")
	e := actor.Mark(audit.New(ctx, ending.At, audit.PrivilegeChanged, audit.Success, userID))
	e.Details = map[string]string{"role": string(role)}
	revs, err := s.Store.SetRole(ctx, userID, role, ending, audit.Of(e))
	return s.announce(ctx, revs, true, err)
}

// ResetFactors removes every second factor of a user, ends all sessions and
// tells the user (MF-08). An administrator can do it to members only; the
// operator at the command line to anybody.
func (s *Service) ResetFactors(ctx context.Context, userID string, actor Actor) error {
	u, err := s.Store.UserByID(ctx, userID)
	if err != nil {
		return err
	}
	if actor.Kind == "admin" && u.IsAdmin() {
		return fault.New(fault.CodeForbidden).WithDetail("An administrator's factors can be reset at the command line only.")
	}
	ending := s.Sessions.Ending(userID, "", "factors_reset")
	e := actor.Mark(audit.New(ctx, ending.At, audit.FactorRemoved, audit.Success, userID))
	e.Reason = "reset_by_" + actor.Kind
	m := s.notice(message.FactorRemoved, u)
	m.Data = map[string]string{"factor": "all"}
	defer s.Nudge()
	revs, err := s.Store.ResetFactors(ctx, ending, audit.Of(e).Telling(m))
	return s.announce(ctx, revs, true, err)
}

// SetupLink makes the one-time link that creates the first administrator
// (PW-13). It returns "" when there is one already.
func (s *Service) SetupLink(ctx context.Context) (string, error) {
	n, err := s.Store.CountAdmins(ctx)
	if err != nil || n > 0 {
		return "", err
	}
	now := s.Clock()
	plain, hash := opaque.New(opaque.Setup)
	e := audit.New(ctx, now, audit.UserCreated, audit.Success, "")
	e.Reason, e.ActorKind = "setup_link", "system"
	err = s.Store.ReplaceSetup(ctx, onetime.Token{
		Kind: onetime.Setup, Hash: hash, CreatedAt: now, ExpiresAt: now.Add(s.Lives.Setup),
	}, audit.Of(e))
	return s.Links.Setup + "#token=" + plain, err
}

// CreateFirstAdmin spends the setup link and creates the administrator.
func (s *Service) CreateFirstAdmin(ctx context.Context, plain string, in Registration) (User, error) {
	hash, err := opaque.Hash(opaque.Setup, plain)
	if err != nil {
		return User{}, fault.Because(fault.CodeLinkExpired, err)
	}
	if _, err := s.Store.FindOneTime(ctx, onetime.Setup, hash, s.Clock()); err != nil {
		return User{}, gone(err)
	}
	a, name, err := s.checkNew(in)
	if err != nil {
		return User{}, err
	}
	phc, err := s.Passwords.Hash(ctx, in.Password)
	if err != nil {
		return User{}, err
	}
	now := s.Clock()
	u := NewUser(a, name, Admin, phc, now)
	u.EmailVerifiedAt = now
	e := audit.New(ctx, now, audit.UserCreated, audit.Success, u.ID)
	e.Reason, e.Details = "first_administrator", map[string]string{"role": string(Admin)}
	touched, err := s.Store.CreateFirstAdmin(ctx, hash, u, audit.Of(e))
	if err == nil && !touched {
		err = fault.New(fault.CodeLinkExpired)
	}
	return u, err
}
