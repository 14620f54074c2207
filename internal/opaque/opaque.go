package opaque

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"math/big"
	"strings"
)

// Kind is the purpose of a token and the prefix of its text.
type Kind string

// The purposes.
const (
	Refresh       Kind = "spr_" // renews a session
	Attempt       Kind = "spa_" // a sign-in that waits for its next factor
	EmailVerify   Kind = "spv_" // proves a mailbox
	PasswordReset Kind = "spp_" // sets a new password
	EmailChange   Kind = "spe_" // confirms a new address
	EmailUndo     Kind = "spu_" // takes an address change back
	Ticket        Kind = "spt_" // opens one WebSocket
	Handover      Kind = "spo_" // the one-time code after a provider sign-in
	Setup         Kind = "sps_" // makes the first administrator
	Device        Kind = "spd_" // a remembered device
	OAuthState    Kind = "spx_" // the state parameter of a provider round trip
	LinkTicket    Kind = "spl_" // begins linking a provider's account
	Service       Kind = "spk_" // a backend's service key
)

// size is the number of random bytes in a token.
const size = 32

// ErrShape is returned for text that cannot be a token of the wanted kind.
var ErrShape = errors.New("opaque: not a token of this kind")

// New returns a fresh token and the hash to keep. The token itself is shown
// once and never stored.
func New(kind Kind) (token string, hash []byte) {
	var b [size]byte
	rand.Read(b[:]) // never fails: crypto/rand aborts the program instead
	token = string(kind) + base64.RawURLEncoding.EncodeToString(b[:])
	return token, sum(token)
}

// Hash returns the hash under which a token of that kind is kept, or ErrShape.
func Hash(kind Kind, token string) ([]byte, error) {
	rest, ok := strings.CutPrefix(token, string(kind))
	if !ok || len(rest) != base64.RawURLEncoding.EncodedLen(size) {
		return nil, ErrShape
	}
	if _, err := Decode(rest); err != nil {
		return nil, ErrShape
	}
	return sum(token), nil
}

func sum(token string) []byte {
	h := sha256.Sum256([]byte(token))
	return h[:]
}

// Digits returns n uniform decimal digits from crypto/rand (OT-01).
func Digits(n int) string {
	var b strings.Builder
	for range n {
		d, err := rand.Int(rand.Reader, big.NewInt(10))
		if err != nil { // crypto/rand.Reader never fails
			panic(err)
		}
		b.WriteByte(byte('0' + d.Int64()))
	}
	return b.String()
}
