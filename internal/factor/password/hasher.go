package password

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"runtime"
	"time"
)

// Options is what a Hasher needs. The zero value of each field means its
// default.
type Options struct {
	// Params is the cost of new hashes; DefaultParams if all zero.
	Params Params
	// Concurrent is how many hashes may run at once; GOMAXPROCS if 0. Memory for
	// hashing is bounded by Concurrent × Params.MemoryKiB.
	Concurrent int
	// Queue is how many requests may wait for a place; 64 if 0.
	Queue int
	// Wait is how long one may wait; 2 s if 0.
	Wait time.Duration
	// Pepper holds keys to apply after argon2; nil for none.
	Pepper Peppers
	// Alarm is told when a stored hash cannot be used: unreadable, out of
	// bounds, or naming a pepper that is missing. The reason holds no secret and
	// no part of the hash beyond its numbers. It may be called from several
	// goroutines at once; nil for none.
	Alarm func(reason string)
}

// Hasher makes and checks password hashes behind one gate. It is safe for
// concurrent use; make one for the process.
type Hasher struct {
	params Params
	gate   *gate
	pepper Peppers
	alarm  func(string)
	decoy  ownHash // a hash no password is known for, for Spend
}

// Verdict is the answer to one check.
type Verdict struct {
	// Match says that the password is the right one.
	Match bool
	// Rehash says that the stored hash should be replaced by a fresh one of the
	// same password, now that it is known: other parameters, another pepper, or
	// an imported format. It is never set without Match.
	Rehash bool
}

// New returns a Hasher, or an error when the options are not acceptable:
// parameters below the floor (PW-06), a negative bound, an unfit pepper.
func New(o Options) (*Hasher, error) {
	o = o.withDefaults()
	if err := o.Params.Validate(); err != nil {
		return nil, err
	}
	if o.Concurrent < 0 || o.Queue < 0 || o.Wait < 0 {
		return nil, errors.New("password: Concurrent, Queue and Wait must not be negative")
	}
	if _, _, err := usable(o.Pepper); err != nil {
		return nil, err
	}
	return &Hasher{
		params: o.Params,
		gate:   newGate(o.Concurrent, o.Queue, o.Wait, o.Params.MemoryKiB),
		pepper: o.Pepper,
		alarm:  o.Alarm,
		decoy:  ownHash{params: o.Params, salt: random(saltSize), tag: random(tagSize)},
	}, nil
}

func (o Options) withDefaults() Options {
	if o.Params == (Params{}) {
		o.Params = DefaultParams()
	}
	if o.Concurrent == 0 {
		o.Concurrent = runtime.GOMAXPROCS(0)
	}
	if o.Queue == 0 {
		o.Queue = 64
	}
	if o.Wait == 0 {
		o.Wait = 2 * time.Second
	}
	if o.Pepper == nil {
		o.Pepper = noPeppers{}
	}
	if o.Alarm == nil {
		o.Alarm = func(string) {}
	}
	return o
}

// Hash returns a fresh hash of password as a PHC string to store. It judges no
// quality: that is Policy.Check.
//
// Errors: fault.CodeInvalidRequest for text that cannot be a password (TooLong,
// Normalize), fault.CodeBusy with RetryAfter when the gate is full, ctx.Err().
func (h *Hasher) Hash(ctx context.Context, password string) (string, error) {
	text, err := accept(password)
	if err != nil {
		return "", err
	}
	type made struct {
		encoded string
		err     error
	}
	m, err := through(ctx, h.gate, h.params.MemoryKiB, func() made {
		id, key, err := usable(h.pepper)
		if err != nil {
			return made{err: err}
		}
		own := ownHash{params: h.params, keyID: id, salt: random(saltSize)}
		own.tag = own.derive(text, tagSize)
		if id != "" {
			own.tag = season(own.tag, key)
		}
		return made{encoded: own.encode()}
	})
	if err != nil {
		return "", err
	}
	return m.encoded, m.err
}

// Verify reports whether password belongs to the stored hash.
//
// A hash that cannot be used is a wrong password, reported through
// Options.Alarm and paid for like any other (PW-07). An empty hash is a wrong
// password without an alarm, as Spend.
//
// Errors are those of Hash; a wrong password is not an error.
func (h *Hasher) Verify(ctx context.Context, encoded, password string) (Verdict, error) {
	text, err := accept(password)
	if err != nil {
		return Verdict{}, err
	}
	if encoded == "" {
		return Verdict{}, h.Spend(ctx)
	}
	stored, err := parse(encoded)
	if err != nil {
		h.alarm(err.Error())
		return Verdict{}, h.Spend(ctx)
	}
	return h.check(ctx, stored, password, text)
}

// Spend costs what a Verify costs and recognises nobody: call it for an unknown
// or disabled user and for one without a password, so that their answer takes
// as long as any other (PW-09). Errors are those of Verify.
func (h *Hasher) Spend(ctx context.Context) error {
	own := h.decoy
	own.keyID = currentID(h.pepper)
	_, err := h.check(ctx, own, decoyPassword, decoyPassword)
	return err
}

// decoyPassword is as long as an ordinary password.
const decoyPassword = "not anyone's password"

// check is the one path of every comparison.
func (h *Hasher) check(ctx context.Context, stored storedHash, raw, text string) (Verdict, error) {
	match, err := through(ctx, h.gate, stored.memoryKiB(), func() bool {
		return stored.matches(h, raw, text)
	})
	if err != nil || !match {
		return Verdict{}, err
	}
	return Verdict{Match: true, Rehash: stored.outdated(h)}, nil
}

// Stats returns how busy the gate is.
func (h *Hasher) Stats() GateStats { return h.gate.stats() }

func random(n int) []byte {
	b := make([]byte, n)
	rand.Read(b) // never fails: crypto/rand aborts the program instead
	return b
}

// missingPepper raises the alarm for a hash whose key is gone.
func (h *Hasher) missingPepper(id string) {
	h.alarm(fmt.Sprintf("a stored hash names the pepper %q, which is not configured", id))
}
