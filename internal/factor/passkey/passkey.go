package passkey

import (
	"context"
	"crypto/x509"
	"fmt"
	"slices"
	"time"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/protocol/webauthncose"
	"github.com/go-webauthn/webauthn/webauthn"

	"github.com/sallyport/sallyport/internal/account"
	"github.com/sallyport/sallyport/internal/audit"
	"github.com/sallyport/sallyport/internal/clock"
	"github.com/sallyport/sallyport/internal/factor"
	"github.com/sallyport/sallyport/internal/onetime"
	"github.com/sallyport/sallyport/internal/proof"
)

// Life is how long a challenge can be answered (WA-01).
const Life = 5 * time.Minute

// Settings are who passkeys belong to. They never follow from a request (WA-05).
type Settings struct {
	RPID   string // a domain
	RPName string // what the browser shows
	// Origins are those of pages, exact: scheme, host and port (WA-03).
	Origins []string
	// Apps are the origins of native apps: "android:apk-key-hash:…".
	Apps []string
	// Models are the AAGUIDs that may be registered, lower case; empty: any. With
	// them every new passkey must prove its model by attestation (WA-15).
	Models []string
	// Anchors are the certificates that attestations must lead to, with Models.
	Anchors []*x509.Certificate
}

// Store is what the ceremonies need of the database.
type Store interface {
	// IssueOneTime stores a challenge.
	IssueOneTime(ctx context.Context, tok onetime.Token, t audit.Trail) error
	// ClaimOneTime spends a challenge; one caller gets it, the others
	// fault.CodeNotFound.
	ClaimOneTime(ctx context.Context, kind onetime.Kind, hash []byte, now time.Time) (onetime.Token, error)
	// Passkeys returns the user's passkeys, oldest first.
	Passkeys(ctx context.Context, userID string) ([]factor.Passkey, error)
	// PasskeyByCredential returns anybody's passkey, or fault.CodeNotFound.
	PasskeyByCredential(ctx context.Context, credentialID []byte) (factor.Passkey, error)
	// UsePasskey keeps what an assertion said; touched is false where the counter
	// of a key that cannot be copied did not go up.
	UsePasskey(ctx context.Context, u factor.PasskeyUse) (touched bool, err error)
	// UserByID returns a user or fault.CodeNotFound.
	UserByID(ctx context.Context, id string) (account.User, error)
	// UserByEmail returns a user by canonical address or fault.CodeNotFound.
	UserByEmail(ctx context.Context, canonical string) (account.User, error)
	// Record writes an event that belongs to no change, with its messages.
	Record(ctx context.Context, t audit.Trail) error
}

// Parts is what the ceremonies are made of.
type Parts struct {
	Store Store
	Clock clock.Clock
	// MAC keys the made-up credentials of unknown addresses (WA-14).
	MAC func(purpose string, parts ...[]byte) []byte
	// Nudge wakes the outbox; it must not block.
	Nudge func()
	// Observe is told how each ceremony ended: "register", "login" or "verify", and
	// "success" or the reason of the refusal. It must not block.
	Observe func(ceremony, result string)
}

// Factor runs the ceremonies. It is safe for concurrent use.
type Factor struct {
	Settings
	Parts
	rp        *webauthn.WebAuthn
	challenge func() ([]byte, error) // 32 random bytes
}

// New returns the ceremonies, or what is wrong with the settings.
func New(s Settings, p Parts) (*Factor, error) {
	rp, err := webauthn.New(&webauthn.Config{
		RPID: s.RPID, RPDisplayName: s.RPName, RPOrigins: s.Origins, RPOpaqueOrigins: s.Apps,
		// What clients add unasked is not looked at.
		ExtensionsUnsolicitedOutputPolicy: protocol.UnsolicitedOutputPolicyIgnore,
		Timeouts:                          webauthn.TimeoutsConfig{Login: timeout(), Registration: timeout()},
	})
	if err != nil {
		return nil, fmt.Errorf("passkey: %w", err)
	}
	if len(s.Models) > 0 && len(s.Anchors) == 0 {
		return nil, fmt.Errorf("passkey: a list of models needs certificates that prove them")
	}
	return &Factor{Settings: s, Parts: p, rp: rp, challenge: func() ([]byte, error) { return protocol.CreateChallenge() }}, nil
}

// timeout is what the browser is told; the challenge itself enforces it.
func timeout() webauthn.TimeoutConfig { return webauthn.TimeoutConfig{Timeout: Life, TimeoutUVD: Life} }

// Method names the factor.
func (*Factor) Method() proof.Method { return proof.Passkey }

// algorithms are those a new key may have, the preferred first (WA-08).
func algorithms() []protocol.CredentialParameter {
	var out []protocol.CredentialParameter
	for _, alg := range []webauthncose.COSEAlgorithmIdentifier{
		webauthncose.AlgEdDSA, webauthncose.AlgES256, webauthncose.AlgES384, webauthncose.AlgES512, webauthncose.AlgRS256,
	} {
		out = append(out, protocol.CredentialParameter{Type: protocol.PublicKeyCredentialType, Algorithm: alg})
	}
	return out
}

// holder is a user as go-webauthn wants one.
type holder struct {
	user account.User
	keys []factor.Passkey
}

func (h holder) WebAuthnID() []byte { return h.user.Handle }

func (h holder) WebAuthnName() string { return h.user.Email }

func (h holder) WebAuthnDisplayName() string {
	if h.user.Name != "" {
		return h.user.Name
	}
	return h.user.Email
}

func (h holder) WebAuthnCredentials() []webauthn.Credential {
	out := make([]webauthn.Credential, 0, len(h.keys))
	for _, k := range h.keys {
		out = append(out, webauthn.Credential{
			ID: k.CredentialID, PublicKey: k.PublicKey, Transport: transports(k),
			Flags:         webauthn.CredentialFlags{BackupEligible: k.Synced, BackupState: k.BackedUp, UserVerified: k.UVInitialized},
			Authenticator: webauthn.Authenticator{SignCount: k.SignCount},
		})
	}
	return out
}

// descriptors name keys to the browser.
func descriptors(keys []factor.Passkey) []protocol.CredentialDescriptor {
	out := make([]protocol.CredentialDescriptor, 0, len(keys))
	for _, k := range keys {
		out = append(out, protocol.CredentialDescriptor{
			Type: protocol.PublicKeyCredentialType, CredentialID: k.CredentialID, Transport: transports(k),
		})
	}
	return out
}

func transports(k factor.Passkey) []protocol.AuthenticatorTransport {
	var out []protocol.AuthenticatorTransport
	for _, t := range k.Transports {
		out = append(out, protocol.AuthenticatorTransport(t))
	}
	return out
}

// knownTransports are those WebAuthn Level 3 §5.8.4 names; others are not kept.
var knownTransports = []string{"usb", "nfc", "ble", "smart-card", "hybrid", "internal"}

func cleanTransports(in []protocol.AuthenticatorTransport) []string {
	var out []string
	for _, t := range in {
		if s := string(t); slices.Contains(knownTransports, s) && !slices.Contains(out, s) {
			out = append(out, s)
		}
	}
	return out
}
