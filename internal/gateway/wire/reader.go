package wire

import (
	"io"
	"slices"
	"sync"
	"unicode/utf8"
)

// Limits bounds one message.
type Limits struct {
	Bytes  int // payload of the whole message
	Frames int // frames it may be cut into
}

// Message is a whole data message or one control frame.
type Message struct {
	Op   Opcode // Text, Binary, Close, Ping or Pong
	Data []byte // unmasked; valid until the next call of Next
}

// headSize is the buffer a Reader always holds: room for any header, any
// control frame and the small messages a client sends most.
const headSize = 192

// keepSize is the largest buffer that goes back to the pool, in bytes.
const keepSize = 16 << 10

// Buffers is the pool from which readers take space for larger messages. The
// zero value is ready.
type Buffers struct{ pool sync.Pool }

func (b *Buffers) get() []byte {
	if p, ok := b.pool.Get().(*[]byte); ok {
		return (*p)[:0]
	}
	return nil
}

func (b *Buffers) put(p []byte) {
	if cap(p) > 0 && cap(p) <= keepSize {
		b.pool.Put(&p)
	}
}

// Reader reads the messages of one client. It is not safe for concurrent use.
type Reader struct {
	src  io.Reader
	pool *Buffers
	pre  []byte // came with the handshake, not looked at yet
	part []byte // the message under assembly, or the one handed out last
	op   Opcode // what part will be; 0: no message has begun
	n    int    // frames of it so far
	r, w int    // the unread bytes in head
	head [headSize]byte
}

// Init prepares r to read from src what follows pre, the bytes that had already
// arrived behind the handshake. It keeps pre.
func (r *Reader) Init(src io.Reader, pre []byte, pool *Buffers) {
	*r = Reader{src: src, pre: pre, pool: pool}
}

// Wait returns when bytes are there for Next, or why none will come. It is the
// place for an idle connection to stand: the goroutine's stack is shallow here,
// and no larger buffer is held.
func (r *Reader) Wait() error {
	if r.op == 0 {
		r.release()
	}
	if r.r < r.w || len(r.pre) > 0 {
		return nil
	}
	n, err := r.src.Read(r.head[:])
	r.r, r.w = 0, n
	if n > 0 {
		return nil
	}
	return err
}

// Next returns the next data message or control frame. Control frames come as
// they arrive, also between the fragments of a message. The error is a
// *Violation if the peer broke the protocol or a limit, else what reading gave;
// after an error only Discard may be called.
func (r *Reader) Next(l Limits) (Message, error) {
	if r.op == 0 {
		r.release()
	}
	for {
		h, err := r.header()
		if err != nil {
			return Message{}, err
		}
		if h.op.Control() {
			p, err := r.small(h)
			return Message{h.op, p}, err
		}
		m, done, err := r.data(h, l)
		if done || err != nil {
			return m, err
		}
	}
}

// Discard reads and drops whatever still comes, until reading fails.
func (r *Reader) Discard() {
	r.release()
	for {
		if _, err := r.src.Read(r.head[:]); err != nil {
			return
		}
	}
}

func (r *Reader) release() {
	if r.part != nil {
		r.pool.put(r.part)
		r.part = nil
	}
}

// data takes one data frame; done is set when it completes a message.
func (r *Reader) data(h header, l Limits) (m Message, done bool, err error) {
	if err := r.sequence(h, l); err != nil {
		return m, false, err
	}
	if h.fin && r.n == 1 && h.length <= headSize-maxHeader {
		m.Data, err = r.small(h)
	} else if err = r.large(h); err == nil {
		m.Data = r.part
	}
	if err != nil || !h.fin {
		return m, false, err
	}
	m.Op = r.op
	r.op, r.n = 0, 0
	if m.Op == Text && !utf8.Valid(m.Data) {
		return Message{}, false, &Violation{CodeNotUTF8, "a text message that is not UTF-8"}
	}
	return m, true, nil
}

// sequence checks that a data frame may come here and fits the limits.
func (r *Reader) sequence(h header, l Limits) error {
	switch {
	case h.op == Continuation && r.op == 0:
		return protocolError("a continuation of nothing")
	case h.op != Continuation && r.op != 0:
		return protocolError("a new message inside another")
	case h.length > uint64(max(0, l.Bytes-len(r.part))):
		return &Violation{CodeTooBig, "a message is too long"}
	case r.n >= l.Frames || r.n+1 == l.Frames && !h.fin:
		return &Violation{CodeTooBig, "a message has too many fragments"}
	}
	if h.op != Continuation {
		r.op = h.op
	}
	r.n++
	return nil
}

// header reads one frame header; a hopeless frame is refused from its first two
// bytes.
func (r *Reader) header() (header, error) {
	if err := r.need(2); err != nil {
		return header{}, err
	}
	n, err := headerSize(r.head[r.r], r.head[r.r+1])
	if err != nil {
		return header{}, err
	}
	if err := r.need(n); err != nil {
		return header{}, err
	}
	h, err := parseHeader(r.head[r.r : r.r+n])
	r.r += n
	return h, err
}

// small reads a payload that fits into head.
func (r *Reader) small(h header) ([]byte, error) {
	n := int(h.length)
	if err := r.need(n); err != nil {
		return nil, err
	}
	p := r.head[r.r : r.r+n]
	r.r += n
	unmask(p, h.mask, 0)
	return p, nil
}

// large appends a payload to part, which grows only as bytes really arrive.
func (r *Reader) large(h header) error {
	if r.part == nil {
		r.part = r.pool.get()
	}
	for done, n := 0, int(h.length); done < n; {
		r.part = slices.Grow(r.part, min(n-done, max(512, len(r.part))))
		at := len(r.part)
		space := r.part[at:min(cap(r.part), at+n-done)]
		k, err := r.read(space)
		unmask(space[:k], h.mask, done)
		r.part = r.part[:at+k]
		done += k
		if err != nil && done < n {
			return err
		}
	}
	return nil
}

// need makes at least n bytes available at head[r.r:].
func (r *Reader) need(n int) error {
	if r.w-r.r >= n {
		return nil
	}
	r.w = copy(r.head[:], r.head[r.r:r.w])
	r.r = 0
	for r.w < n {
		k, err := r.fill(r.head[r.w:])
		r.w += k
		if err != nil && r.w < n {
			return err
		}
	}
	return nil
}

// read gives what lies in head before it reads further.
func (r *Reader) read(p []byte) (int, error) {
	if r.r < r.w {
		k := copy(p, r.head[r.r:r.w])
		r.r += k
		return k, nil
	}
	return r.fill(p)
}

func (r *Reader) fill(p []byte) (int, error) {
	if len(r.pre) > 0 {
		k := copy(p, r.pre)
		if r.pre = r.pre[k:]; len(r.pre) == 0 {
			r.pre = nil
		}
		return k, nil
	}
	return r.src.Read(p)
}
