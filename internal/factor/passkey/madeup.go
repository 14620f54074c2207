package passkey

import (
	"encoding/binary"

	"github.com/go-webauthn/webauthn/protocol"
)

// shapes are the usual looks of a credential: the length of its id and how it is
// reached.
var shapes = []struct {
	size       int
	transports []protocol.AuthenticatorTransport
}{
	{32, []protocol.AuthenticatorTransport{protocol.Internal}},
	{16, []protocol.AuthenticatorTransport{protocol.Hybrid, protocol.Internal}},
	{20, []protocol.AuthenticatorTransport{protocol.Internal, protocol.Hybrid}},
	{48, []protocol.AuthenticatorTransport{protocol.USB, protocol.NFC}},
	{64, []protocol.AuthenticatorTransport{protocol.NFC, protocol.USB}},
}

// madeUp returns credentials that look like anybody's and are nobody's. They
// follow from the address and a key of this server, so that asking twice tells
// nothing (WA-14).
func (f *Factor) madeUp(canonical string) []protocol.CredentialDescriptor {
	seed := f.MAC("passkey-made-up", []byte(canonical))
	n := 1 + int(seed[0]%8)/6 // one for most people, two for some
	out := make([]protocol.CredentialDescriptor, 0, n)
	for i := range n {
		shape := shapes[int(binary.BigEndian.Uint16(seed[1+2*i:]))%len(shapes)]
		var id []byte
		for block := byte(0); len(id) < shape.size; block++ {
			id = append(id, f.MAC("passkey-made-up", []byte(canonical), []byte{byte(i), block})...)
		}
		out = append(out, protocol.CredentialDescriptor{
			Type: protocol.PublicKeyCredentialType, CredentialID: id[:shape.size], Transport: shape.transports,
		})
	}
	return out
}
