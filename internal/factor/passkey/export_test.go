package passkey

import "github.com/go-webauthn/webauthn/protocol/webauthncose"

// SetChallenge makes every ceremony ask that challenge, for published vectors.
func (f *Factor) SetChallenge(c []byte) { f.challenge = func() ([]byte, error) { return c, nil } }

// Verifies checks a signature under a stored key as an assertion does: the key
// must be fit, then go-webauthn decides.
func Verifies(cose, data, signature []byte) bool {
	if !fitKey(cose) {
		return false
	}
	key, err := webauthncose.ParsePublicKey(cose)
	if err != nil {
		return false
	}
	ok, err := webauthncose.VerifySignature(key, data, signature)
	return err == nil && ok
}
