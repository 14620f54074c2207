package memory

import (
	"container/heap"
	"sync"

	"github.com/sallyport/sallyport/internal/clock"
	"github.com/sallyport/sallyport/internal/limit"
)

// cell is what is known of one key. All instants are microseconds on the
// shard's own time line.
type cell struct {
	id     limit.ID
	paid   int64  // up to here earlier uses are paid for; then the cell says nothing any more
	freeAt int64  // from here on the key is allowed: it refuses while this lies ahead
	turn   uint64 // when it was last allowed, in turns of the shard
	place  int    // its place in the queue
}

// shard is one part of the keys under one lock.
type shard struct {
	mu    sync.Mutex
	clock clock.Clock
	room  int // how many cells there may be
	cells map[limit.ID]*cell
	queue queue // all cells, the one to forget first in front
	turns uint64
	last  int64 // the latest instant seen
	skew  int64 // how far the clock was set back so far
}

func (s *shard) take(rule limit.Rule, id limit.ID) limit.Decision {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.now()
	s.forgetSpent(now)
	c, known := s.cells[id]
	if !known {
		if !s.makeRoom(now) {
			wait := micros(s.queue[0].freeAt - now)
			return limit.Decision{RetryAfter: wait, ResetAfter: wait}
		}
		c = &cell{id: id}
	}
	next, d := rule.Spend(c.paid, now)
	if !d.Allowed {
		return d
	}
	s.turns++
	c.paid, c.freeAt, c.turn = next, rule.FreeAt(next), s.turns
	if known {
		heap.Fix(&s.queue, c.place)
	} else {
		s.cells[id] = c
		heap.Push(&s.queue, c)
	}
	return d
}

func (s *shard) clear(id limit.ID) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if c, ok := s.cells[id]; ok {
		s.forget(c)
	}
}

func (s *shard) len() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.cells)
}

// now is the clock in microseconds, kept from running backwards: what a clock
// was set back is added to all later readings, so no key waits longer for it.
func (s *shard) now() int64 {
	t := clock.Micros(s.clock()) + s.skew
	if t < s.last {
		s.skew += s.last - t
		t = s.last
	}
	s.last = t
	return t
}

// forgetSpent drops up to two cells that say nothing any more. Every Take adds
// at most one, so the shard shrinks while it is used.
func (s *shard) forgetSpent(now int64) {
	for range 2 {
		if len(s.queue) == 0 || s.queue[0].paid > now {
			return
		}
		s.forget(s.queue[0])
	}
}

// makeRoom reports whether a new cell fits, after forgetting an old one if need
// be. It never forgets a cell that refuses now.
func (s *shard) makeRoom(now int64) bool {
	if len(s.cells) < s.room {
		return true
	}
	if s.queue[0].freeAt > now {
		return false
	}
	s.forget(s.queue[0])
	return true
}

func (s *shard) forget(c *cell) {
	heap.Remove(&s.queue, c.place)
	delete(s.cells, c.id)
}

// queue orders cells by the instant they are free again, then by age. It
// implements heap.Interface.
type queue []*cell

func (q queue) Len() int { return len(q) }

func (q queue) Less(i, j int) bool {
	if q[i].freeAt != q[j].freeAt {
		return q[i].freeAt < q[j].freeAt
	}
	return q[i].turn < q[j].turn
}

func (q queue) Swap(i, j int) {
	q[i], q[j] = q[j], q[i]
	q[i].place, q[j].place = i, j
}

// Push adds a cell at the end.
func (q *queue) Push(x any) {
	c := x.(*cell)
	c.place = len(*q)
	*q = append(*q, c)
}

// Pop takes the last cell away.
func (q *queue) Pop() any {
	old := *q
	last := old[len(old)-1]
	old[len(old)-1] = nil
	*q = old[:len(old)-1]
	return last
}
