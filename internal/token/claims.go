package token

import "time"

// Claims is what an access token says (RFC 9068 §2.2, with sid and aal added).
type Claims struct {
	Issuer    string    // iss: PUBLIC_URL
	Subject   string    // sub: the user id
	Audience  []string  // aud
	ClientID  string    // client_id
	ID        string    // jti
	SessionID string    // sid
	IssuedAt  time.Time // iat, whole seconds
	ExpiresAt time.Time // exp, whole seconds
	NotBefore time.Time // nbf; zero where absent
	AuthTime  time.Time // auth_time: the latest proof at the level of AAL
	AAL       string    // aal and acr: "aal1" or "aal2"
	AMR       []string  // amr, RFC 8176
	Roles     []string  // roles: "admin" or none
	Email     string    // email, as it was when the token was issued
}

// Revocations answers whether a token that is otherwise good was taken back.
// The answer comes from memory: it costs no I/O and is asked on every request.
type Revocations interface {
	Revoked(c Claims) bool
}
