package courier_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/sallyport/sallyport/internal/message/courier"
)

// FuzzRetryAfter holds that no carrier can make a message wait for ever, or ask
// for a time that has gone.
func FuzzRetryAfter(f *testing.F) {
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	for _, s := range []string{"", "0", "120", "-1", "99999999999", "Sun, 01 Mar 2026 12:05:00 GMT", "Sun, 01 Mar 1926 12:05:00 GMT", "Sunday, 01-Mar-26 12:05:00 GMT", "1e9", "１"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, value string) {
		if got := courier.RetryAfter(http.Header{"Retry-After": {value}}, now); got < 0 || got > time.Hour {
			t.Errorf("%q: got %v, want nothing to an hour", value, got)
		}
	})
}
