package seal

import (
	"crypto/hmac"
	"crypto/sha256"
)

// MAC returns the HMAC-SHA256 of parts under a key that is derived from the first
// key for this purpose alone. Each part goes in with its length in front: moving
// a byte from one part to the next changes the result.
func (r *Keyring) MAC(purpose string, parts ...[]byte) []byte {
	return r.keys[0].mac(purpose, parts)
}

// MACs returns the MAC under every key, the first key's first, to look up what
// was stored before SECRET_KEY got a new first value.
func (r *Keyring) MACs(purpose string, parts ...[]byte) [][]byte {
	out := make([][]byte, len(r.keys))
	for i, k := range r.keys {
		out[i] = k.mac(purpose, parts)
	}
	return out
}

// VerifyMAC reports, in constant time per key, whether mac is one of MACs.
func (r *Keyring) VerifyMAC(mac []byte, purpose string, parts ...[]byte) bool {
	found := false
	for _, want := range r.MACs(purpose, parts...) {
		if hmac.Equal(mac, want) {
			found = true
		}
	}
	return found
}

func (k key) mac(purpose string, parts [][]byte) []byte {
	var msg []byte
	for _, part := range parts {
		msg = prefixed(msg, part)
	}
	return hmacSHA256(k.derive("mac/"+purpose), msg)
}

func hmacSHA256(key, msg []byte) []byte {
	h := hmac.New(sha256.New, key)
	h.Write(msg)
	return h.Sum(nil)
}
