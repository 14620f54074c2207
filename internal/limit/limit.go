package limit

import (
	"context"
	"crypto/sha256"
	"errors"
	"time"

	"github.com/sallyport/sallyport/internal/fault"
)

// ErrRule is returned for a rule that allows nothing sensible: no name, N below
// one, or a period of less than a microsecond or more than MaxPer. The request
// is to be refused then.
var ErrRule = errors.New("limit: rule without a name, a count or a period")

// The upper bounds of a rule; they keep every sum exact in the 53 bits that a
// script inside Redis has for whole numbers.
const (
	MaxN   = 1_000_000_000
	MaxPer = 366 * 24 * time.Hour
)

// Rule says how often something may happen: N times in Per. Rules with the same
// name share their counts, so a name stands for one rule in the whole program.
type Rule struct {
	Name string // "signin_ip": short, from the program, never from a request
	N    int
	Per  time.Duration
}

// Check returns ErrRule unless the rule can be applied.
func (r Rule) Check() error {
	if r.Name == "" || r.N < 1 || r.N > MaxN || r.Per < time.Microsecond || r.Per > MaxPer {
		return ErrRule
	}
	return nil
}

// Decision is the answer to one request.
type Decision struct {
	Allowed bool
	// Remaining is how many more would be allowed at this instant.
	Remaining int
	// RetryAfter is how long to wait until one is allowed; zero if this one was.
	RetryAfter time.Duration
	// ResetAfter is how long until the key is as if never used.
	ResetAfter time.Duration
}

// Err returns nil if the request was allowed, else the error to answer: 429
// with Retry-After (RL-10).
func (d Decision) Err() error {
	if d.Allowed {
		return nil
	}
	return fault.New(fault.CodeRateLimited).WithRetryAfter(d.RetryAfter)
}

// Limiter counts uses. It is safe for concurrent use, and of many Takes at the
// same instant exactly as many are allowed as the rule says.
type Limiter interface {
	// Take asks for one use of key under rule and counts it if it is allowed; a
	// refused one costs nothing, so waiting always helps. The key may be any
	// text of any length: only a hash of it is kept. An error means that nobody
	// could decide, and the caller refuses the request (OP-09).
	Take(ctx context.Context, rule Rule, key string) (Decision, error)

	// Clear makes key as if never used. The counter of an address is cleared
	// when a session is issued and at no other moment (RL-05).
	Clear(ctx context.Context, rule Rule, key string) error
}

// ID identifies a key under a rule wherever it is kept: 16 bytes of SHA-256. No
// address, no e-mail and nothing of unbounded length reaches a store.
type ID [16]byte

// ID returns the identity of key under the rule.
func (r Rule) ID(key string) ID {
	b := make([]byte, 0, 128)
	b = append(b, r.Name...)
	b = append(b, 0)
	b = append(b, key...)
	sum := sha256.Sum256(b)
	return ID(sum[:16])
}
