package oidc

import (
	"context"
	"sync"
	"time"

	"github.com/sallyport/sallyport/internal/clock"
	"github.com/sallyport/sallyport/internal/provider"
)

// How long a published document is taken as it is, and how soon it is asked for
// again: refetchGap where an older one is held, retryGap where there is none.
const (
	fresh      = time.Hour
	refetchGap = time.Minute
	retryGap   = 5 * time.Second
)

// kept is one document a provider publishes. An old one is used for as long as
// no newer one can be had. It is safe for concurrent use; one caller fetches at
// a time.
type kept[T any] struct {
	fetch func(ctx context.Context) (T, error)
	clock clock.Clock

	turn chan struct{} // holds one token: whose turn it is to fetch

	mu        sync.Mutex
	value     T
	held      bool
	fetchedAt time.Time
	triedAt   time.Time
	failure   error // of the last try
}

func keep[T any](c clock.Clock, fetch func(ctx context.Context) (T, error)) *kept[T] {
	k := &kept[T]{fetch: fetch, clock: c, turn: make(chan struct{}, 1)}
	k.turn <- struct{}{}
	return k
}

// get returns the document. older, where it is not zero, is when the caller's
// copy was fetched: it did not do, and a newer one is wanted.
func (k *kept[T]) get(ctx context.Context, older time.Time) (T, time.Time, error) {
	if v, at, settled, err := k.look(older); settled {
		return v, at, err
	}
	select {
	case <-k.turn:
	case <-ctx.Done():
		return k.stale(provider.Unavailable(ctx.Err()))
	}
	defer func() { k.turn <- struct{}{} }()
	if v, at, settled, err := k.look(older); settled {
		return v, at, err
	}
	// Whoever asked may go away; the answer is for everybody.
	limited, cancel := context.WithTimeout(context.WithoutCancel(ctx), provider.Budget)
	defer cancel()
	v, err := k.fetch(limited)
	k.mu.Lock()
	k.triedAt, k.failure = k.clock(), err
	if err == nil {
		k.value, k.held, k.fetchedAt = v, true, k.triedAt
	}
	k.mu.Unlock()
	return k.stale(err)
}

// look says what can be answered without fetching.
func (k *kept[T]) look(older time.Time) (v T, at time.Time, settled bool, err error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	now := k.clock()
	switch {
	case k.held && now.Sub(k.fetchedAt) < fresh && k.fetchedAt.After(older):
		return k.value, k.fetchedAt, true, nil
	case k.held && now.Sub(k.triedAt) < refetchGap:
		return k.value, k.fetchedAt, true, nil
	case !k.held && k.failure != nil && now.Sub(k.triedAt) < retryGap:
		return k.value, k.fetchedAt, true, k.failure
	}
	return v, at, false, nil
}

// stale returns what is held, or err where that is nothing.
func (k *kept[T]) stale(err error) (T, time.Time, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.held {
		return k.value, k.fetchedAt, nil
	}
	return k.value, k.fetchedAt, err
}
