package gateway_test

import (
	"context"
	"errors"
	"net/http"
	"sync/atomic"
	"testing"
	"time"

	"github.com/sallyport/sallyport/internal/gateway"
	"github.com/sallyport/sallyport/internal/limit"
)

// registry stands for the places of all nodes.
type registry struct {
	away     atomic.Bool
	released atomic.Int64
}

func (p *registry) Claim(context.Context, limit.Place, limit.Caps) ([]limit.Place, error) {
	if p.away.Load() {
		return nil, errors.New("nobody answers")
	}
	return nil, nil
}

func (p *registry) Renew(context.Context, []limit.Place) error { return nil }

func (p *registry) Release(limit.Place) { p.released.Add(1) }

// TestCountingAlone is a node whose registry of all places goes away and comes
// back.
func TestCountingAlone(t *testing.T) {
	places := &registry{}
	r := startWith(t, func(r *rig) { r.places, r.maxPerUser = places, 4 })
	raw, claims := r.signIn(time.Hour)
	r.bearer(raw)
	r.bearer(raw)
	places.away.Store(true)
	_, res, err := r.try(http.Header{"Authorization": {"Bearer " + raw}})
	if err == nil || res == nil || res.StatusCode != http.StatusTooManyRequests {
		t.Fatalf("RL-11 the third, when half of four is this node's share: got %v, %s; want 429", err, status(res))
	}
	places.away.Store(false)
	last := r.bearer(raw) // RL-11: the first who asks finds out that all are counted again
	if got := len(r.gw.ConnectionsOf(claims.Subject)); got != 3 {
		t.Errorf("got %d connections, want 3", got)
	}
	_ = last.ws.Close(1000, "")
	until(t, "the place is given back", func() bool { return places.released.Load() == 1 })
}

// TestPlaceOfAFirstFrame is a socket that authenticates by its first frame while
// the registry is away.
func TestPlaceOfAFirstFrame(t *testing.T) {
	places := &registry{}
	r := startWith(t, func(r *rig) { r.places, r.maxPerUser = places, 2 })
	raw, _ := r.signIn(time.Hour)
	r.bearer(raw)
	places.away.Store(true)
	s := r.browser()
	s.send(`{"type":"auth","token":"` + raw + `"}`)
	s.want("error")
	s.wantClose(gateway.CloseTooManyConn)
}
