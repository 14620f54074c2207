package gateway

import "time"

// budget is a leaky bucket in one number: it allows n in any minute, at once or
// spread out. Time is that of Gateway.now, which no step of the clock moves.
type budget struct{ full time.Duration }

// spend takes k of perMinute and reports whether that was still allowed; what
// was not allowed costs nothing.
func (b *budget) spend(now time.Duration, k, perMinute int) bool {
	next := max(b.full, now) + time.Duration(float64(time.Minute)*float64(k)/float64(perMinute))
	if next-now > time.Minute {
		return false
	}
	b.full = next
	return true
}

// usage is what a connection or a user has sent lately.
type usage struct{ messages, bytes budget }

// take counts one message of n bytes.
func (u *usage) take(now time.Duration, n, messages, bytes int) bool {
	return u.messages.spend(now, 1, messages) && u.bytes.spend(now, n, bytes)
}
