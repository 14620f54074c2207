package wire

import (
	"crypto/sha1" //nolint:gosec // RFC 6455 §1.3 fixes SHA-1; nothing rests on its strength
	"encoding/base64"
	"errors"
	"net/http"
	"strings"
)

// acceptGUID is the constant of RFC 6455 §1.3.
const acceptGUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"

// Why a request is no opening handshake.
var (
	ErrNotUpgrade = errors.New("wire: not a WebSocket upgrade request")
	ErrVersion    = errors.New("wire: only version 13 of the protocol is spoken")
	ErrKey        = errors.New("wire: Sec-WebSocket-Key must be 16 bytes in base64")
)

// Key checks the opening handshake of a client (RFC 6455 §4.2.1) and returns
// its key. The error is one of those above.
func Key(r *http.Request) (string, error) {
	switch {
	case r.Method != http.MethodGet, r.ProtoMajor != 1, r.ProtoMinor < 1,
		!hasToken(r.Header.Values("Connection"), "upgrade"),
		!hasToken(r.Header.Values("Upgrade"), "websocket"):
		return "", ErrNotUpgrade
	case r.Header.Get("Sec-WebSocket-Version") != "13":
		return "", ErrVersion
	}
	keys := r.Header.Values("Sec-WebSocket-Key")
	if len(keys) != 1 {
		return "", ErrKey
	}
	b, err := base64.StdEncoding.Strict().DecodeString(keys[0])
	if err != nil || len(b) != 16 {
		return "", ErrKey
	}
	return keys[0], nil
}

// Protocols returns the subprotocols the client offers, in its order.
func Protocols(r *http.Request) []string {
	var out []string
	for _, line := range r.Header.Values("Sec-WebSocket-Protocol") {
		for p := range strings.SplitSeq(line, ",") {
			if p = strings.Trim(p, " \t"); p != "" {
				out = append(out, p)
			}
		}
	}
	return out
}

// AppendAccept appends the 101 answer to a handshake with that key. An empty
// protocol is left out.
func AppendAccept(dst []byte, key, protocol string) []byte {
	sum := sha1.Sum([]byte(key + acceptGUID)) //nolint:gosec // see the import
	dst = append(dst, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: "...)
	dst = base64.StdEncoding.AppendEncode(dst, sum[:])
	if protocol != "" {
		dst = append(dst, "\r\nSec-WebSocket-Protocol: "...)
		dst = append(dst, protocol...)
	}
	return append(dst, "\r\n\r\n"...)
}

func hasToken(lines []string, want string) bool {
	for _, line := range lines {
		for t := range strings.SplitSeq(line, ",") {
			if strings.EqualFold(strings.Trim(t, " \t"), want) {
				return true
			}
		}
	}
	return false
}
