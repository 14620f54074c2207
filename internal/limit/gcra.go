package limit

import "time"

// Interval is the time that pays for one use, in microseconds: Per/N, rounded
// up so that rounding never allows more than the rule says.
func (r Rule) Interval() int64 {
	n := int64(r.N)
	return (r.Per.Microseconds() + n - 1) / n
}

// Burst is the time that pays for N uses, in microseconds. A key whose paid
// time lies that far ahead is refused.
func (r Rule) Burst() int64 { return r.Interval() * int64(r.N) }

// Spend applies the rule to one request at now. paid is the instant up to which
// earlier uses are paid for (the "theoretical arrival time" of GCRA), zero for a
// key never used; next is its new value. Both are microseconds since 1970.
//
// A paid time farther ahead than the rule can lead, left over from a clock that
// was set back or from a rule that was larger, counts as the farthest possible:
// nobody waits longer than Per.
func (r Rule) Spend(paid, now int64) (next int64, d Decision) {
	paid = min(max(paid, now), now+r.Burst())
	next = paid + r.Interval()
	if next > now+r.Burst() {
		return paid, r.Explain(false, paid, now)
	}
	return next, r.Explain(true, next, now)
}

// Explain puts a verdict into words: what is left and how long to wait, given
// the paid time after the request. Every store answers through it, so all say
// the same.
func (r Rule) Explain(allowed bool, paid, now int64) Decision {
	d := Decision{Allowed: allowed, ResetAfter: micros(max(paid-now, 0))}
	if !allowed {
		d.RetryAfter = micros(max(r.FreeAt(paid)-now, 1))
		return d
	}
	d.Remaining = int(min((now+r.Burst()-paid)/r.Interval(), int64(r.N)))
	return d
}

// FreeAt is the first instant at which a key with that paid time is allowed
// again, in microseconds since 1970; it lies in the past for a key that is not
// refused now.
func (r Rule) FreeAt(paid int64) int64 { return paid + r.Interval() - r.Burst() }

func micros(us int64) time.Duration { return time.Duration(us) * time.Microsecond }
