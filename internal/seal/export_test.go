package seal

// The parts of a keyring, opened to published vectors: those bring keys, salts
// and additional data of their own, which SECRET_KEY and a place in the database
// never give.

// Derive gives the 32 bytes for one purpose from a secret under any salt.
func Derive(secret, salt, purpose string) ([]byte, error) {
	k, err := extract(secret, salt)
	return k.derive(purpose), err
}

// OpenWith opens nonce, ciphertext and tag under any 32-byte key.
func OpenWith(key, body, additional []byte) ([]byte, error) {
	aead, err := newAEAD(key)
	if err != nil {
		return nil, err
	}
	return aead.Open(nil, nil, body, additional)
}

// HMAC is what MAC ends in.
var HMAC = hmacSHA256
