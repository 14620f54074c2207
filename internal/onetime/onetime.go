package onetime

import "time"

// Kind is the purpose of a row.
type Kind string

// The kinds.
const (
	Attempt          Kind = "attempt"
	EmailVerify      Kind = "email_verify"
	PasswordReset    Kind = "password_reset"
	EmailChange      Kind = "email_change"
	EmailUndo        Kind = "email_undo"
	Setup            Kind = "setup"
	Ticket           Kind = "ws_ticket"
	SMSChallenge     Kind = "sms_challenge"
	EmailChallenge   Kind = "email_challenge"
	PasskeyChallenge Kind = "passkey_challenge"
	OAuthState       Kind = "oauth_state"
	Handover         Kind = "oauth_handover"
	LinkTicket       Kind = "oauth_link_ticket"
	Device           Kind = "remembered_device"
)

// Token is one row: something that may be spent once before it expires.
type Token struct {
	Kind Kind
	// Hash identifies the row: the SHA-256 of an opaque token, or of an id where
	// the secret lies elsewhere.
	Hash []byte
	// UserID is whose it is; empty before anybody is known.
	UserID string
	// SessionID binds a challenge to the session it was asked in; empty otherwise.
	SessionID string
	// Data is the kind's own JSON.
	Data []byte
	// TriesLeft is how many wrong answers are still accepted; 0 where a claim is
	// the only use.
	TriesLeft int
	CreatedAt time.Time
	ExpiresAt time.Time
}
