// Command table reads the output of `go test -bench` and writes one Markdown
// table of ratios: each row is a benchmark against its reference of the same run.
// Where the output holds several runs, one after the other, it writes medians: of
// the figures, and of the ratios of each run.
// With the argument "cluster" it writes the tables of BenchmarkCluster instead.
package main

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"
)

// row is one line of the table. A metric is named by its unit, as the testing
// package prints it.
type row struct {
	name, unit string
	// reference is what the figure is divided by, in its own unit; empty: the aim is
	// for the figure itself.
	reference, referenceUnit string
	aim                      string
}

// ratio is a row whose figures have one unit.
func ratio(name, reference, unit, aim string) row { return row{name, unit, reference, unit, aim} }

// figure is a row without a reference.
func figure(name, unit, aim string) row { return row{name: name, unit: unit, aim: aim} }

var rows = []row{
	ratio("GetMe/sqlite", "BareAnswer", "ns/op", "≤ 3.3"),
	ratio("GetMe/postgres", "BareAnswer", "ns/op", "≤ 3.3"),
	figure("GetMe/postgres", "cpu-µs/op", "≤ 120"),
	ratio("VerifyNew", "VerifyES256", "ns/op", "≤ 1.1"),
	figure("VerifyRemembered", "ns/op", "≤ 5000"),
	ratio("Refresh/sqlite", "RefreshByHand", "ns/op", "≤ 1.43"),
	ratio("Refresh/postgres", "CommittedRow/postgres", "ns/op", ""),
	ratio("Refresh/postgres-durable", "CommittedRow/postgres-durable", "ns/op", "≤ 2"),
	figure("Refresh/sqlite", "cpu-µs/op", "≤ 350"),
	figure("Refresh/postgres", "cpu-µs/op", "≤ 350"),
	ratio("SignIn/sqlite", "RawArgon2", "cpu-µs/op", "≤ 1.1"),
	ratio("SignIn/postgres", "RawArgon2", "cpu-µs/op", "≤ 1.1"),
	ratio("SignUp/sqlite", "RawArgon2", "cpu-µs/op", ""),
	ratio("SignUp/postgres", "RawArgon2", "cpu-µs/op", ""),
	figure("TOTP/workers=1/sqlite", "cpu-µs/op", "≤ 1200"),
	figure("TOTP/workers=1/postgres", "cpu-µs/op", "≤ 1200"),
	ratio("Ping", "RawEcho", "cpu-µs/op", ""),
	figure("Start", "first-ms", "≤ 100"),
	figure("Start", "again-ms", "≤ 100"),
	figure("Start", "idle-MB", "≤ 30"),
	figure("Loaded", "loaded-MB", "≤ 60"),
	{"Storm/sqlite", "sign-ins/s", "HashesOnAllCores", "hashes/s", "≥ 0.9"},
	{"Storm/postgres", "sign-ins/s", "HashesOnAllCores", "hashes/s", "≥ 0.9"},
	figure("Storm/sqlite", "read-p99-ms", "≤ 40"),
	figure("Storm/postgres", "read-p99-ms", "≤ 40"),
	figure("Storm/sqlite", "peak-MB", "≤ 100"),
	figure("Storm/postgres", "peak-MB", "≤ 100"),
}

func main() {
	tables := write
	if len(os.Args) > 1 && os.Args[1] == "cluster" {
		tables = writeCluster
	}
	if err := run(os.Stdin, os.Stdout, tables); err != nil {
		_, _ = fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// run copies the benchmark output and writes the tables below it. A benchmark
// that they need and the output lacks is an error.
func run(in io.Reader, out io.Writer, tables func(io.Writer, figures) error) error {
	found := figures{}
	lines := bufio.NewScanner(in)
	for lines.Scan() {
		_, _ = fmt.Fprintln(out, lines.Text())
		if name, units := parse(lines.Text()); name != "" {
			found.add(name, units)
		}
	}
	if err := lines.Err(); err != nil {
		return err
	}
	return tables(out, found)
}

// figures holds what each benchmark found by its units, one figure for each run.
type figures map[string]map[string][]float64

func (f figures) add(name string, units map[string]float64) {
	if f[name] == nil {
		f[name] = map[string][]float64{}
	}
	for unit, figure := range units {
		f[name][unit] = append(f[name][unit], figure)
	}
}

// of returns the median of a figure.
func (f figures) of(name, unit string) (float64, error) {
	all := f[name][unit]
	if len(all) == 0 {
		return 0, fmt.Errorf("no %s of %s in the output", unit, name)
	}
	return median(all), nil
}

// ratio returns the median of what a row is to its reference in each run.
func (f figures) ratio(r row) (float64, error) {
	got, floor := f[r.name][r.unit], f[r.reference][r.referenceUnit]
	if len(got) != len(floor) {
		return 0, fmt.Errorf("%s was run %d times, its reference %s %d times", r.name, len(got), r.reference, len(floor))
	}
	var all []float64
	for i := range got {
		if floor[i] <= 0 {
			return 0, fmt.Errorf("%s of %s is %v", r.referenceUnit, r.reference, floor[i])
		}
		all = append(all, got[i]/floor[i])
	}
	return median(all), nil
}

// median returns the middle one, or the mean of the two in the middle.
func median(all []float64) float64 {
	all = slices.Sorted(slices.Values(all))
	n := len(all)
	return (all[(n-1)/2] + all[n/2]) / 2
}

// parse reads one result line: name-procs, count, then pairs of figure and unit.
func parse(line string) (name string, units map[string]float64) {
	fields := strings.Fields(line)
	if len(fields) < 4 || !strings.HasPrefix(fields[0], "Benchmark") {
		return "", nil
	}
	name = strings.TrimPrefix(fields[0], "Benchmark")
	if i := strings.LastIndexByte(name, '-'); i > 0 {
		name = name[:i]
	}
	units = map[string]float64{}
	for i := 2; i+1 < len(fields); i += 2 {
		figure, err := strconv.ParseFloat(fields[i], 64)
		if err != nil {
			return "", nil
		}
		units[fields[i+1]] = figure
	}
	return name, units
}

func write(out io.Writer, found figures) error {
	_, _ = fmt.Fprint(out, "\n| benchmark | unit | figure | reference | its figure | ratio | aim |\n|---|---|---|---|---|---|---|\n")
	for _, r := range rows {
		got, err := found.of(r.name, r.unit)
		if err != nil {
			return err
		}
		if r.reference == "" {
			_, _ = fmt.Fprintf(out, "| %s | %s | %.4g | | | | %s |\n", r.name, r.unit, got, r.aim)
			continue
		}
		floor, err := found.of(r.reference, r.referenceUnit)
		if err != nil {
			return err
		}
		ratio, err := found.ratio(r)
		if err != nil {
			return err
		}
		_, _ = fmt.Fprintf(out, "| %s | %s | %.4g | %s | %.4g | %.2f | %s |\n", r.name, r.unit, got, r.reference, floor, ratio, r.aim)
	}
	return nil
}
