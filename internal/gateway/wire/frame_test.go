package wire_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/sallyport/sallyport/internal/gateway/wire"
)

func TestAppendFrame(t *testing.T) {
	cases := []struct {
		name    string
		op      wire.Opcode
		payload []byte
		head    []byte
	}{
		{"RFC 6455 5.7: unmasked hello", wire.Text, []byte("Hello"), []byte{0x81, 0x05}},
		{"RFC 6455 5.7: unmasked ping", wire.Ping, []byte("Hello"), []byte{0x89, 0x05}},
		{"RFC 6455 5.7: 256 bytes", wire.Binary, make([]byte, 256), []byte{0x82, 0x7E, 0x01, 0x00}},
		{"RFC 6455 5.7: 64 KiB", wire.Binary, make([]byte, 65536), []byte{0x82, 0x7F, 0, 0, 0, 0, 0, 1, 0, 0}},
		{"125 bytes", wire.Text, make([]byte, 125), []byte{0x81, 125}},
		{"126 bytes", wire.Text, make([]byte, 126), []byte{0x81, 126, 0, 126}},
		{"65,535 bytes", wire.Text, make([]byte, 65535), []byte{0x81, 126, 0xFF, 0xFF}},
		{"nothing", wire.Pong, nil, []byte{0x8A, 0}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			got := wire.AppendFrame([]byte("before"), c.op, c.payload)
			want := "before" + string(c.head) + string(c.payload)
			if string(got) != want {
				t.Errorf("got % x, want % x", got[:min(20, len(got))], want[:min(20, len(want))])
			}
		})
	}
}

func TestAppendCloseCutsTheReasonAtACharacter(t *testing.T) {
	for _, reason := range []string{"", "bye", strings.Repeat("x", 123), strings.Repeat("x", 500), strings.Repeat("€", 100), "x" + strings.Repeat("𝄞", 60)} {
		f := wire.AppendClose(nil, 4001, reason)
		if len(f) > 2+wire.MaxControl || int(f[1]) != len(f)-2 {
			t.Fatalf("reason of %d bytes: got a frame of %d bytes that says %d", len(reason), len(f), f[1])
		}
		code, got, err := wire.ParseClose(f[2:])
		if err != nil || code != 4001 {
			t.Errorf("reason of %d bytes: got code %d, error %v", len(reason), code, err)
		}
		if !strings.HasPrefix(reason, got) || !utf8.ValidString(got) || len(reason) <= 123 && got != reason {
			t.Errorf("got reason %q, want the beginning of %q", got, reason)
		}
	}
	if got, want := wire.AppendClose(nil, wire.CodeNoStatus, "x"), []byte{0x88, 0}; !bytes.Equal(got, want) {
		t.Errorf("no status: got % x, want % x", got, want)
	}
}

func TestParseClose(t *testing.T) {
	cases := []struct {
		name    string
		payload string
		code    uint16
		refused uint16
	}{
		{"empty", "", 1005, 0},
		{"normal", "\x03\xe8", 1000, 0},
		{"going away with a reason", "\x03\xe9tab closed", 1001, 0},
		{"an application's code", "\x0f\xa1", 4001, 0},
		{"a library's code", "\x0b\xb8", 3000, 0},
		{"WS-08 one byte", "\x03", 0, 1002},
		{"WS-08 code 0", "\x00\x00", 0, 1002},
		{"WS-08 code 999", "\x03\xe7", 0, 1002},
		{"WS-08 code 1004", "\x03\xec", 0, 1002},
		{"WS-08 code 1005", "\x03\xed", 0, 1002},
		{"WS-08 code 1006", "\x03\xee", 0, 1002},
		{"WS-08 code 1015", "\x03\xf7", 0, 1002},
		{"WS-08 code 2999", "\x0b\xb7", 0, 1002},
		{"WS-08 code 5000", "\x13\x88", 0, 1002},
		{"WS-08 a reason that is not UTF-8", "\x03\xe8\xff\xff", 0, 1007},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			got, _, err := wire.ParseClose([]byte(c.payload))
			var v *wire.Violation
			if errors.As(err, &v) != (c.refused != 0) || c.refused != 0 && v.Code != c.refused {
				t.Fatalf("got error %v, want a violation %d", err, c.refused)
			}
			if got != c.code {
				t.Errorf("got code %d, want %d", got, c.code)
			}
		})
	}
}

func FuzzParseClose(f *testing.F) {
	f.Add([]byte("\x03\xe8bye"))
	f.Fuzz(func(t *testing.T, b []byte) {
		code, reason, err := wire.ParseClose(b)
		if err == nil && len(b) <= wire.MaxControl && len(b) > 0 && !bytes.Equal(wire.AppendClose(nil, code, reason)[2:], b) {
			t.Errorf("got % x back, want % x", wire.AppendClose(nil, code, reason)[2:], b)
		}
	})
}
