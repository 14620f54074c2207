package token

import (
	"slices"
	"time"
)

// The bounds of TK-04. Options may narrow them and never widen them.
const (
	// MaxLife is the longest life a token may state, exp - iat.
	MaxLife = 15 * time.Minute
	// MaxSkew is how far the clocks of two nodes may differ.
	MaxSkew = time.Minute
)

// readClaims reads a payload. A claim it knows must have the type RFC 9068 gives
// it; a claim it does not know, perhaps from a newer node, is read over.
func readClaims(in string) (Claims, error) {
	var c Claims
	err := object(in, nested, func(s *scanner, name string) (err error) {
		switch name {
		case "iss":
			c.Issuer, err = s.text()
		case "sub":
			c.Subject, err = s.text()
		case "aud":
			c.Audience, err = s.oneOrMore()
		case "client_id":
			c.ClientID, err = s.text()
		case "jti":
			c.ID, err = s.text()
		case "sid":
			c.SessionID, err = s.text()
		case "iat":
			c.IssuedAt, err = s.instant()
		case "exp":
			c.ExpiresAt, err = s.instant()
		case "nbf":
			c.NotBefore, err = s.instant()
		case "auth_time":
			c.AuthTime, err = s.instant()
		case "aal":
			c.AAL, err = s.text()
		case "amr":
			c.AMR, err = s.texts()
		case "roles":
			c.Roles, err = s.texts()
		case "email":
			c.Email, err = s.text()
		default:
			err = s.skip()
		}
		return err
	})
	return c, err
}

// complete refuses claims that lack one of the seven required ones or live longer
// than life (TK-04). It holds for signing and for verifying.
func complete(c Claims, life time.Duration) error {
	if c.Issuer == "" || c.Subject == "" || c.ID == "" || c.SessionID == "" ||
		len(c.Audience) == 0 || slices.Contains(c.Audience, "") ||
		c.IssuedAt.IsZero() || c.ExpiresAt.IsZero() {
		return MissingClaim
	}
	if d := c.ExpiresAt.Sub(c.IssuedAt); d <= 0 || d > life {
		return LivesTooLong
	}
	return nil
}

// timely refuses claims outside their time at now.
func timely(c *Claims, now time.Time, skew time.Duration) error {
	switch {
	case !now.Before(c.ExpiresAt.Add(skew)):
		return Expired
	case now.Add(skew).Before(c.NotBefore):
		return NotYetValid
	case now.Add(skew).Before(c.IssuedAt):
		return IssuedInFuture
	}
	return nil
}

// clone copies the slices, so that a caller cannot change what the cache holds.
func (c *Claims) clone() Claims {
	out := *c
	out.Audience = slices.Clone(c.Audience)
	out.AMR = slices.Clone(c.AMR)
	out.Roles = slices.Clone(c.Roles)
	return out
}
