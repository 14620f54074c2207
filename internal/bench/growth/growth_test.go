package growth_test

import (
	"flag"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/sallyport/sallyport/internal/clock"
)

var (
	sizes  = flag.String("growth", "", "measure houses of so many users, such as 10000,100000; empty: small ones, once")
	engine = flag.String("growth-engine", "sqlite,postgres", "the engines to measure")
	output = flag.String("growth-out", "", "a file to write the tables to as well")
)

// operation is something the program does. prepare gets it ready for one house and
// returns what is timed, and what has to be done before each time, if anything.
type operation struct {
	name    string
	rounds  int // how often it is measured
	prepare func(h *house) (timed, before func())
}

func operations() []operation {
	return slices.Concat(peopleOperations(), administratorOperations(), upkeepOperations(), retentionOperations())
}

// TestGrowth runs every operation on houses of several sizes and prints what they
// cost against the smallest.
func TestGrowth(t *testing.T) {
	counts, rounds := []int{600, 1200}, 1
	if *sizes != "" {
		counts, rounds = nil, 0
		for _, s := range strings.Split(*sizes, ",") {
			n, err := strconv.Atoi(s)
			if err != nil || n < 600 {
				t.Fatalf("-growth: %q is no number of users from 600", s)
			}
			counts = append(counts, n)
		}
	}
	for _, name := range strings.Split(*engine, ",") {
		t.Run(name, func(t *testing.T) {
			houses := make([]*house, 0, len(counts))
			for _, n := range counts {
				houses = append(houses, build(t, name, n))
			}
			out := newReport(name, houses)
			out.weigh(t)
			for _, o := range operations() {
				if rounds > 0 {
					o.rounds = rounds
				}
				t.Log(out.add(o.name, measure(o, houses)))
			}
			out.print(t)
		})
	}
}

// measure returns the times of an operation in each house, sorted. The houses take
// turns.
func measure(o operation, houses []*house) [][]time.Duration {
	type prepared struct{ timed, before func() }
	ready := make([]prepared, len(houses))
	for i, h := range houses {
		ready[i].timed, ready[i].before = o.prepare(h)
	}
	took := make([][]time.Duration, len(houses))
	warm := min(5, o.rounds/4)
	for round := range o.rounds + warm {
		for turn := range houses {
			i := (round + turn) % len(houses)
			if ready[i].before != nil {
				ready[i].before()
			}
			began := clock.System()
			ready[i].timed()
			if d := clock.System().Sub(began); round >= warm {
				took[i] = append(took[i], d)
			}
		}
	}
	for _, t := range took {
		slices.Sort(t)
	}
	return took
}

// report is the tables of one engine.
type report struct {
	engine string
	houses []*house
	rows   strings.Builder
	weight string
}

func newReport(engine string, houses []*house) *report {
	r := &report{engine: engine, houses: houses}
	r.rows.WriteString("\n| " + engine)
	for _, h := range houses {
		_, _ = fmt.Fprintf(&r.rows, " | %d users | ratio", h.Users)
	}
	r.rows.WriteString(" |\n|---" + strings.Repeat("|---:|---:", len(houses)) + "|\n")
	return r
}

// add writes the medians of an operation, and returns the line.
func (r *report) add(name string, took [][]time.Duration) string {
	var line strings.Builder
	_, _ = fmt.Fprintf(&line, "| %s", name)
	first := median(took[0])
	for _, t := range took {
		m := median(t)
		_, _ = fmt.Fprintf(&line, " | %.3f ms | %.2f", float64(m.Microseconds())/1000, float64(m)/float64(first))
	}
	line.WriteString(" |")
	r.rows.WriteString(line.String() + "\n")
	return line.String()
}

func median(sorted []time.Duration) time.Duration { return sorted[len(sorted)/2] }

// weigh writes what the tables weigh in the largest house.
func (r *report) weigh(t *testing.T) {
	h := r.houses[len(r.houses)-1]
	var b strings.Builder
	_, _ = fmt.Fprintf(&b, "\n| %s, %d users | rows | MB | bytes a user |\n|---|---:|---:|---:|\n", r.engine, h.Users)
	rows, bytes := 0, 0
	for _, w := range h.weights(t) {
		_, _ = fmt.Fprintf(&b, "| %s | %d | %.1f | %d |\n", w.Table, w.Rows, float64(w.Bytes)/1e6, w.Bytes/h.Users)
		rows, bytes = rows+w.Rows, bytes+w.Bytes
	}
	_, _ = fmt.Fprintf(&b, "| all | %d | %.1f | %d |\n", rows, float64(bytes)/1e6, bytes/h.Users)
	r.weight = b.String()
}

func (r *report) print(t *testing.T) {
	text := r.rows.String() + r.weight
	t.Log(text)
	if *output == "" {
		return
	}
	f, err := os.OpenFile(*output, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	_, err = f.WriteString(text)
	if closed := f.Close(); err != nil || closed != nil {
		t.Fatalf("%s: %v, %v", *output, err, closed)
	}
}
