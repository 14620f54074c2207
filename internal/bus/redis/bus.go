package redis

import (
	"context"
	_ "embed" // for the scripts
	"fmt"
	"strconv"
	"time"

	"github.com/redis/rueidis"

	"github.com/sallyport/sallyport/internal/bus"
)

const (
	// DefaultPrefix stands in front of every key unless set otherwise.
	DefaultPrefix = "sallyport:"
	// DefaultHistory is about how many messages of each topic are kept unless set
	// otherwise.
	DefaultHistory = 10_000
	// PublishWithin is the longest Publish waits for Redis.
	PublishWithin = time.Second
)

//go:embed publish.lua
var publishScript string

//go:embed newest.lua
var newestScript string

// Bus is a bus between nodes. It is safe for concurrent use.
type Bus struct {
	client   rueidis.Client
	prefix   string
	history  string
	publish  *rueidis.Lua
	counters bus.Counters
}

var _ bus.Bus = (*Bus)(nil)

// New returns a bus on client, which stays the caller's to close; see Dial. Keys
// begin with prefix, which keeps installations on one Redis apart; empty means
// DefaultPrefix. About history messages of each topic are kept; zero or less
// means DefaultHistory.
func New(client rueidis.Client, prefix string, history int) *Bus {
	if prefix == "" {
		prefix = DefaultPrefix
	}
	if history <= 0 {
		history = DefaultHistory
	}
	return &Bus{
		client:  client,
		prefix:  prefix,
		history: strconv.Itoa(history),
		publish: rueidis.NewLuaScript(publishScript),
	}
}

// Publish implements bus.Bus. It waits for Redis to have the message, at most
// about PublishWithin, and does not try twice.
func (b *Bus) Publish(ctx context.Context, topic string, body []byte) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if len(body) > bus.MaxBody {
		return bus.ErrTooLarge
	}
	within, cancel := context.WithTimeout(ctx, PublishWithin)
	defer cancel()
	args := []string{b.history, string(body)} // a copy: it may be sent after we gave up
	err := b.publish.Exec(within, b.client, []string{b.key(topic)}, args).Error()
	if err != nil {
		err = fmt.Errorf("bus: publish to redis: %w", err)
		if ctx.Err() == nil { // else it was the caller who gave up
			b.counters.Talked(err)
		}
		return err
	}
	b.counters.Talked(nil)
	b.counters.Published()
	return nil
}

// Subscribe implements bus.Bus. It holds one connection while Redis is there.
func (b *Bus) Subscribe(ctx context.Context, topic, after string, handle func(bus.Message)) error {
	s := &subscription{bus: b, topic: topic, key: b.key(topic), handle: handle}
	s.at, s.placed = parseOffset(after)
	return s.run(ctx)
}

// Health implements bus.Bus. Each subscription talks to Redis every few seconds
// at least, so with one the answer is never older.
func (b *Bus) Health() bus.Health { return b.counters.Health() }

func (b *Bus) key(topic string) string { return b.prefix + "bus:" + topic }
