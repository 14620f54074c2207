package redis

import (
	"context"
	"crypto/sha256"
	_ "embed" // for the scripts
	"encoding/hex"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/redis/rueidis"

	"github.com/sallyport/sallyport/internal/clock"
	"github.com/sallyport/sallyport/internal/fault"
	"github.com/sallyport/sallyport/internal/limit"
)

//go:embed claim.lua
var claimScript string

//go:embed renew.lua
var renewScript string

const (
	askTime  = time.Second     // for one question
	pause    = 2 * time.Second // after a failure nobody is asked for so long
	batch    = 100             // places renewed in one script
	releases = 8192            // waiting to be given back; more lapse by themselves
)

// errAway is said while Redis is not asked.
var errAway = errors.New("limit: redis did not answer a moment ago")

// Places counts connections in Redis. Each user, session and address has a sorted
// set, whose members are connections and whose scores say until when each is known
// to be alive. It is safe for concurrent use.
type Places struct {
	client       rueidis.Client
	prefix       string
	clock        clock.Clock
	claim, renew *rueidis.Lua

	away     atomic.Int64 // until when nobody is asked, Unix microseconds
	released chan limit.Place
	done     chan struct{}
	once     sync.Once
	gone     sync.WaitGroup
}

var _ limit.Places = (*Places)(nil)

// NewPlaces counts on client, which stays the caller's to close, after Close. Keys
// begin with prefix.
func NewPlaces(client rueidis.Client, prefix string, c clock.Clock) *Places {
	p := &Places{
		client: client, prefix: prefix, clock: c, claim: rueidis.NewLuaScript(claimScript), renew: rueidis.NewLuaScript(renewScript),
		released: make(chan limit.Place, releases), done: make(chan struct{}),
	}
	p.gone.Go(p.giveBack)
	return p
}

// Close gives back what waits and ends.
func (p *Places) Close() error {
	p.once.Do(func() { close(p.done) })
	p.gone.Wait()
	return nil
}

func (p *Places) keys(x limit.Place) []string {
	return []string{p.key("user", x.User), p.key("session", x.Session), p.key("ip", x.IP)}
}

// key hides whom it is about from whoever looks into Redis.
func (p *Places) key(kind, value string) string {
	sum := sha256.Sum256([]byte(kind + "\x00" + value))
	return p.prefix + kind + ":" + hex.EncodeToString(sum[:16])
}

func member(x limit.Place) string { return x.Conn + " " + x.Node }

// resting reports whether Redis failed a moment ago.
func (p *Places) resting() bool { return p.clock().UnixMicro() < p.away.Load() }

func (p *Places) failed() { p.away.Store(p.clock().Add(pause).UnixMicro()) }

// Claim implements limit.Places.
func (p *Places) Claim(ctx context.Context, x limit.Place, caps limit.Caps) ([]limit.Place, error) {
	if p.resting() {
		return nil, errAway
	}
	// A client that hangs up is no failure of Redis, and does not end the question.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), askTime)
	defer cancel()
	replace := "0"
	if caps.Replace {
		replace = "1"
	}
	args := []string{
		member(x), strconv.FormatInt(limit.LeaseLife.Milliseconds(), 10),
		strconv.Itoa(caps.User), strconv.Itoa(caps.Session), strconv.Itoa(caps.IP), replace,
	}
	answer, err := p.claim.Exec(ctx, p.client, p.keys(x), args).AsStrSlice()
	if err != nil {
		p.failed()
		return nil, fmt.Errorf("limit: claim a place in redis: %w", err)
	}
	if len(answer) == 0 || answer[0] != "ok" {
		return nil, fault.New(fault.CodeRateLimited).WithRetryAfter(5 * time.Second)
	}
	var evicted []limit.Place
	for _, m := range answer[1:] {
		conn, node, _ := strings.Cut(m, " ")
		evicted = append(evicted, limit.Place{Conn: conn, Node: node, User: x.User})
	}
	return evicted, nil
}

// Renew implements limit.Places.
func (p *Places) Renew(ctx context.Context, all []limit.Place) error {
	life := strconv.FormatInt(limit.LeaseLife.Milliseconds(), 10)
	for len(all) > 0 {
		n := min(batch, len(all))
		var keys []string
		args := []string{life}
		for _, x := range all[:n] {
			keys = append(keys, p.keys(x)...)
			m := member(x)
			args = append(args, m, m, m)
		}
		if err := p.renew.Exec(ctx, p.client, keys, args).Error(); err != nil {
			return fmt.Errorf("limit: renew places in redis: %w", err)
		}
		all = all[n:]
	}
	return nil
}

// Release implements limit.Places.
func (p *Places) Release(x limit.Place) {
	select {
	case p.released <- x:
	default: // it lapses
	}
}

// giveBack works off what was released.
func (p *Places) giveBack() {
	for {
		select {
		case x := <-p.released:
			p.remove(x)
		case <-p.done:
			for {
				select {
				case x := <-p.released:
					p.remove(x)
				default:
					return
				}
			}
		}
	}
}

// remove takes places out, this one and those that wait behind it, in one
// exchange. What fails lapses.
func (p *Places) remove(x limit.Place) {
	if p.resting() {
		return
	}
	var cmds rueidis.Commands
	for more := true; more && len(cmds) < 3*batch; {
		for _, k := range p.keys(x) {
			cmds = append(cmds, p.client.B().Zrem().Key(k).Member(member(x)).Build())
		}
		select {
		case x = <-p.released:
		default:
			more = false
		}
		if more && len(cmds) >= 3*batch {
			p.Release(x) // the last one read waits for the next exchange
		}
	}
	ctx, cancel := context.WithTimeout(context.Background(), askTime)
	defer cancel()
	for _, res := range p.client.DoMulti(ctx, cmds...) {
		if res.Error() != nil {
			p.failed()
			return
		}
	}
}
