package faults

import (
	"fmt"
	"maps"
	"slices"
)

// Unaccounted compares what somebody was told with the audit rows about them, by
// the name of the event: every acknowledgement has a row (AU-06). More rows than
// acknowledgements are none of its business: an answer can be lost.
func Unaccounted(told, rows map[string]int) (broken []string) {
	for _, event := range slices.Sorted(maps.Keys(told)) {
		if rows[event] < told[event] {
			broken = append(broken, fmt.Sprintf("%s: %d acknowledged, %d audit rows", event, told[event], rows[event]))
		}
	}
	return broken
}

// Session is a session as the tables have it.
type Session struct {
	ID     string
	Level  int      // 1 for aal1, 2 for aal2
	Proofs []string // the methods that were shown, as stored
}

// firstProof is the method that begins every sign-in of the bench.
const firstProof = "password"

// Above returns the sessions that stand above what was shown for them: above aal1
// without a second factor, of anything without a first one, and all of them where
// there are more than second factors were shown by the person (MF-01).
func Above(sessions []Session, shown int) (broken []string) {
	raised := 0
	for _, s := range sessions {
		second := slices.ContainsFunc(s.Proofs, func(m string) bool { return m != firstProof })
		if s.Level > 1 {
			raised++
			if !second {
				broken = append(broken, fmt.Sprintf("session %s has level %d by %v", s.ID, s.Level, s.Proofs))
			}
		}
		if !slices.Contains(s.Proofs, firstProof) {
			broken = append(broken, fmt.Sprintf("session %s was opened by %v", s.ID, s.Proofs))
		}
	}
	if raised > shown {
		broken = append(broken, fmt.Sprintf("%d sessions above aal1 for %d second factors", raised, shown))
	}
	return broken
}

// Size is what a program holds besides memory.
type Size struct{ Goroutines, Descriptors float64 }

// Pool is how many goroutines, and as many descriptors, may come and go with the
// connections of a pool.
const Pool = 40

// Grown reports whether a program holds more than before, a pool aside.
func Grown(before, after Size) bool {
	return after.Goroutines > before.Goroutines+Pool || after.Descriptors > before.Descriptors+Pool
}
