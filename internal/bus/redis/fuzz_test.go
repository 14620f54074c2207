package redis_test

import (
	"testing"

	"github.com/sallyport/sallyport/internal/bus/redis"
)

// FuzzOffset checks that whatever is read as an offset keeps its meaning when it
// is written again.
func FuzzOffset(f *testing.F) {
	for _, s := range []string{"", "1-2.3.run", "1-2.3.", "1-2.-3.x", "1-2", "a-b.c.d", "18446744073709551616-0.1.x", "1-2.3.a.b", "..", "+1-2.3.x"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		once, ok := redis.OffsetRoundTrip(s)
		if !ok {
			return
		}
		if twice, ok := redis.OffsetRoundTrip(once); !ok || twice != once {
			t.Errorf("offset %q becomes %q, then %q (%v)", s, once, twice, ok)
		}
	})
}
