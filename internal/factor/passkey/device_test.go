package passkey_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"testing"
)

// The flags of authenticator data (WebAuthn Level 3 §6.1).
const (
	up, uv, be, bs, at = 1, 4, 8, 16, 64
)

// device is a software authenticator that says whatever a test wants.
type device struct {
	id     []byte
	key    *ecdsa.PrivateKey
	site   string
	flags  byte
	count  uint32
	handle []byte
	cose   []byte         // public key, where it is not the device's own
	client map[string]any // what the browser says
}

func newDevice(t testing.TB) *device {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return &device{
		id: []byte(rand.Text()), key: key, site: "example.org", flags: up | uv,
		client: map[string]any{"origin": "https://example.org", "crossOrigin": false},
	}
}

// with is a copy that differs.
func (d *device) with(change func(*device)) *device {
	c := *d
	c.client = map[string]any{}
	for k, v := range d.client {
		c.client[k] = v
	}
	change(&c)
	return &c
}

func (d *device) publicKey(t testing.TB) []byte {
	t.Helper()
	if d.cose != nil {
		return d.cose
	}
	raw, err := d.key.PublicKey.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	// {1: 2, 3: -7, -1: 1, -2: x, -3: y}
	out := append([]byte{0xa5, 1, 2, 3, 0x26, 0x20, 1, 0x21, 0x58, 0x20}, raw[1:33]...)
	return append(append(out, 0x22, 0x58, 0x20), raw[33:]...)
}

// rsaKey is a COSE key for RS256 with a modulus of that many bytes.
func rsaKey(size int, exponent ...byte) []byte {
	// {1: 3, 3: -257, -1: n, -2: e}
	out := binary.BigEndian.AppendUint16([]byte{0xa4, 1, 3, 3, 0x39, 1, 0, 0x20, 0x59}, uint16(size))
	out = append(out, bytes.Repeat([]byte{0xc5}, size)...)
	return append(append(out, 0x21, 0x40|byte(len(exponent))), exponent...)
}

func (d *device) authenticatorData(flags byte) []byte {
	hash := sha256.Sum256([]byte(d.site))
	return binary.BigEndian.AppendUint32(append(hash[:], flags), d.count)
}

func (d *device) clientData(t testing.TB, kind string, challenge []byte) []byte {
	t.Helper()
	c := map[string]any{"type": kind, "challenge": b64(challenge)}
	for k, v := range d.client {
		c[k] = v
	}
	raw, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// create answers a registration, without attestation.
func (d *device) create(t testing.TB, challenge []byte) []byte {
	t.Helper()
	data := append(d.authenticatorData(d.flags|at), make([]byte, 16)...)
	data = append(binary.BigEndian.AppendUint16(data, uint16(len(d.id))), d.id...)
	data = append(data, d.publicKey(t)...)
	// {"fmt": "none", "attStmt": {}, "authData": …}
	object := append([]byte("\xa3\x63fmt\x64none\x67attStmt\xa0\x68authData\x59"), binary.BigEndian.AppendUint16(nil, uint16(len(data)))...)
	return response(d.id, map[string][]byte{
		"clientDataJSON": d.clientData(t, "webauthn.create", challenge), "attestationObject": append(object, data...),
	})
}

// get answers a question.
func (d *device) get(t testing.TB, challenge []byte) []byte {
	t.Helper()
	kind, _ := d.client["type"].(string)
	if kind == "" {
		kind = "webauthn.get"
	}
	data, client := d.authenticatorData(d.flags), d.clientData(t, kind, challenge)
	hash := sha256.Sum256(client)
	digest := sha256.Sum256(append(append([]byte{}, data...), hash[:]...))
	sig, err := ecdsa.SignASN1(rand.Reader, d.key, digest[:])
	if err != nil {
		t.Fatal(err)
	}
	fields := map[string][]byte{"clientDataJSON": client, "authenticatorData": data, "signature": sig}
	if d.handle != nil {
		fields["userHandle"] = d.handle
	}
	return response(d.id, fields)
}
