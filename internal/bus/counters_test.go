package bus_test

import (
	"errors"
	"sync"
	"testing"

	"github.com/sallyport/sallyport/internal/bus"
)

func TestCounters(t *testing.T) {
	var c bus.Counters
	if h := c.Health(); h != (bus.Health{}) {
		t.Errorf("Health of a bus never talked to = %+v, want zero", h)
	}
	away := errors.New("away")
	c.Talked(away)
	c.Talked(away)
	if h := c.Health(); h.Up || h.Cause != away || h.Failures != 2 {
		t.Errorf("Health after two failures = %+v, want down because of %v", h, away)
	}
	var wg sync.WaitGroup
	for range 10 {
		wg.Go(func() {
			c.Talked(nil)
			c.Published()
			c.Delivered(bus.Message{})
			c.Delivered(bus.Message{Gap: true})
		})
	}
	wg.Wait()
	want := bus.Health{Up: true, Published: 10, Delivered: 10, Gaps: 10, Failures: 2}
	if h := c.Health(); h != want {
		t.Errorf("Health = %+v, want %+v", h, want)
	}
}
