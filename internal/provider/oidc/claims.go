package oidc

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"maps"
	"math"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/sallyport/sallyport/internal/provider"
)

// The bounds of an ID token's times (OA-04).
const (
	maxSkew = time.Minute      // between the provider's clock and ours
	maxAge  = 10 * time.Minute // since it was issued
)

// Claims is what is read of an ID token or of the user info.
type Claims struct {
	Issuer        string   `json:"iss"`
	Subject       string   `json:"sub"`
	Audience      audience `json:"aud"`
	Authorized    string   `json:"azp"`
	ExpiresAt     *instant `json:"exp"`
	IssuedAt      *instant `json:"iat"`
	NotBefore     *instant `json:"nbf"`
	Nonce         string   `json:"nonce"`
	AccessHash    string   `json:"at_hash"`
	Email         string   `json:"email"`
	EmailVerified Flag     `json:"email_verified"`
	Name          string   `json:"name"`
	ACR           string   `json:"acr"`
	AMR           []string `json:"amr"`
	// HostedDomain is Google's: the Workspace domain of the account.
	HostedDomain string `json:"hd"`
	// Tenant and DomainOwner are Microsoft's: the directory the account is in, and
	// whether that directory has shown to own the address's domain.
	Tenant      string `json:"tid"`
	DomainOwner Flag   `json:"xms_edov"`
}

// Flag is a claim that is yes or no. It is true for the JSON value true and the
// exact string "true", which some providers send; for anything else it is false
// (OA-07).
type Flag bool

// UnmarshalJSON never fails: what is not true is false.
func (f *Flag) UnmarshalJSON(b []byte) error {
	*f = string(b) == `true` || string(b) == `"true"`
	return nil
}

// audience is one name or a list of them (RFC 7519 §4.1.3).
type audience []string

func (a *audience) UnmarshalJSON(b []byte) error {
	var one string
	if json.Unmarshal(b, &one) == nil {
		*a = audience{one}
		return nil
	}
	return json.Unmarshal(b, (*[]string)(a))
}

// instant is a NumericDate (RFC 7519 §2).
type instant time.Time

func (i *instant) UnmarshalJSON(b []byte) error {
	var seconds float64
	if err := json.Unmarshal(b, &seconds); err != nil {
		return err
	}
	if math.IsNaN(seconds) || seconds < 0 || seconds > 1<<40 {
		return provider.Rejected("a time of the ID token is out of range")
	}
	*i = instant(time.Unix(int64(seconds), 0))
	return nil
}

// UnmarshalJSON reads claims by their exact names. Package json would also take
// "EMAIL_VERIFIED" for email_verified, and a provider may let its users choose
// names.
func (c *Claims) UnmarshalJSON(b []byte) error {
	var all map[string]json.RawMessage
	if err := json.Unmarshal(b, &all); err != nil {
		return err
	}
	maps.DeleteFunc(all, func(name string, _ json.RawMessage) bool {
		return strings.ContainsFunc(name, func(r rune) bool { return r > unicode.MaxASCII || unicode.IsUpper(r) })
	})
	exact, err := json.Marshal(all)
	if err != nil {
		return err
	}
	type plain Claims
	return json.Unmarshal(exact, (*plain)(c))
}

// readClaims decodes the payload of a token whose signature was verified.
func readClaims(payload []byte) (Claims, error) {
	var c Claims
	if err := json.Unmarshal(payload, &c); err != nil {
		return c, provider.Rejected("the claims of the ID token cannot be read")
	}
	return c, nil
}

// check refuses an ID token that was not made for this client and this passage
// (OpenID Connect Core §3.1.3.7, RFC 8725 §3). The issuer is checked by the
// caller, who knows which one is expected.
func (c Claims) check(clientID, nonce string, now time.Time) error {
	switch {
	case !slices.Contains(c.Audience, clientID):
		return provider.Rejected("the ID token is for another audience")
	case len(c.Audience) > 1 && c.Authorized == "":
		return provider.Rejected("the ID token has several audiences and no azp")
	case c.Authorized != "" && c.Authorized != clientID:
		return provider.Rejected("the ID token was issued to another client")
	case c.Subject == "":
		return provider.Rejected("the ID token has no subject")
	case c.ExpiresAt == nil, c.IssuedAt == nil:
		return provider.Rejected("the ID token lacks exp or iat")
	case now.Sub(time.Time(*c.ExpiresAt)) > maxSkew:
		return provider.Rejected("the ID token has expired")
	case now.Sub(time.Time(*c.IssuedAt)) > maxAge+maxSkew:
		return provider.Rejected("the ID token was issued too long ago")
	case time.Time(*c.IssuedAt).Sub(now) > maxSkew:
		return provider.Rejected("the ID token was issued in the future")
	case c.NotBefore != nil && time.Time(*c.NotBefore).Sub(now) > maxSkew:
		return provider.Rejected("the ID token is not valid yet")
	case c.Nonce == "" || c.Nonce != nonce:
		return provider.Rejected("the ID token has no nonce, or that of another sign-in")
	}
	return nil
}

// checkAccessToken compares at_hash, where there is one, with the access token
// that came beside it (OpenID Connect Core §3.1.3.8); RS256 and ES256 both hash
// with SHA-256.
func (c Claims) checkAccessToken(access string) error {
	if c.AccessHash == "" {
		return nil
	}
	sum := sha256.Sum256([]byte(access))
	if base64.RawURLEncoding.EncodeToString(sum[:16]) != c.AccessHash {
		return provider.Rejected("the access token is not the one the ID token was issued with")
	}
	return nil
}
