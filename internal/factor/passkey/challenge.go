package passkey

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"

	"github.com/go-webauthn/webauthn/webauthn"

	"github.com/sallyport/sallyport/internal/audit"
	"github.com/sallyport/sallyport/internal/factor"
	"github.com/sallyport/sallyport/internal/fault"
	"github.com/sallyport/sallyport/internal/onetime"
)

// ceremony is what a challenge was made for. One made for another is refused.
type ceremony string

// The ceremonies.
const (
	registering ceremony = "register"
	signingIn   ceremony = "login"
	verifying   ceremony = "verify"
)

// question is what a challenge keeps besides its user and session.
type question struct {
	Ceremony ceremony `json:"ceremony"`
	// Attempt names the sign-in that was asked, empty in a session.
	Attempt string `json:"attempt,omitempty"`
	// Agent is the client that was asked.
	Agent string `json:"agent"`
	// Session is what go-webauthn wants to see again.
	Session webauthn.SessionData `json:"session"`
}

// attemptOf names the sign-in of a subject.
func attemptOf(s factor.Subject) string { return base64.RawURLEncoding.EncodeToString(s.AttemptID) }

// ask stores the challenge of a ceremony that begins.
func (f *Factor) ask(ctx context.Context, c ceremony, s factor.Subject, session *webauthn.SessionData) error {
	raw, err := base64.RawURLEncoding.DecodeString(session.Challenge)
	if err != nil {
		return err
	}
	data, err := json.Marshal(question{c, attemptOf(s), audit.OriginOf(ctx).UserAgent, *session})
	if err != nil {
		return err
	}
	now, hash := f.Clock(), sha256.Sum256(raw)
	return f.Store.IssueOneTime(ctx, onetime.Token{
		Kind: onetime.PasskeyChallenge, Hash: hash[:], UserID: s.UserID, SessionID: s.SessionID, Data: data,
		CreatedAt: now, ExpiresAt: now.Add(Life),
	}, audit.Trail{})
}

// answered spends the challenge that a response answers, whatever becomes of the
// response: every challenge is looked at once (WA-01). It returns the user it was
// made for, "" where nobody was known.
func (f *Factor) answered(ctx context.Context, c ceremony, s factor.Subject, challenge string) (session webauthn.SessionData, userID string, err error) {
	raw, err := base64.RawURLEncoding.Strict().DecodeString(challenge)
	if err != nil {
		return session, "", expired("no_challenge")
	}
	hash := sha256.Sum256(raw)
	tok, err := f.Store.ClaimOneTime(ctx, onetime.PasskeyChallenge, hash[:], f.Clock())
	if fault.Of(err) == fault.CodeNotFound {
		return session, "", expired("no_challenge")
	}
	if err != nil {
		return session, "", err
	}
	var q question
	if err := json.Unmarshal(tok.Data, &q); err != nil {
		return session, "", err
	}
	switch {
	case q.Ceremony != c:
		return session, "", expired("other_ceremony")
	case c != signingIn && tok.UserID != s.UserID:
		return session, "", expired("other_user")
	case tok.SessionID != s.SessionID || q.Attempt != attemptOf(s):
		return session, "", expired("other_session")
	case q.Agent != audit.OriginOf(ctx).UserAgent:
		return session, "", expired("other_client")
	}
	return q.Session, tok.UserID, nil
}
