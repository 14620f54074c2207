package memory

import (
	"context"
	"time"

	"github.com/sallyport/sallyport/internal/clock"
	"github.com/sallyport/sallyport/internal/limit"
)

// DefaultKeys is how many keys are kept unless set otherwise. Full, they take
// less than 256 MiB (RL-12).
const DefaultKeys = 1_000_000

// shardCount spreads the keys, and with them the waiting for a lock. It is a
// power of two that divides the first byte of an id evenly.
const shardCount = 64

// Limiter keeps rate limits in memory. It is safe for concurrent use.
type Limiter struct {
	shards [shardCount]shard
}

var _ limit.Limiter = (*Limiter)(nil)

// New returns a limiter of at most that many keys, rounded up to a multiple of
// 64; zero or less means DefaultKeys.
func New(now clock.Clock, keys int) *Limiter {
	if keys <= 0 {
		keys = DefaultKeys
	}
	l := &Limiter{}
	for i := range l.shards {
		l.shards[i].clock = now
		l.shards[i].room = (keys + shardCount - 1) / shardCount
		l.shards[i].cells = map[limit.ID]*cell{}
	}
	return l
}

// Take implements limit.Limiter. It never blocks and fails only for a rule that
// cannot be applied.
func (l *Limiter) Take(_ context.Context, rule limit.Rule, key string) (limit.Decision, error) {
	if err := rule.Check(); err != nil {
		return limit.Decision{}, err
	}
	id := rule.ID(key)
	return l.shard(id).take(rule, id), nil
}

// Clear implements limit.Limiter.
func (l *Limiter) Clear(_ context.Context, rule limit.Rule, key string) error {
	if err := rule.Check(); err != nil {
		return err
	}
	id := rule.ID(key)
	l.shard(id).clear(id)
	return nil
}

// Len is the number of keys kept now, for metrics.
func (l *Limiter) Len() int {
	n := 0
	for i := range l.shards {
		n += l.shards[i].len()
	}
	return n
}

func (l *Limiter) shard(id limit.ID) *shard { return &l.shards[id[0]%shardCount] }

func micros(us int64) time.Duration { return time.Duration(us) * time.Microsecond }
