package vectortest

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// Tally counts what became of the vectors of one set in one room.
type Tally struct {
	Set  string // the name of the file, without "_test.json"
	Code string // the code they ran through, as docs/vectors.md names it
	// Nothing to accept, or nothing to refuse, is what the set is expected to
	// have; otherwise a set without any of the kind is an error.
	NothingToAccept, NothingToRefuse bool

	accepted, refused int
	policy, carried   map[string]int // by rule
}

// Judge counts a vector that ran. rule is why policy refuses it although it is
// good, empty if nothing does. A good vector that is refused without a rule, a
// bad one that is accepted, and one that is accepted against a rule are errors.
func (t *Tally) Judge(tb testing.TB, v Vector, rule string, accepted bool) {
	tb.Helper()
	good := v.Result != "invalid"
	switch {
	case accepted && rule != "":
		tb.Errorf("%s %d (%s): got accepted, want refused: %s", t.Set, v.ID, v.Comment, rule)
	case accepted && !good:
		tb.Errorf("%s %d (%s): got accepted, want refused %v", t.Set, v.ID, v.Comment, v.Flags)
	case accepted:
		t.accepted++
	case good && rule != "":
		t.policy = count(t.policy, rule)
	case v.Result == "valid":
		tb.Errorf("%s %d (%s): got refused, want accepted", t.Set, v.ID, v.Comment)
	default:
		t.refused++
	}
}

// Pass counts a vector that the format cannot carry, which rule explains.
func (t *Tally) Pass(rule string) { t.carried = count(t.carried, rule) }

func count(m map[string]int, rule string) map[string]int {
	if m == nil {
		m = map[string]int{}
	}
	m[rule]++
	return m
}

// Done holds the figures to those of docs/vectors.md and to the set's own count.
func (t *Tally) Done(tb testing.TB, setCount int) {
	tb.Helper()
	if (t.accepted == 0) != t.NothingToAccept || (t.refused == 0) != t.NothingToRefuse {
		tb.Errorf("%s through %s: got %d accepted and %d refused, want some of each unless the test says otherwise", t.Set, t.Code, t.accepted, t.refused)
	}
	if got := t.accepted + t.refused + sum(t.policy) + sum(t.carried); got != setCount {
		tb.Errorf("%s through %s: got %d vectors counted, want all %d", t.Set, t.Code, got, setCount)
	}
	tb.Log(t.Row())
	if !slices.Contains(strings.Split(document(tb), "\n"), t.Row()) {
		tb.Errorf("docs/vectors.md: want this row\n%s", t.Row())
	}
}

// Row is the tally as a row of the table in docs/vectors.md.
func (t *Tally) Row() string {
	return fmt.Sprintf("| %s | %s | %d | %d | %s | %s |", t.Set, t.Code, t.accepted, t.refused, listed(t.policy), listed(t.carried))
}

// listed writes rules in order, each with its count.
func listed(rules map[string]int) string {
	var out []string
	for _, rule := range slices.Sorted(maps.Keys(rules)) {
		out = append(out, fmt.Sprintf("%d: %s", rules[rule], rule))
	}
	return strings.Join(out, "; ")
}

func sum(rules map[string]int) (n int) {
	for _, c := range rules {
		n += c
	}
	return n
}

// document reads docs/vectors.md of the repository that the test runs in.
func document(tb testing.TB) string {
	tb.Helper()
	folder, err := os.Getwd()
	if err != nil {
		tb.Fatal(err)
	}
	for {
		if _, err := os.Stat(filepath.Join(folder, "go.mod")); err == nil {
			break
		}
		if folder == filepath.Dir(folder) {
			tb.Fatal("no go.mod above the test")
		}
		folder = filepath.Dir(folder)
	}
	doc, err := os.ReadFile(filepath.Join(folder, "docs", "vectors.md"))
	if err != nil {
		tb.Fatal(err)
	}
	return string(doc)
}
