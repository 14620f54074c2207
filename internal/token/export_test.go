package token

import "crypto"

// Fits opens the signature check to the vectors of the RFCs, which are no access
// tokens and so never reach it through Verify.
func Fits(k Key, signed string, signature []byte) bool { return k.fits(signed, signature) }

// FitsPublic is Fits for a public key, with the algorithm that is recorded for
// its kind; false for a key that none is.
func FitsPublic(public crypto.PublicKey, signed string, signature []byte) bool {
	alg, err := algOf(public)
	k := Key{Alg: alg, Public: public}
	return err == nil && k.fits(signed, signature)
}

// SignText signs any text with a key, as Sign does its tokens.
func SignText(k Key, text string) ([]byte, error) { return method(k.Alg).Sign(text, k.Private) }

// Thumbprint is the kid of a key.
func Thumbprint(public crypto.PublicKey) (string, error) { return thumbprint(public) }
