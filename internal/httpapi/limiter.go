package httpapi

import (
	"context"

	"github.com/sallyport/sallyport/internal/limit"
)

// Limiter counts calls; a limit.Limiter is one. An error refuses the call: a
// limit that cannot be counted is not switched off (OP-09).
type Limiter interface {
	Take(ctx context.Context, rule limit.Rule, key string) (limit.Decision, error)
}
