package factor

import (
	"time"

	"github.com/sallyport/sallyport/internal/proof"
)

// Passkey is one row of webauthn_credentials: a passkey or a security key of a
// user. It holds no secret; the private key never leaves the authenticator.
type Passkey struct {
	ID     string // UUIDv7
	UserID string
	// CredentialID is the authenticator's own name for the key, 1 to 1023 bytes,
	// unique over all users (WA-09).
	CredentialID []byte
	PublicKey    []byte // COSE_Key
	// SignCount is the highest signature counter seen; 0 for most synced passkeys,
	// which do not count.
	SignCount uint32
	// Synced is set for a key that can be copied to other devices: backup eligible
	// in the words of WebAuthn. It never changes (WA-07).
	Synced bool
	// BackedUp is set while there is such a copy.
	BackedUp bool
	// UVInitialized is set once a check of the person by the authenticator counts
	// (WA-12).
	UVInitialized bool
	AAGUID        string   // the model of the authenticator, as a UUID; zeros where it does not say
	Transports    []string // "usb", "nfc", "ble", "internal", "hybrid", as the client reported them
	Name          string   // the user's own word for it
	CreatedAt     time.Time
	LastUsedAt    time.Time // zero: never
}

// PasskeyUse is an assertion that was verified.
type PasskeyUse struct {
	ID        string
	UserID    string
	SignCount uint32
	BackedUp  bool
	// InitializeUV lets a check of the person count from now on (WA-12).
	InitializeUV bool
	At           time.Time
}

// PasskeyRemoval says which passkey goes, and what must be left.
type PasskeyRemoval struct {
	ID     string
	UserID string
	// KeepSecond refuses to remove the last second factor while policy demands one
	// (MF-04).
	KeepSecond bool
	// Usable are the methods that count as a second factor, because the server
	// offers them.
	Usable []proof.Method
	// Providers are those whose linked accounts are a way to sign in.
	Providers []string
}
