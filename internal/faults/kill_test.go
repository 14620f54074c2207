package faults_test

import (
	"strings"
	"testing"
	"time"
)

// TestKilledAtWork kills the program while people sign in, set factors up, use
// codes and mailed links up, refresh and sign out, a little later each time.
func TestKilledAtWork(t *testing.T) {
	engines(t, func(t *testing.T, databaseURL string) {
		b := newBench(t, 1, databaseURL)
		b.serve(t)
		c := newCrowd(b, 6)
		c.goesOn(t, time.Minute)
		for round := range either(2, 20) {
			<-time.After(time.Second + time.Duration(round)*37*time.Millisecond)
			b.nodes[0].kill()
			if out := b.nodes[0].command(t, "audit", "verify"); !strings.Contains(out, "intact") {
				t.Errorf("AU-05 audit verify: got %q, want intact", out)
			}
			b.nodes[0].serve(t)
		}
		c.goesOn(t, time.Minute)
		c.judge(t)
		c.showsSomething(t)
	})
}
