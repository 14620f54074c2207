package token

import (
	"errors"
	"fmt"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/sallyport/sallyport/internal/clock"
)

// ErrNoKey is returned by Sign when no key is active.
var ErrNoKey = errors.New("token: no active signing key")

// Signer signs access tokens with whichever key is current. It is safe for
// concurrent use.
type Signer struct {
	keys *Keys
	now  clock.Clock
}

// NewSigner returns a signer that takes its keys from keys.
func NewSigner(keys *Keys, now clock.Clock) *Signer {
	return &Signer{keys: keys, now: now}
}

// Sign returns the token that says c. Instants are written in whole seconds. It
// reads its own work back and refuses what no verifier would accept; it also
// refuses claims without a client_id, which RFC 9068 §2.2 requires, and returns
// ErrNoKey when there is no key.
func (s *Signer) Sign(c Claims) (string, error) {
	if c.ClientID == "" {
		return "", fmt.Errorf("token: sign: client_id: %w", MissingClaim)
	}
	k, ok := s.keys.Signer(s.now())
	if !ok {
		return "", ErrNoKey
	}
	t := jwt.NewWithClaims(method(k.Alg), claimsOf(c))
	t.Header["typ"] = "at+jwt"
	t.Header["kid"] = k.ID
	raw, err := t.SignedString(k.Private)
	if err != nil {
		return "", fmt.Errorf("token: sign with %v: %w", k, err)
	}
	if err := readable(raw); err != nil {
		return "", fmt.Errorf("token: sign: %w", err)
	}
	return raw, nil
}

// readable refuses a token that breaks a rule every verifier has.
func readable(raw string) error {
	if len(raw) > MaxSize {
		return TooLong
	}
	t, err := split(raw)
	if err != nil {
		return err
	}
	c, err := t.claims()
	if err != nil {
		return err
	}
	return complete(c, MaxLife)
}

// claimsOf gives the payload. What is not known is left out; aal also goes out as
// acr, its name in OpenID Connect (RFC 9068 §2.2.1).
func claimsOf(c Claims) jwt.MapClaims {
	m := jwt.MapClaims{
		"iss": c.Issuer, "sub": c.Subject, "client_id": c.ClientID, "jti": c.ID, "sid": c.SessionID,
		"iat": c.IssuedAt.Unix(), "exp": c.ExpiresAt.Unix(),
	}
	if len(c.Audience) == 1 {
		m["aud"] = c.Audience[0]
	} else {
		m["aud"] = append([]string{}, c.Audience...)
	}
	addInstant(m, "nbf", c.NotBefore)
	addInstant(m, "auth_time", c.AuthTime)
	addText(m, "aal", c.AAL)
	addText(m, "acr", c.AAL)
	addText(m, "email", c.Email)
	addTexts(m, "amr", c.AMR)
	addTexts(m, "roles", c.Roles)
	return m
}

func addInstant(m jwt.MapClaims, name string, t time.Time) {
	if !t.IsZero() {
		m[name] = t.Unix()
	}
}

func addText(m jwt.MapClaims, name, text string) {
	if text != "" {
		m[name] = text
	}
}

func addTexts(m jwt.MapClaims, name string, texts []string) {
	if len(texts) > 0 {
		m[name] = texts
	}
}

// method gives the signature algorithm; nil for a name that is none of the three.
func method(alg string) jwt.SigningMethod {
	switch alg {
	case ES256:
		return jwt.SigningMethodES256
	case EdDSA:
		return jwt.SigningMethodEdDSA
	case RS256:
		return jwt.SigningMethodRS256
	}
	return nil
}
