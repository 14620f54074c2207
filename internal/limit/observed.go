package limit

import "context"

// Observed returns l with a report of every verdict: the rule's name and whether
// the request was allowed. A Take that ends in an error is reported as refused,
// for that is what the caller does with it. report must be quick and safe for
// concurrent use; it is how metrics count without this package knowing them.
func Observed(l Limiter, report func(rule string, allowed bool)) Limiter {
	return observed{l, report}
}

type observed struct {
	Limiter
	report func(rule string, allowed bool)
}

func (o observed) Take(ctx context.Context, rule Rule, key string) (Decision, error) {
	d, err := o.Limiter.Take(ctx, rule, key)
	o.report(rule.Name, err == nil && d.Allowed)
	return d, err
}
