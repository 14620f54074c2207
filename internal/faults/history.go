package faults

import (
	"fmt"
	"sync"
	"time"
)

// Kind is what a call does to its subject.
type Kind string

// The kinds of calls.
const (
	Spend  Kind = "spend"  // uses up a thing that works once
	Keep   Kind = "keep"   // makes something that is there from now on
	Find   Kind = "find"   // looks for something that was kept
	Revoke Kind = "revoke" // takes something back for ever
	Work   Kind = "work"   // uses something that may have been taken back
)

// Outcome is what the caller was told.
type Outcome string

// The outcomes.
const (
	OK      Outcome = "ok"
	Refused Outcome = "refused" // the server said that it did not do it
	Unknown Outcome = "unknown" // no answer, or one that says nothing
)

// Op is one call: what it did to whom, when it was sent and when its answer came,
// counted from the start of the history.
type Op struct {
	Kind    Kind
	Subject string // never the secret itself
	Outcome Outcome
	Sent    time.Duration
	Done    time.Duration
}

// History collects calls. The zero value is empty; it is safe for concurrent use.
type History struct {
	mu  sync.Mutex
	ops []Op
}

// Add enters a call that is over.
func (h *History) Add(op Op) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.ops = append(h.ops, op)
}

// Ops returns a copy of what was entered.
func (h *History) Ops() []Op {
	h.mu.Lock()
	defer h.mu.Unlock()
	return append([]Op(nil), h.ops...)
}

// Check returns every broken promise of a history, in plain words; none when all
// were kept. Calls that ran at the same time may have happened in either order, so
// one counts as later only if it was sent after the other's answer came.
func Check(ops []Op) (broken []string) {
	spent := map[string]int{}
	kept, revoked := map[string]time.Duration{}, map[string]time.Duration{}
	first := func(m map[string]time.Duration, op Op) {
		if at, ok := m[op.Subject]; !ok || op.Done < at {
			m[op.Subject] = op.Done
		}
	}
	for _, op := range ops {
		switch {
		case op.Outcome != OK:
		case op.Kind == Spend:
			spent[op.Subject]++
			if spent[op.Subject] == 2 {
				broken = append(broken, fmt.Sprintf("%s worked more than once", op.Subject))
			}
		case op.Kind == Keep:
			first(kept, op)
		case op.Kind == Revoke:
			first(revoked, op)
		}
	}
	for _, op := range ops {
		if at, ok := revoked[op.Subject]; ok && op.Kind == Work && op.Outcome == OK && op.Sent > at {
			broken = append(broken, fmt.Sprintf("%s worked at %v, revoked at %v", op.Subject, op.Sent, at))
		}
		if at, ok := kept[op.Subject]; ok && op.Kind == Find && op.Outcome == Refused && op.Sent > at {
			broken = append(broken, fmt.Sprintf("%s was lost: acknowledged at %v, gone at %v", op.Subject, at, op.Sent))
		}
	}
	return broken
}
