package wire_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"runtime"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/sallyport/sallyport/internal/gateway/wire"
)

var usual = wire.Limits{Bytes: 64 << 10, Frames: 16}

// masked builds a client frame: b0 as given, payload masked with a fixed key.
func masked(b0 byte, payload []byte) []byte {
	out := []byte{b0}
	switch n := len(payload); {
	case n < 126:
		out = append(out, 0x80|byte(n))
	case n <= 0xFFFF:
		out = binary.BigEndian.AppendUint16(append(out, 0x80|126), uint16(n))
	default:
		out = binary.BigEndian.AppendUint64(append(out, 0x80|127), uint64(n))
	}
	key := [4]byte{0x37, 0xfa, 0x21, 0x3d}
	out = append(out, key[:]...)
	for i, c := range payload {
		out = append(out, c^key[i&3])
	}
	return out
}

func reader(src io.Reader, pre ...byte) *wire.Reader {
	r := new(wire.Reader)
	r.Init(src, pre, new(wire.Buffers))
	return r
}

type got struct {
	op   wire.Opcode
	data string
}

// all reads until an error; every second time it waits for bytes first.
func all(r *wire.Reader, l wire.Limits) (out []got, err error) {
	for i := 0; ; i++ {
		if i%2 == 1 {
			if err := r.Wait(); err != nil {
				return out, err
			}
		}
		m, err := r.Next(l)
		if err != nil {
			return out, err
		}
		out = append(out, got{m.Op, string(m.Data)})
	}
}

func TestReaderTakesWhatTheRFCAllows(t *testing.T) {
	long := strings.Repeat("sallyport ", 5000)
	hello := []byte{0x81, 0x85, 0x37, 0xfa, 0x21, 0x3d, 0x7f, 0x9f, 0x4d, 0x51, 0x58}
	cases := []struct {
		name  string
		bytes []byte
		want  []got
	}{
		{"RFC 6455 5.7: masked hello", hello, []got{{wire.Text, "Hello"}}},
		{"RFC 6455 5.7: fragmented hello", join(masked(0x01, []byte("Hel")), masked(0x80, []byte("lo"))), []got{{wire.Text, "Hello"}}},
		{"RFC 6455 5.7: masked pong", []byte{0x8a, 0x85, 0x37, 0xfa, 0x21, 0x3d, 0x7f, 0x9f, 0x4d, 0x51, 0x58}, []got{{wire.Pong, "Hello"}}},
		{"256 bytes binary", masked(0x82, make([]byte, 256)), []got{{wire.Binary, string(make([]byte, 256))}}},
		{"50,000 bytes", masked(0x81, []byte(long)), []got{{wire.Text, long}}},
		{"exactly the limit", masked(0x82, make([]byte, 64<<10)), []got{{wire.Binary, string(make([]byte, 64<<10))}}},
		{"empty text", masked(0x81, nil), []got{{wire.Text, ""}}},
		{"a ping between fragments comes first", join(masked(0x01, []byte("a")), masked(0x89, []byte("?")), masked(0x80, []byte("b"))),
			[]got{{wire.Ping, "?"}, {wire.Text, "ab"}}},
		{"a character cut by a fragment", join(masked(0x01, []byte("\xe2\x82")), masked(0x80, []byte("\xac"))), []got{{wire.Text, "€"}}},
		{"sixteen fragments, some empty", join(masked(0x02, nil), bytes.Repeat(masked(0x00, []byte("x")), 14), masked(0x80, nil)),
			[]got{{wire.Binary, strings.Repeat("x", 14)}}},
		{"a control frame of 125 bytes", masked(0x89, make([]byte, 125)), []got{{wire.Ping, string(make([]byte, 125))}}},
		{"two messages in one packet", join(hello, masked(0x81, []byte(long)), hello), []got{{wire.Text, "Hello"}, {wire.Text, long}, {wire.Text, "Hello"}}},
		{"close", masked(0x88, []byte("\x03\xe8bye")), []got{{wire.Close, "\x03\xe8bye"}}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			for way, r := range map[string]*wire.Reader{
				"whole":                       reader(bytes.NewReader(c.bytes)),
				"byte by byte":                reader(iotest.OneByteReader(bytes.NewReader(c.bytes))),
				"halves":                      reader(iotest.HalfReader(bytes.NewReader(c.bytes))),
				"data with EOF":               reader(iotest.DataErrReader(bytes.NewReader(c.bytes))),
				"all came with the handshake": reader(bytes.NewReader(nil), c.bytes...),
				"half came with the handshake": reader(bytes.NewReader(c.bytes[len(c.bytes)/2:]),
					c.bytes[:len(c.bytes)/2]...),
			} {
				out, err := all(r, usual)
				if !errors.Is(err, io.EOF) {
					t.Errorf("%s: got error %v, want EOF", way, err)
				}
				if len(out) != len(c.want) {
					t.Fatalf("%s: got %d messages, want %d", way, len(out), len(c.want))
				}
				for i := range out {
					if out[i] != c.want[i] {
						t.Errorf("%s: message %d: got op %x and %d bytes, want op %x and %d bytes", way, i,
							out[i].op, len(out[i].data), c.want[i].op, len(c.want[i].data))
					}
				}
			}
		})
	}
}

