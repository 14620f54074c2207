package token

// Fits opens the signature check to the vectors of the RFCs, which are no access
// tokens and so never reach it through Verify.
func Fits(k Key, signed string, signature []byte) bool { return k.fits(signed, signature) }
