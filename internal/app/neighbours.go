package app

import (
	"context"
	"fmt"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/redis/rueidis"

	"github.com/sallyport/sallyport/internal/account"
	busmemory "github.com/sallyport/sallyport/internal/bus/memory"
	busredis "github.com/sallyport/sallyport/internal/bus/redis"
	"github.com/sallyport/sallyport/internal/clock"
	"github.com/sallyport/sallyport/internal/limit"
	limitmemory "github.com/sallyport/sallyport/internal/limit/memory"
	limitredis "github.com/sallyport/sallyport/internal/limit/redis"
	"github.com/sallyport/sallyport/internal/session"
	"github.com/sallyport/sallyport/internal/token"
)

// limitKeys bounds the limiter's memory (RL-12).
const limitKeys = 1_000_000

// openNeighbours chooses between one node on its own and many with Redis.
func (a *App) openNeighbours(ctx context.Context) error {
	local := limitmemory.New(a.clock, limitKeys)
	var shared limit.Limiter = local
	a.bus = busmemory.New(0)
	if !a.cfg.Redis.URL.Empty() {
		client, err := busredis.Dial(a.cfg.Redis.URL.Reveal(), a.cfg.Redis.CAFile)
		if err != nil {
			return fmt.Errorf("REDIS_URL: %w", err)
		}
		a.closers = append(a.closers, func() error { client.Close(); return nil })
		if shared, err = a.sharedLimiter(ctx, client, local); err != nil {
			return err
		}
		a.bus = busredis.New(client, "sallyport:bus:", 0)
		counted := limitredis.NewPlaces(client, "sallyport:places:", clock.System) // a pause after a failure is time that passes
		a.closers = append(a.closers, counted.Close)
		a.places = counted
	}
	a.profiles = account.NewProfiles(a.Store, a.bus, a.clock, a.log)
	taken := prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "sallyport_limit_taken_total", Help: "Calls counted by a rate limit, by rule and whether they passed.",
	}, []string{"rule", "allowed"})
	if err := a.metrics.Register(taken); err != nil {
		return err
	}
	a.limiter = limit.Observed(shared, func(rule string, allowed bool) {
		taken.WithLabelValues(rule, fmt.Sprint(allowed)).Inc()
	})
	return nil
}

// assumedNodes is how many nodes share the limits while Redis, which would know,
// is away: each allows half, so two nodes together allow what one did.
const assumedNodes = 2

func (a *App) sharedLimiter(ctx context.Context, client rueidis.Client, local limit.Limiter) (limit.Limiter, error) {
	f := limit.NewFallback(limitredis.New(client, "sallyport:limit:"), local, a.clock, func() int { return assumedNodes }, func(down bool) {
		a.log.WarnContext(ctx, "the shared limiter changed", "local_only", down)
	})
	return f, a.metrics.Register(prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "sallyport_limit_local", Help: "1 while Redis does not answer and this node counts the rate limits by itself.",
	}, func() float64 {
		if f.Down() {
			return 1
		}
		return 0
	}))
}

// openTokens builds the keys, the signer's other half and the set of
// revocations.
func (a *App) openTokens(context.Context) error {
	a.keys, a.revocations = &token.Keys{}, session.NewRevocations()
	a.feed = &session.Feed{Set: a.revocations, Log: a.Store, Bus: a.bus, Clock: a.clock, Slog: a.log}
	var err error
	a.verifier, err = token.NewVerifier(token.VerifierOptions{
		Keys: a.keys, Issuer: a.cfg.App.PublicURL, Audience: a.cfg.Token.Audience, Clock: a.clock,
		Revocations: a.revocations, Refresh: a.loadKeys,
	})
	return err
}
