package passkey

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"slices"

	"github.com/go-webauthn/webauthn/protocol"

	"github.com/sallyport/sallyport/internal/factor"
	"github.com/sallyport/sallyport/internal/fault"
)

// The refusals. The reason goes to the audit log and the metrics, the answer to
// the client. What a correct client can never send is a malformed request; what
// does not prove the passkey is a wrong credential.

// unfit refuses a response that is not one for this server.
func unfit(reason string) error {
	return factor.Wrong{Reason: reason, Answer: fault.New(fault.CodeMalformed).WithDetail("This is not an acceptable passkey response for this site.")}
}

// unproved refuses a response that does not prove the passkey.
func unproved(reason string) error {
	return factor.Wrong{Reason: reason, Answer: fault.New(fault.CodeInvalidCredentials).WithDetail("This passkey was not accepted.")}
}

// unknown refuses a passkey that nobody here has, in words by which a page can
// tell the password manager (WebAuthn Level 3 §5.1.10).
func unknown() error {
	return factor.Wrong{Reason: "unknown_credential", Answer: fault.New(fault.CodeInvalidCredentials).
		WithDetail("This passkey is not known here.").
		WithFields(fault.Field{Path: "credential.id", Message: "This passkey is not known here any more.", Code: "unknown_credential"})}
}

// expired refuses a response to a challenge that is spent, over or somebody
// else's.
func expired(reason string) error {
	return factor.Wrong{Reason: reason, Answer: fault.New(fault.CodeChallengeExpired)}
}

// checkClient reads what the browser says it did: the type (WA-02), the origin
// letter by letter (WA-03), and that no foreign page was around it (WA-04).
func (f *Factor) checkClient(raw []byte, kind protocol.CeremonyType) error {
	var c struct {
		Type        string  `json:"type"`
		Origin      string  `json:"origin"`
		CrossOrigin bool    `json:"crossOrigin"`
		TopOrigin   *string `json:"topOrigin"`
	}
	switch err := json.Unmarshal(raw, &c); {
	case err != nil:
		return unfit("client_data")
	case c.Type != string(kind):
		return unfit("type")
	case !slices.Contains(f.Origins, c.Origin) && !slices.Contains(f.Apps, c.Origin):
		return unfit("origin")
	case c.CrossOrigin || c.TopOrigin != nil:
		return unfit("cross_origin")
	}
	return nil
}

// checkAuthenticator reads what the authenticator says: which site it answered
// (WA-05), that somebody touched it (WA-06), and flags that can be true (WA-07).
func (f *Factor) checkAuthenticator(d protocol.AuthenticatorData) error {
	site := sha256.Sum256([]byte(f.RPID))
	switch {
	case !bytes.Equal(d.RPIDHash, site[:]):
		return unfit("rp_id")
	case !d.Flags.HasUserPresent():
		return unfit("user_presence")
	case d.Flags.HasBackupState() && !d.Flags.HasBackupEligible():
		return unfit("backup_flags")
	}
	return nil
}
