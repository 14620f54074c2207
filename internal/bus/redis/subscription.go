package redis

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/redis/rueidis"

	"github.com/sallyport/sallyport/internal/bus"
)

const (
	// readFor is how long one read waits for messages before the topic is looked
	// at: a flush or a hanging server is noticed after that time.
	readFor = 2 * time.Second
	// readAtMost is how many messages one read brings.
	readAtMost = 64
	// firstPause and lastPause bound the pause between two tries to get to Redis;
	// it doubles in between.
	firstPause = 50 * time.Millisecond
	lastPause  = time.Second
)

var errSilent = errors.New("bus: redis does not answer")

// subscription is one call of Subscribe. All of it runs in that call's goroutine.
type subscription struct {
	bus    *Bus
	topic  string
	key    string
	handle func(bus.Message)
	at     place // how far it has read
	placed bool  // whether at means anything yet
}

// run follows the topic over one connection after the other until ctx ends.
func (s *subscription) run(ctx context.Context) error {
	pause := firstPause
	for ctx.Err() == nil {
		reached, err := s.follow(ctx)
		if ctx.Err() != nil {
			break
		}
		s.bus.counters.Talked(err)
		if reached {
			pause = firstPause
		}
		rest(ctx, pause)
		pause = min(2*pause, lastPause)
	}
	return ctx.Err()
}

// follow reads over one connection until it breaks or ctx ends. A TCP connection
// cannot outlive the server's run, so what attach finds out holds for all of it.
// reached tells whether Redis answered at all.
func (s *subscription) follow(ctx context.Context) (reached bool, err error) {
	conn, _ := s.bus.client.Dedicate()
	defer conn.Close() // never back into the pool: a read may still be under way
	if err := s.attach(ctx, conn); err != nil {
		return false, err
	}
	for ctx.Err() == nil {
		s.bus.counters.Talked(nil)
		n, err := s.read(ctx, conn)
		if err == nil && n == 0 {
			err = s.look(ctx, conn)
		}
		if err != nil {
			return true, err
		}
	}
	return true, ctx.Err()
}

// attach finds the place to read from and says so if something may be missing
// before it.
func (s *subscription) attach(ctx context.Context, conn rueidis.DedicatedClient) error {
	run, err := serverRun(ctx, conn)
	if err != nil {
		return err
	}
	newest, err := s.newest(ctx, conn)
	if err != nil {
		return err
	}
	sameRun := run != "" && run == s.at.run
	s.at.run = run
	switch {
	case !s.placed:
		s.at, s.placed = newest, true
		s.at.run = run
		s.gap(ctx)
	case s.at.lostBefore(newest):
		s.startOver(ctx, newest)
	case !sameRun:
		s.gap(ctx)
	}
	return nil
}

// startOver goes on after a loss. If the topic was numbered anew, none of it was
// read yet: it is read from its first entry, whose number tells the gap. Else its
// end was lost and all that is left was read before.
func (s *subscription) startOver(ctx context.Context, newest place) {
	if newest.number > s.at.number {
		s.at.entry = entryID{}
		return
	}
	s.at.entry, s.at.number = newest.entry, newest.number
	s.gap(ctx)
}

// look checks a topic that brought nothing for a while: it must still end where
// we are, or go on from there.
func (s *subscription) look(ctx context.Context, conn rueidis.DedicatedClient) error {
	newest, err := s.newest(ctx, conn)
	if err != nil {
		return err
	}
	if s.at.lostBefore(newest) {
		s.startOver(ctx, newest)
	}
	return nil
}

// read waits for the next messages and delivers them; n is how many entries came.
func (s *subscription) read(ctx context.Context, conn rueidis.DedicatedClient) (n int, err error) {
	cmd := conn.B().Xread().Count(readAtMost).Block(readFor.Milliseconds()).
		Streams().Key(s.key).Id(s.at.entry.String()).Build()
	streams, err := ask(ctx, conn, cmd, readFor+answerWithin).AsXRead()
	if rueidis.IsRedisNil(err) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	for _, entry := range streams[s.key] {
		if ctx.Err() != nil {
			return n, ctx.Err()
		}
		if err := s.take(ctx, entry); err != nil {
			return n, err
		}
		n++
	}
	return n, nil
}

// take delivers one entry, and a gap before it if its number is not the next. An
// entry without a body only marks a place.
func (s *subscription) take(ctx context.Context, entry rueidis.XRangeEntry) error {
	next, err := readPlace(entry.ID, entry.FieldValues["n"])
	if err != nil {
		return err
	}
	next.run = s.at.run
	if next.number != s.at.number+1 {
		s.gap(ctx)
	}
	s.at = next
	if body, ok := entry.FieldValues["b"]; ok {
		s.deliver(ctx, bus.Message{Offset: next.offset(), Topic: s.topic, Body: []byte(body)})
	}
	return nil
}

func (s *subscription) gap(ctx context.Context) {
	s.deliver(ctx, bus.Message{Offset: s.at.offset(), Topic: s.topic, Gap: true})
}

func (s *subscription) deliver(ctx context.Context, m bus.Message) {
	if ctx.Err() != nil {
		return
	}
	s.bus.counters.Delivered(m)
	s.handle(m)
}

// newest tells where the topic ends.
func (s *subscription) newest(ctx context.Context, conn rueidis.DedicatedClient) (place, error) {
	cmd := conn.B().Eval().Script(newestScript).Numkeys(1).Key(s.key).Build()
	answer, err := ask(ctx, conn, cmd, answerWithin).AsStrSlice()
	if err != nil {
		return place{}, fmt.Errorf("bus: look at the topic in redis: %w", err)
	}
	if len(answer) != 2 {
		return place{}, errEntry
	}
	return readPlace(answer[0], answer[1])
}

// serverRun names the run of the server process; empty if the server does not
// tell, and then every new connection counts as a new run.
func serverRun(ctx context.Context, conn rueidis.DedicatedClient) (string, error) {
	info, err := ask(ctx, conn, conn.B().Info().Section("server").Build(), answerWithin).ToString()
	if _, refused := rueidis.IsRedisErr(err); refused && !strings.HasPrefix(err.Error(), "LOADING") {
		return "", nil
	}
	if err != nil {
		return "", fmt.Errorf("bus: reach redis: %w", err)
	}
	for line := range strings.Lines(info) {
		if run, ok := strings.CutPrefix(line, "run_id:"); ok {
			return strings.TrimSpace(run), nil
		}
	}
	return "", nil
}

// ask sends one command and waits for its answer, but no longer than within. The
// context is cancelled rather than given a deadline because only then does the
// library return at once when ctx ends.
func ask(ctx context.Context, conn rueidis.DedicatedClient, cmd rueidis.Completed, within time.Duration) rueidis.RedisResult {
	limited, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	defer time.AfterFunc(within, func() { cancel(errSilent) }).Stop()
	result := conn.Do(limited, cmd)
	if errors.Is(context.Cause(limited), errSilent) && result.NonRedisError() != nil {
		return rueidis.NewErrorResult(errSilent)
	}
	return result
}

func rest(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
}
