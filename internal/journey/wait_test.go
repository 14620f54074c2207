package journey_test

import (
	"context"
	"encoding/json"
	"net/http"
	"testing"
	"time"
)

// waitFor asks until it is so, for at most ten seconds; what is waited for
// happens in another goroutine or process.
func waitFor(t *testing.T, what string, so func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for !so() {
		select {
		case <-tick.C:
		case <-ctx.Done():
			t.Fatalf("waited 10 s for %s", what)
		}
	}
}

// newest returns the code of the newest message of a kind to an address.
func (s *server) newest(t *testing.T, to, kind string) (code string, ok bool) {
	t.Helper()
	res, err := http.Get(s.url + "/dev/inbox/messages")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	var all []struct{ To, Kind, Code string }
	if err := json.NewDecoder(res.Body).Decode(&all); err != nil {
		t.Fatal(err)
	}
	for _, m := range all {
		if m.To == to && m.Kind == kind {
			return m.Code, true
		}
	}
	return "", false
}
