package redis

import (
	"context"
	_ "embed" // for the script
	"encoding/hex"
	"fmt"
	"strconv"

	"github.com/redis/rueidis"

	"github.com/sallyport/sallyport/internal/limit"
)

// DefaultPrefix stands in front of every key unless set otherwise.
const DefaultPrefix = "sallyport:"

//go:embed take.lua
var takeScript string

// Limiter keeps rate limits in Redis. It is safe for concurrent use.
type Limiter struct {
	client rueidis.Client
	prefix string
	script *rueidis.Lua
}

var _ limit.Limiter = (*Limiter)(nil)

// New returns a limiter on client, which stays the caller's to close. Its keys
// begin with prefix, which keeps installations on one Redis apart; empty means
// DefaultPrefix.
func New(client rueidis.Client, prefix string) *Limiter {
	return newLimiter(client, prefix, takeScript)
}

func newLimiter(client rueidis.Client, prefix, script string) *Limiter {
	if prefix == "" {
		prefix = DefaultPrefix
	}
	return &Limiter{client: client, prefix: prefix, script: rueidis.NewLuaScript(script)}
}

// Take implements limit.Limiter.
func (l *Limiter) Take(ctx context.Context, rule limit.Rule, key string) (limit.Decision, error) {
	if err := rule.Check(); err != nil {
		return limit.Decision{}, err
	}
	args := []string{strconv.FormatInt(rule.Interval(), 10), strconv.FormatInt(rule.Burst(), 10)}
	// Numbers arrive as integers or as strings, depending on what stands in for
	// Redis; AsIntSlice reads both (RL-11).
	answer, err := l.script.Exec(ctx, l.client, []string{l.name(rule, key)}, args).AsIntSlice()
	if err != nil {
		return limit.Decision{}, fmt.Errorf("limit: ask redis: %w", err)
	}
	if len(answer) != 3 {
		return limit.Decision{}, fmt.Errorf("limit: redis answered %d numbers instead of 3", len(answer))
	}
	return rule.Explain(answer[0] == 1, answer[1], answer[2]), nil
}

// Clear implements limit.Limiter.
func (l *Limiter) Clear(ctx context.Context, rule limit.Rule, key string) error {
	if err := rule.Check(); err != nil {
		return err
	}
	if err := l.client.Do(ctx, l.client.B().Del().Key(l.name(rule, key)).Build()).Error(); err != nil {
		return fmt.Errorf("limit: clear in redis: %w", err)
	}
	return nil
}

// name is the key in Redis: the rule in clear, for whoever looks into Redis, and
// the hash of rule and key.
func (l *Limiter) name(rule limit.Rule, key string) string {
	id := rule.ID(key)
	return l.prefix + "limit:" + rule.Name + ":" + hex.EncodeToString(id[:])
}
