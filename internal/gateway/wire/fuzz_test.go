package wire_test

import (
	"bufio"
	"bytes"
	"crypto/sha1"
	"encoding/base64"
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/sallyport/sallyport/internal/gateway/wire"
)

// FuzzHandshake holds that what is taken for an opening handshake is one
// (RFC 6455 §4.2.1), that offers are single names, and that the answer is a 101
// with the key's hash and nothing that the client slipped in.
func FuzzHandshake(f *testing.F) {
	const head = "GET /ws HTTP/1.1\r\nHost: x\r\nConnection: keep-alive, Upgrade\r\nUpgrade: WebSocket\r\nSec-WebSocket-Version: 13\r\n"
	for _, s := range []string{
		head + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: a, b ,\t,c\r\nSec-WebSocket-Protocol: d\r\n\r\n",
		head + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
		head + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZR==\r\n\r\n",
		strings.Replace(head, "1.1", "1.0", 1) + "\r\n", strings.Replace(head, "GET", "POST", 1) + "\r\n", "",
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		r, err := http.ReadRequest(bufio.NewReader(bytes.NewReader(raw)))
		if err != nil {
			return
		}
		for _, p := range wire.Protocols(r) {
			if p == "" || strings.ContainsAny(p, ",\r\n") || strings.Trim(p, " \t") != p {
				t.Errorf("got the offer %q, want one name", p)
			}
		}
		key, err := wire.Key(r)
		if err != nil {
			if !errors.Is(err, wire.ErrNotUpgrade) && !errors.Is(err, wire.ErrVersion) && !errors.Is(err, wire.ErrKey) {
				t.Errorf("got %v, want an error that is documented", err)
			}
			return
		}
		nonce, err := base64.StdEncoding.DecodeString(key)
		if r.Method != http.MethodGet || !r.ProtoAtLeast(1, 1) || err != nil || len(nonce) != 16 || base64.StdEncoding.EncodeToString(nonce) != key {
			t.Errorf("%q: got it taken for a handshake", raw)
		}
		resp, err := http.ReadResponse(bufio.NewReader(bytes.NewReader(wire.AppendAccept(nil, key, ""))), nil)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		sum := sha1.Sum([]byte(key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"))
		if got := resp.Header.Get("Sec-WebSocket-Accept"); resp.StatusCode != 101 || len(resp.Header) != 3 || got != base64.StdEncoding.EncodeToString(sum[:]) {
			t.Errorf("got %d with %v", resp.StatusCode, resp.Header)
		}
	})
}
