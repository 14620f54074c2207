package signin

import (
	"time"

	"github.com/sallyport/sallyport/internal/proof"
)

// Curve is how failures of one factor of one account slow it down (RL-01).
type Curve struct {
	Free int           // failures without a delay: after this many the first comes
	Base time.Duration // the first delay; it doubles with each further failure
	Max  time.Duration // no single delay is longer
	Hard int           // failures at which the factor stops until it is reset, <= 100
}

// UnknownPrefix is how the names of counters begin that belong to no user. It sorts
// behind every id, and by it the store finds what nobody will clear (RL-12).
const UnknownPrefix = "unknown:"

// DefaultCurve is the curve of RL-01: from the fifth failure in a row 30 s,
// doubling to an hour, and a hard stop at 100 (63B §3.2.2).
var DefaultCurve = Curve{Free: 5, Base: 30 * time.Second, Max: time.Hour, Hard: 100}

// Delay returns how long the factor rests after its nth failure in a row.
func (c Curve) Delay(n int) time.Duration {
	if n < c.Free {
		return 0
	}
	d := c.Base
	for range n - c.Free {
		if d *= 2; d >= c.Max {
			return c.Max
		}
	}
	return d
}

// Count is what counting a try said.
type Count struct {
	// Evaluate is false when the factor rests: the answer is not compared.
	Evaluate bool
	// Failures in a row, this try included; a success takes them back to zero.
	Failures    int
	LockedUntil time.Time // zero: not resting
	Hard        bool      // stopped until reset
}

// Counter is the failures of one factor of one account as they stand.
type Counter struct {
	Factor      proof.Method
	Failures    int       // in a row
	LockedUntil time.Time // zero: not resting
	Hard        bool      // stopped until reset
}
