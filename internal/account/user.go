package account

import "time"

// Role is what a user may do beyond their own account.
type Role string

// The roles.
const (
	Member Role = "user"
	Admin  Role = "admin"
)

// User is one person with an account.
type User struct {
	ID    string // UUIDv7
	Email string // as the person wrote it, for display and delivery
	// Canonical is the address in the form that is unique (RC-09).
	Canonical         string
	EmailVerifiedAt   time.Time // zero: not verified
	Name              string
	Role              Role
	PasswordHash      string // PHC string; empty: no password
	PasswordChangedAt time.Time
	// PasswordMailed is set while the password rests on a mailed link: it was set by
	// one, and no strong second factor was shown since.
	PasswordMailed bool
	// Handle is the WebAuthn user handle: 64 random bytes that say nothing about
	// the person (WA-14).
	Handle      []byte
	DisabledAt  time.Time // zero: active
	CreatedAt   time.Time
	UpdatedAt   time.Time
	LastLoginAt time.Time
}

// EmailVerified reports whether the user has shown access to the mailbox.
func (u User) EmailVerified() bool { return !u.EmailVerifiedAt.IsZero() }

// Disabled reports whether an administrator has locked the account.
func (u User) Disabled() bool { return !u.DisabledAt.IsZero() }

// Invited reports whether the user has yet to accept an invitation.
func (u User) Invited() bool { return u.PasswordHash == "" && !u.EmailVerified() }

// IsAdmin reports whether the user may use the administration.
func (u User) IsAdmin() bool { return u.Role == Admin }
