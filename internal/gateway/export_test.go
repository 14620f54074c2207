package gateway

import "time"

// Decoded and Decode show the tests how a client's frame is read.
type Decoded = inbound

// Decode is decode.
func Decode(b []byte) (Decoded, error) { return decode(b) }

// Budget is a fresh allowance and how to spend of it.
func Budget() func(now time.Duration, k, perMinute int) bool { return new(budget).spend }
