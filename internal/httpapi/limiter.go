package httpapi

import (
	"context"
	"time"
)

// Rule allows N calls per Per under one name.
type Rule struct {
	Name string
	N    int
	Per  time.Duration
}

// Decision is what a limiter answers.
type Decision struct {
	Allowed    bool
	Remaining  int
	RetryAfter time.Duration // until the next call would pass; zero when allowed
}

// Limiter counts calls. An error refuses the call: a limit that cannot be
// counted is not switched off (OP-09).
type Limiter interface {
	Take(ctx context.Context, rule Rule, key string) (Decision, error)
}
