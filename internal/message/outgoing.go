package message

import (
	"time"

	"github.com/sallyport/sallyport/internal/ident"
)

// Channel is how a message travels.
type Channel string

// The channels.
const (
	Email Channel = "email"
	SMS   Channel = "sms"
)

// Kind names the template of a message.
type Kind string

// The kinds. Each has a template in templates/, which operators can override.
const (
	VerifyEmail     Kind = "verify_email"     // link: proves a new account's mailbox
	AlreadyHave     Kind = "already_have"     // somebody registered with your address
	ResetPassword   Kind = "reset_password"   // link: sets a new password
	ConfirmEmail    Kind = "confirm_email"    // link, to the new address
	EmailChanging   Kind = "email_changing"   // link to take it back, to the old address
	EmailChanged    Kind = "email_changed"    // notice
	PasswordChanged Kind = "password_changed" // notice
	FactorAdded     Kind = "factor_added"     // notice; Data: factor
	FactorRemoved   Kind = "factor_removed"   // notice; Data: factor
	BackupCodesNew  Kind = "backup_codes_new" // notice
	BackupCodesLow  Kind = "backup_codes_low" // notice; Data: left
	TokenReused     Kind = "token_reused"     // warning
	LoginAfterFails Kind = "login_after_fails"
	AccountDeleted  Kind = "account_deleted"
	AccountLinked   Kind = "account_linked"   // notice; Data: provider
	AccountUnlinked Kind = "account_unlinked" // notice; Data: provider
	PasskeyCloned   Kind = "passkey_cloned"   // warning: sign counter went back
	Invitation      Kind = "invitation"       // link
	Code            Kind = "code"             // a second-factor or confirmation code
)

// Outgoing is one message to one person, as it is handed to the outbox. The
// outbox seals To, Data, Link, Token and Code at rest.
type Outgoing struct {
	ID      string // UUIDv7; also the idempotency key towards the carrier
	Channel Channel
	Kind    Kind
	UserID  string
	To      string // address or E.164 number, always from the database (RC-05)
	Locale  string // BCP 47; empty: the server's
	Data    map[string]string
	Link    string // what the person opens; empty where there is none
	Token   string // the token inside Link, for the dev inbox
	Code    string // what the person types; empty where there is none
	// ExpiresAt is when it is no longer worth sending; zero: never.
	ExpiresAt time.Time
}

// ToMail begins an e-mail of that kind.
func ToMail(kind Kind, userID, address string) Outgoing {
	return Outgoing{ID: ident.New(), Channel: Email, Kind: kind, UserID: userID, To: address}
}

// ToPhone begins an SMS of that kind.
func ToPhone(kind Kind, userID, number string) Outgoing {
	return Outgoing{ID: ident.New(), Channel: SMS, Kind: kind, UserID: userID, To: number}
}
