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

// Spread is how long another node than the one that took something back may go on
// honouring it (TK-11).
const Spread = 5 * time.Second

// Op is one call: what it did to whom, when it was sent and when its answer came,
// counted from the start of the history.
type Op struct {
	Kind    Kind
	Subject string // never the secret itself
	Outcome Outcome
	// Node is who was asked. Of a Work it is empty where every node looks the thing
	// up in the database and none has the time of Spread.
	Node string
	Sent time.Duration
	Done time.Duration
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
	spent, kept, revoked := map[string]int{}, map[string]time.Duration{}, map[string][]Op{}
	for _, op := range ops {
		switch {
		case op.Outcome != OK:
		case op.Kind == Spend:
			spent[op.Subject]++
			if spent[op.Subject] == 2 {
				broken = append(broken, fmt.Sprintf("%s worked more than once", op.Subject))
			}
		case op.Kind == Keep:
			if at, ok := kept[op.Subject]; !ok || op.Done < at {
				kept[op.Subject] = op.Done
			}
		case op.Kind == Revoke:
			revoked[op.Subject] = append(revoked[op.Subject], op)
		}
	}
	over := refusals(ops, revoked)
	for _, op := range ops {
		if at, ok := kept[op.Subject]; ok && op.Kind == Find && op.Outcome == Refused && op.Sent > at {
			broken = append(broken, fmt.Sprintf("%s was lost: acknowledged at %v, gone at %v", op.Subject, at, op.Sent))
		}
		if op.Kind != Work || op.Outcome != OK {
			continue
		}
		if at, ok := endOf(revoked[op.Subject], op.Node); ok && op.Sent > at {
			broken = append(broken, fmt.Sprintf("%s worked at %v, revoked for good at %v", op.Subject, op.Sent, at))
		} else if at, ok := over[place{op.Subject, op.Node}]; ok && op.Sent > at {
			broken = append(broken, fmt.Sprintf("%s worked again at %v, refused for its revocation at %v", op.Subject, op.Sent, at))
		}
	}
	return broken
}

// endOf is when a node must have stopped honouring what these calls took back.
func endOf(revocations []Op, node string) (at time.Duration, ok bool) {
	for _, r := range revocations {
		end := r.Done
		if node != "" && r.Node != "" && node != r.Node {
			end += Spread
		}
		if !ok || end < at {
			at, ok = end, true
		}
	}
	return at, ok
}

// place is a thing as one node sees it.
type place struct{ subject, node string }

// refusals is when each node first refused what had been taken back.
func refusals(ops []Op, revoked map[string][]Op) map[place]time.Duration {
	first := map[place]time.Duration{}
	for _, op := range ops {
		if op.Kind != Work || op.Outcome != Refused {
			continue
		}
		for _, r := range revoked[op.Subject] {
			at, ok := first[place{op.Subject, op.Node}]
			if op.Sent > r.Done && (!ok || op.Done < at) {
				first[place{op.Subject, op.Node}] = op.Done
			}
		}
	}
	return first
}
