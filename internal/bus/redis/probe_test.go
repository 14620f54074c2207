package redis_test

import (
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/sallyport/sallyport/internal/bus/redis"
	"github.com/sallyport/sallyport/internal/clock"
	"github.com/sallyport/sallyport/internal/testbed"
)

func TestProbe(t *testing.T) {
	found, err := redis.Probe(t.Context(), testbed.Redis(t), "")
	if err != nil || !found.Private {
		t.Fatalf("got %+v, error %v; want an answer, private on loopback", found, err)
	}
	if off := clock.System().Sub(found.Now).Abs(); off > time.Minute {
		t.Errorf("got a time %v away, want this machine's", off)
	}
	if !regexp.MustCompile(`^\d+\.\d+\.\d+$`).MatchString(found.Version) {
		t.Errorf("version: got %q, want one like 7.0.15", found.Version)
	}
}

func TestProbeOfNobody(t *testing.T) {
	for _, address := range []string{"redis://:canary@127.0.0.1:1", "no address", "http://127.0.0.1"} {
		if _, err := redis.Probe(t.Context(), address, ""); err == nil || strings.Contains(err.Error(), "canary") {
			t.Errorf("%s: got %v, want an error without the password", address, err)
		}
	}
}
