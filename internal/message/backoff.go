package message

import (
	"crypto/rand"
	"encoding/binary"
	"time"
)

// The waits between tries: two seconds, doubling to an hour. With maxAttempts
// that is about ten hours of an unreachable carrier before a message is given
// up.
const (
	firstWait   = 2 * time.Second
	longestWait = time.Hour
	maxAttempts = 20
)

// backoff returns the wait after attempt number n (from 1): half of it fixed,
// half of it random, so that messages which failed together do not come back
// together.
func backoff(n int) time.Duration {
	d := longestWait
	if n < 12 { // 2 s << 11 is past the hour
		d = min(firstWait<<max(n-1, 0), longestWait)
	}
	return d/2 + jitter(d/2)
}

// jitter returns a uniform duration from 0 up to, but not including, limit. The
// remainder's bias is below 2^-20 for the lengths used here.
func jitter(limit time.Duration) time.Duration {
	if limit <= 0 {
		return 0
	}
	var b [8]byte
	rand.Read(b[:]) // never fails: crypto/rand aborts the program instead
	return time.Duration(binary.LittleEndian.Uint64(b[:]) % uint64(limit))
}
