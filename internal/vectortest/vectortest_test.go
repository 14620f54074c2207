package vectortest_test

import (
	"testing"

	"github.com/sallyport/sallyport/internal/vectortest"
)

// ear is a test that listens instead of failing.
type ear struct {
	testing.TB
	errors int
}

func (e *ear) Helper()               {}
func (e *ear) Log(...any)            {}
func (e *ear) Errorf(string, ...any) { e.errors++ }

// TestJudge holds that each outcome is counted, and that what must not be is an
// error.
func TestJudge(t *testing.T) {
	for _, tc := range []struct {
		name, result, rule string
		accepted           bool
		errors             int
		row                string
	}{
		{"good, accepted", "valid", "", true, 0, "| s | c | 1 | 0 |  |  |"},
		{"good, refused", "valid", "", false, 1, "| s | c | 0 | 0 |  |  |"},
		{"good, refused by policy", "valid", "why", false, 0, "| s | c | 0 | 0 | 1: why |  |"},
		{"good, accepted against policy", "valid", "why", true, 1, "| s | c | 0 | 0 |  |  |"},
		{"bad, refused", "invalid", "", false, 0, "| s | c | 0 | 1 |  |  |"},
		{"bad, refused, policy too", "invalid", "why", false, 0, "| s | c | 0 | 1 |  |  |"},
		{"bad, accepted", "invalid", "", true, 1, "| s | c | 0 | 0 |  |  |"},
		{"bad, accepted against policy", "invalid", "why", true, 1, "| s | c | 0 | 0 |  |  |"},
		{"acceptable, accepted", "acceptable", "", true, 0, "| s | c | 1 | 0 |  |  |"},
		{"acceptable, refused", "acceptable", "", false, 0, "| s | c | 0 | 1 |  |  |"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			e, tally := &ear{TB: t}, vectortest.Tally{Set: "s", Code: "c"}
			tally.Judge(e, vectortest.Vector{Result: tc.result}, tc.rule, tc.accepted)
			if got := tally.Row(); e.errors != tc.errors || got != tc.row {
				t.Errorf("got %d errors and %s, want %d and %s", e.errors, got, tc.errors, tc.row)
			}
		})
	}
}

// TestDone holds that a set of which nothing ran, a vector that went uncounted
// and a row that docs/vectors.md does not have are errors.
func TestDone(t *testing.T) {
	full := func() *vectortest.Tally {
		tally := &vectortest.Tally{Set: "ed25519", Code: "token: verify a signature"}
		for range 88 {
			tally.Judge(t, vectortest.Vector{Result: "valid"}, "", true)
		}
		for range 63 {
			tally.Judge(t, vectortest.Vector{Result: "invalid"}, "", false)
		}
		return tally
	}
	for _, tc := range []struct {
		name   string
		tally  func() *vectortest.Tally
		count  int
		errors int
	}{
		{"as documented", full, 151, 0},
		{"one uncounted", full, 152, 1},
		{"not as documented", func() *vectortest.Tally { f := full(); f.Pass("why"); return f }, 152, 1},
		{"nothing ran", func() *vectortest.Tally { return &vectortest.Tally{} }, 0, 2},
		{"nothing to refuse was said, and something was", func() *vectortest.Tally { f := full(); f.NothingToRefuse = true; return f }, 151, 1},
	} {
		t.Run(tc.name, func(t *testing.T) {
			e := &ear{TB: t}
			if tc.tally().Done(e, tc.count); e.errors != tc.errors {
				t.Errorf("got %d errors, want %d", e.errors, tc.errors)
			}
		})
	}
}
