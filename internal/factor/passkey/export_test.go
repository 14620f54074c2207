package passkey

// SetChallenge makes every ceremony ask that challenge, for published vectors.
func (f *Factor) SetChallenge(c []byte) { f.challenge = func() ([]byte, error) { return c, nil } }