func join(parts ...[]byte) []byte { return bytes.Join(parts, nil) }

// hostile is what a peer may send to hurt us, and the code it is closed with.
var hostile = []struct {
	name  string
	bytes []byte
	code  uint16
}{
	{"RSV1", masked(0xC1, []byte("x")), 1002},
	{"RSV2", masked(0xA1, []byte("x")), 1002},
	{"RSV3", masked(0x91, []byte("x")), 1002},
	{"RSV on a ping", masked(0xC9, nil), 1002},
	{"reserved opcode 3", masked(0x83, nil), 1002},
	{"reserved opcode 7", masked(0x87, nil), 1002},
	{"reserved opcode B", masked(0x8B, nil), 1002},
	{"reserved opcode F", masked(0x8F, nil), 1002},
	{"unmasked text", []byte{0x81, 0x02, 'h', 'i'}, 1002},
	{"unmasked, cut after two bytes", []byte{0x81, 0x7F}, 1002},
	{"control of 126 bytes", masked(0x89, make([]byte, 126)), 1002},
	{"control with a 64-bit length", []byte{0x88, 0xFF}, 1002},
	{"fragmented ping", masked(0x09, nil), 1002},
	{"fragmented close", masked(0x08, nil), 1002},
	{"a continuation of nothing", masked(0x80, []byte("x")), 1002},
	{"an open continuation of nothing", masked(0x00, nil), 1002},
	{"text inside text", join(masked(0x01, []byte("a")), masked(0x81, []byte("b"))), 1002},
	{"binary inside text", join(masked(0x01, []byte("a")), masked(0x02, []byte("b"))), 1002},
	{"length 5 in 16 bits", []byte{0x81, 0xFE, 0, 5, 0, 0, 0, 0}, 1002},
	{"length 300 in 64 bits", []byte{0x81, 0xFF, 0, 0, 0, 0, 0, 0, 1, 44, 0, 0, 0, 0}, 1002},
	{"length 2^63", []byte{0x82, 0xFF, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}, 1002},
	{"length 2^64-1", []byte{0x82, 0xFF, 255, 255, 255, 255, 255, 255, 255, 255, 0, 0, 0, 0}, 1002},
	{"length 2^63-1", []byte{0x82, 0xFF, 0x7F, 255, 255, 255, 255, 255, 255, 255, 0, 0, 0, 0}, 1009},
	{"length 2^32", []byte{0x82, 0xFF, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0}, 1009},
	{"one byte above the limit", masked(0x82, make([]byte, 64<<10+1)), 1009},
	{"fragments above the limit together", join(masked(0x02, make([]byte, 40<<10)), masked(0x80, make([]byte, 40<<10))), 1009},
	{"a hundred thousand empty fragments", join(masked(0x01, nil), bytes.Repeat(masked(0x00, nil), 100_000)), 1009},
	{"a hundred thousand fragments", join(masked(0x01, []byte("x")), bytes.Repeat(masked(0x00, []byte("x")), 100_000)), 1009},
	{"text that is not UTF-8", masked(0x81, []byte("\xff\xfe")), 1007},
	{"a surrogate in UTF-8", masked(0x81, []byte("\xed\xa0\x80")), 1007},
	{"an overlong slash", masked(0x81, []byte("\xc0\xaf")), 1007},
	{"a cut character", masked(0x81, []byte("caf\xc3")), 1007},
	{"bad UTF-8 over two fragments", join(masked(0x01, []byte("\xe2\x82")), masked(0x80, []byte("x"))), 1007},
}

