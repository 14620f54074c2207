package main

import (
	"fmt"
	"strings"
	"testing"
)

// output is what `go test -bench` prints with every benchmark the table needs.
func output(without string) string {
	var out strings.Builder
	out.WriteString("goos: linux\n")
	seen := map[string]bool{}
	for _, r := range rows {
		for i, name := range []string{r.name, r.reference} {
			if name != without && !seen[name] {
				seen[name] = true
				_, _ = fmt.Fprintf(&out, "Benchmark%s-2 \t 100 \t %d ns/op \t %d cpu-µs/op \t 12 B/op\n", name, 300-200*i, 30-20*i)
			}
		}
	}
	return out.String() + "PASS\n"
}

func TestTable(t *testing.T) {
	var out strings.Builder
	if err := run(strings.NewReader(output("")), &out); err != nil {
		t.Fatalf("got %v, want nil", err)
	}
	for _, want := range []string{
		"BenchmarkBareAnswer-2", "PASS\n",
		"| GetMe/sqlite | cpu-µs/op | 30 | BareAnswer | 10 | 3.00 | ≤ 4 |",
		"| Refresh/postgres | ns/op | 300 | CommittedRow/postgres | 100 | 3.00 | ≤ 2 |",
	} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("got\n%s\nwant it to contain %q", out.String(), want)
		}
	}
}

func TestMissingBenchmarkIsAnError(t *testing.T) {
	for _, name := range []string{"BareAnswer", "SignIn/sqlite"} {
		err := run(strings.NewReader(output(name)), &strings.Builder{})
		if err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("without %s: got %v, want an error that names it", name, err)
		}
	}
}

func TestParse(t *testing.T) {
	for _, tt := range []struct {
		line, name string
		units      map[string]float64
	}{
		{"BenchmarkA/b-c-2   10   1.5 ns/op  7 cpu-µs/op", "A/b-c", map[string]float64{"ns/op": 1.5, "cpu-µs/op": 7}},
		{"ok  github.com/x 1.2s", "", nil},
		{"BenchmarkA-2", "", nil},
		{"BenchmarkA-2 10 x ns/op", "", nil},
	} {
		name, units := parse(tt.line)
		if name != tt.name || fmt.Sprint(units) != fmt.Sprint(tt.units) {
			t.Errorf("%q: got %q %v, want %q %v", tt.line, name, units, tt.name, tt.units)
		}
	}
}
