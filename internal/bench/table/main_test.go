package main

import (
	"fmt"
	"strings"
	"testing"
)

// output is what `go test -bench` prints with every figure the table needs: 30 of
// each benchmark, 10 of each reference.
func output(without string) string {
	var out strings.Builder
	out.WriteString("goos: linux\n")
	seen := map[string]bool{}
	line := func(name string, figure int) {
		if name == "" || name == without || seen[name] {
			return
		}
		seen[name] = true
		_, _ = fmt.Fprintf(&out, "Benchmark%s-2 \t 100", name)
		for _, unit := range []string{"ns/op", "cpu-µs/op", "hashes/s", "sign-ins/s", "read-p99-ms", "peak-MB", "first-ms", "again-ms", "idle-MB", "loaded-MB"} {
			_, _ = fmt.Fprintf(&out, " \t %d %s", figure, unit)
		}
		out.WriteByte('\n')
	}
	for _, r := range rows {
		line(r.name, 30)
		line(r.reference, 10)
	}
	return out.String() + "PASS\n"
}

func TestTable(t *testing.T) {
	var out strings.Builder
	if err := run(strings.NewReader(output("")), &out, write); err != nil {
		t.Fatalf("got %v, want nil", err)
	}
	for _, want := range []string{
		"BenchmarkBareAnswer-2", "PASS\n",
		"| SignIn/sqlite | cpu-µs/op | 30 | RawArgon2 | 10 | 3.00 | ≤ 1.1 |",
		"| Storm/postgres | sign-ins/s | 30 | HashesOnAllCores | 10 | 3.00 | ≥ 0.9 |",
		"| Start | idle-MB | 30 | | | | ≤ 30 |",
	} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("got\n%s\nwant it to contain %q", out.String(), want)
		}
	}
}

func TestSeveralRunsGiveMedians(t *testing.T) {
	var in strings.Builder
	in.WriteString(output("SignIn/sqlite"))
	in.WriteString(output("SignIn/sqlite"))
	in.WriteString(output("SignIn/sqlite"))
	for _, figure := range []int{20, 70, 40} {
		_, _ = fmt.Fprintf(&in, "BenchmarkSignIn/sqlite-2 \t 100 \t %d cpu-µs/op\n", figure)
	}
	var out strings.Builder
	if err := run(strings.NewReader(in.String()), &out, write); err != nil {
		t.Fatalf("got %v, want nil", err)
	}
	if want := "| SignIn/sqlite | cpu-µs/op | 40 | RawArgon2 | 10 | 4.00 |"; !strings.Contains(out.String(), want) {
		t.Errorf("got\n%s\nwant it to contain %q", out.String(), want)
	}
	err := run(strings.NewReader(output("")+output("RawArgon2")), &strings.Builder{}, write)
	if err == nil || !strings.Contains(err.Error(), "RawArgon2 1 times") {
		t.Errorf("a reference that is not in each run: got %v, want an error that names it", err)
	}
	for want, all := range map[float64][]float64{3: {9, 1, 3}, 2.5: {4, 1, 2, 3}} {
		if got := median(all); got != want {
			t.Errorf("median of %v: got %v, want %v", all, got, want)
		}
	}
}

func TestMissingBenchmarkIsAnError(t *testing.T) {
	for _, name := range []string{"BareAnswer", "SignIn/sqlite"} {
		err := run(strings.NewReader(output(name)), &strings.Builder{}, write)
		if err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("without %s: got %v, want an error that names it", name, err)
		}
	}
}

// clusterOutput is what BenchmarkCluster prints, but for one benchmark.
func clusterOutput(without string) string {
	var out strings.Builder
	for _, n := range nodeCounts {
		for _, operation := range append([]string{"Idle"}, operations...) {
			if name(n, operation) == without {
				continue
			}
			_, _ = fmt.Fprintf(&out, "Benchmark%s-2 \t 1 \t", name(n, operation))
			for i, c := range append(append([]column{}, costs...), rest...) {
				_, _ = fmt.Fprintf(&out, " %d.25 %s", 10*n+i, c.unit)
			}
			_, _ = fmt.Fprintf(&out, " 5 argon2-µs/op\n")
		}
	}
	return out.String()
}

func TestClusterTables(t *testing.T) {
	var out strings.Builder
	if err := run(strings.NewReader(clusterOutput("")), &out, writeCluster); err != nil {
		t.Fatalf("got %v, want nil", err)
	}
	for _, want := range []string{
		"| by itself, for each node | nodes | node ms/s |",
		"| Idle | 2 | 27.2 | 28.2 | 29.2 | 30.2 | 31.2 | 32 |",
		"| GetMe | 1 | 10 | 11 | 12 | 13.2 | 14.2 | 15.2 | 16 |",
		"| Revoke | 4 | 40 | 41 | 42 | 43.2 | 44.2 | 45.2 | 46 |",
		"SignIn with nodes=4: one argon2id by itself takes 5 µs, 12 % of",
	} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("got\n%s\nwant it to contain %q", out.String(), want)
		}
	}
	for figure, want := range map[float64]string{-0.04: "0.0", 0: "0.0", -0.06: "-0.1", 10.04: "10.0"} {
		if got := (column{format: "%.1f"}).show(figure); got != want {
			t.Errorf("%v: got %s, want %s", figure, got, want)
		}
	}
	for _, missing := range []string{name(2, "Idle"), name(4, "Publish")} {
		err := run(strings.NewReader(clusterOutput(missing)), &strings.Builder{}, writeCluster)
		if err == nil || !strings.Contains(err.Error(), missing) {
			t.Errorf("without %s: got %v, want an error that names it", missing, err)
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
