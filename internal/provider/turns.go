package provider

import (
	"context"
	"sync"
)

// turns lets one caller at a time work on a name. The zero value is ready.
type turns struct {
	mu   sync.Mutex
	held map[string]*turn
}

// turn is one name's: a token in the channel, and how many want it.
type turn struct {
	free chan struct{}
	want int
}

// take waits for the name until ctx ends; give hands it on.
func (t *turns) take(ctx context.Context, name string) (give func(), err error) {
	t.mu.Lock()
	if t.held == nil {
		t.held = map[string]*turn{}
	}
	mine, ok := t.held[name]
	if !ok {
		mine = &turn{free: make(chan struct{}, 1)}
		mine.free <- struct{}{}
		t.held[name] = mine
	}
	mine.want++
	t.mu.Unlock()
	select {
	case <-mine.free:
		return func() { mine.free <- struct{}{}; t.leave(name, mine) }, nil
	case <-ctx.Done():
		t.leave(name, mine)
		return nil, ctx.Err()
	}
}

func (t *turns) leave(name string, mine *turn) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if mine.want--; mine.want == 0 {
		delete(t.held, name)
	}
}