func TestReaderRefusesHostileFrames(t *testing.T) {
	for _, c := range hostile {
		t.Run("WS-08 "+c.name, func(t *testing.T) {
			for _, src := range []io.Reader{bytes.NewReader(c.bytes), iotest.OneByteReader(bytes.NewReader(c.bytes))} {
				_, err := all(reader(src), usual)
				var v *wire.Violation
				if !errors.As(err, &v) {
					t.Fatalf("got error %v, want a violation", err)
				}
				if v.Code != c.code {
					t.Errorf("got code %d (%s), want %d", v.Code, v.Reason, c.code)
				}
			}
		})
	}
}

func TestReaderTakesNoMemoryOnPromise(t *testing.T) {
	t.Run("WS-08 a thousand headers that promise 64 KiB and bring none", func(t *testing.T) {
		head := masked(0x82, make([]byte, 64<<10))[:14+100] // a hundred bytes of the payload
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		readers := make([]*wire.Reader, 1000)
		for i := range readers {
			readers[i] = reader(bytes.NewReader(head))
			if _, err := readers[i].Next(usual); !errors.Is(err, io.EOF) {
				t.Fatalf("got %v, want EOF", err)
			}
		}
		runtime.ReadMemStats(&after)
		per := (after.TotalAlloc - before.TotalAlloc) / uint64(len(readers))
		if per > 4096 {
			t.Errorf("got %d bytes allocated per reader, want at most 4096", per)
		}
		runtime.KeepAlive(readers)
	})
}

func TestReaderAllocatesNothingForSmallMessages(t *testing.T) {
	frame := masked(0x81, []byte(`{"type":"ping","id":"0001"}`))
	r := reader(&loop{b: frame})
	n := testing.AllocsPerRun(1000, func() {
		if _, err := r.Next(usual); err != nil {
			t.Fatal(err)
		}
	})
	if n != 0 {
		t.Errorf("got %v allocations per message, want 0", n)
	}
}

// loop gives the same bytes again and again.
type loop struct {
	b  []byte
	at int
}

func (l *loop) Read(p []byte) (int, error) {
	n := copy(p, l.b[l.at:])
	l.at = (l.at + n) % len(l.b)
	return n, nil
}

func TestDiscardEndsWithTheStream(t *testing.T) {
	src := bytes.NewReader(make([]byte, 1<<20))
	reader(src).Discard()
	if src.Len() != 0 {
		t.Errorf("got %d bytes left, want 0", src.Len())
	}
}

func FuzzReader(f *testing.F) {
	for _, c := range hostile {
		if len(c.bytes) < 1<<10 {
			f.Add(c.bytes, uint16(3))
		}
	}
	f.Add(join(masked(0x01, []byte("Hel")), masked(0x89, nil), masked(0x80, []byte("lo")), masked(0x88, []byte("\x03\xe8"))), uint16(1))
	f.Add(masked(0x82, make([]byte, 2000)), uint16(700))
	limits := wire.Limits{Bytes: 4096, Frames: 8}
	f.Fuzz(func(t *testing.T, b []byte, cut uint16) {
		whole, err1 := all(reader(bytes.NewReader(b)), limits)
		at := min(int(cut), len(b))
		parts, err2 := all(reader(iotest.OneByteReader(bytes.NewReader(b[at:])), b[:at]...), limits)
		if len(whole) != len(parts) || code(err1) != code(err2) {
			t.Fatalf("got %d messages and code %d in one piece, %d and %d in parts", len(whole), code(err1), len(parts), code(err2))
		}
		for i, m := range whole {
			if m != parts[i] {
				t.Fatalf("message %d: got %q in one piece, %q in parts", i, m.data, parts[i].data)
			}
			if len(m.data) > limits.Bytes || m.op.Control() && len(m.data) > wire.MaxControl {
				t.Fatalf("message %d: got %d bytes, want at most the limit", i, len(m.data))
			}
		}
	})
}

func code(err error) uint16 {
	var v *wire.Violation
	if errors.As(err, &v) {
		return v.Code
	}
	return 0
}
