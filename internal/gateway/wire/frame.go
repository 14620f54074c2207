package wire

import (
	"encoding/binary"
	"unicode/utf8"
)

// Opcode is the kind of a frame (RFC 6455 §5.2).
type Opcode byte

// The opcodes of the RFC; all others are reserved and refused.
const (
	Continuation Opcode = 0x0
	Text         Opcode = 0x1
	Binary       Opcode = 0x2
	Close        Opcode = 0x8
	Ping         Opcode = 0x9
	Pong         Opcode = 0xA
)

// Control reports whether frames of this kind steer the connection instead of
// carrying data.
func (o Opcode) Control() bool { return o&0x8 != 0 }

func (o Opcode) known() bool { return o <= Binary || o >= Close && o <= Pong }

// The close codes this package gives or understands (RFC 6455 §7.4.1).
const (
	CodeNormal   uint16 = 1000
	CodeProtocol uint16 = 1002 // the bytes are no WebSocket frame we may accept
	CodeNoStatus uint16 = 1005 // never on the wire: the close frame was empty
	CodeNotUTF8  uint16 = 1007 // text that is not UTF-8
	CodeTooBig   uint16 = 1009 // more bytes, or more frames, than a message may have
)

// MaxControl is the largest payload of a control frame in bytes (RFC 6455 §5.5).
const MaxControl = 125

// maxHeader is the longest header a client can send: two bytes, an eight-byte
// length, a four-byte mask.
const maxHeader = 14

// Violation is an error of the peer: the connection is closed with Code.
type Violation struct {
	Code   uint16
	Reason string // fixed text, free of the peer's bytes
}

// Error gives the reason, for logs.
func (v *Violation) Error() string { return "wire: " + v.Reason }

func protocolError(reason string) error { return &Violation{CodeProtocol, reason} }

// header is the decoded head of one frame.
type header struct {
	op     Opcode
	fin    bool
	length uint64
	mask   [4]byte
}

// headerSize gives the full size of the header that begins with these two
// bytes, or why the frame is refused whatever follows.
func headerSize(b0, b1 byte) (int, error) {
	op := Opcode(b0 & 0x0F)
	switch {
	case b0&0x70 != 0:
		return 0, protocolError("a reserved bit is set")
	case !op.known():
		return 0, protocolError("unknown opcode")
	case b1&0x80 == 0:
		return 0, protocolError("a frame from a client must be masked")
	case op.Control() && b0&0x80 == 0:
		return 0, protocolError("a control frame must not be fragmented")
	case op.Control() && b1&0x7F > MaxControl:
		return 0, protocolError("a control frame is too long")
	}
	switch b1 & 0x7F {
	case 126:
		return 2 + 2 + 4, nil
	case 127:
		return 2 + 8 + 4, nil
	default:
		return 2 + 4, nil
	}
}

// parseHeader decodes a header of the size headerSize gave.
func parseHeader(b []byte) (header, error) {
	h := header{op: Opcode(b[0] & 0x0F), fin: b[0]&0x80 != 0}
	switch n := b[1] & 0x7F; n {
	case 126:
		h.length = uint64(binary.BigEndian.Uint16(b[2:]))
		if h.length < 126 {
			return h, protocolError("the length is not in its shortest form")
		}
	case 127:
		h.length = binary.BigEndian.Uint64(b[2:])
		if h.length>>63 != 0 {
			return h, protocolError("the length has its highest bit set")
		}
		if h.length <= 0xFFFF {
			return h, protocolError("the length is not in its shortest form")
		}
	default:
		h.length = uint64(n)
	}
	copy(h.mask[:], b[len(b)-4:])
	return h, nil
}

// unmask removes the client's mask from p, the bytes of a payload that begin at
// offset in it.
func unmask(p []byte, mask [4]byte, offset int) {
	var k [8]byte
	for i := range k {
		k[i] = mask[(offset+i)&3]
	}
	word := binary.LittleEndian.Uint64(k[:])
	for len(p) >= 8 {
		binary.LittleEndian.PutUint64(p, binary.LittleEndian.Uint64(p)^word)
		p = p[8:]
	}
	for i := range p {
		p[i] ^= k[i]
	}
}

// AppendFrame appends one whole, unmasked frame with that payload to dst.
func AppendFrame(dst []byte, op Opcode, payload []byte) []byte {
	dst = append(dst, 0x80|byte(op))
	switch n := len(payload); {
	case n <= MaxControl:
		dst = append(dst, byte(n))
	case n <= 0xFFFF:
		dst = binary.BigEndian.AppendUint16(append(dst, 126), uint16(n))
	default:
		dst = binary.BigEndian.AppendUint64(append(dst, 127), uint64(n))
	}
	return append(dst, payload...)
}

// AppendClose appends a close frame. A reason longer than 123 bytes is cut at a
// character; CodeNoStatus gives an empty frame.
func AppendClose(dst []byte, code uint16, reason string) []byte {
	if code == CodeNoStatus {
		return AppendFrame(dst, Close, nil)
	}
	var b [MaxControl]byte
	binary.BigEndian.PutUint16(b[:], code)
	n := 2 + copy(b[2:], reason)
	if n-2 < len(reason) {
		for n > 2 && !utf8.Valid(b[2:n]) {
			n--
		}
	}
	return AppendFrame(dst, Close, b[:n])
}

// ParseClose reads the payload of a close frame; CodeNoStatus for an empty one.
// A payload the RFC forbids is a *Violation.
func ParseClose(p []byte) (code uint16, reason string, err error) {
	switch {
	case len(p) == 0:
		return CodeNoStatus, "", nil
	case len(p) == 1:
		return 0, "", protocolError("a close frame of one byte")
	}
	code = binary.BigEndian.Uint16(p)
	if !sendable(code) {
		return 0, "", protocolError("a close code that must not be sent")
	}
	if !utf8.Valid(p[2:]) {
		return 0, "", &Violation{CodeNotUTF8, "a close reason that is not UTF-8"}
	}
	return code, string(p[2:]), nil
}

// sendable reports whether a peer may send code (RFC 6455 §7.4 and the IANA
// registry): 1004, 1005, 1006 and 1015 only ever exist inside a program.
func sendable(code uint16) bool {
	switch {
	case code >= 3000 && code <= 4999:
		return true
	case code >= 1000 && code <= 1014:
		return code < 1004 || code > 1006
	default:
		return false
	}
}
