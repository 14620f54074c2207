package redis_test

import (
	"strings"
	"testing"
	"time"

	"github.com/sallyport/sallyport/internal/bus/redis"
	"github.com/sallyport/sallyport/internal/clock"
	"github.com/sallyport/sallyport/internal/testbed"
)

func TestProbe(t *testing.T) {
	now, private, err := redis.Probe(t.Context(), testbed.Redis(t), "")
	if err != nil || !private {
		t.Fatalf("got %v, private %v, want an answer, private on loopback", err, private)
	}
	if off := clock.System().Sub(now).Abs(); off > time.Minute {
		t.Errorf("got a time %v away, want this machine's", off)
	}
}

func TestProbeOfNobody(t *testing.T) {
	for _, address := range []string{"redis://:canary@127.0.0.1:1", "no address", "http://127.0.0.1"} {
		if _, _, err := redis.Probe(t.Context(), address, ""); err == nil || strings.Contains(err.Error(), "canary") {
			t.Errorf("%s: got %v, want an error without the password", address, err)
		}
	}
}
