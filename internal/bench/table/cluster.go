package main

import (
	"fmt"
	"io"
	"strings"
)

// nodeCounts are what BenchmarkCluster runs.
var nodeCounts = []int{1, 2, 4}

// column is one figure of a row: the unit it has in the benchmark's line, and how it
// is printed.
type column struct{ head, unit, format string }

// show prints a figure; what rounds to nothing has no sign.
func (c column) show(figure float64) string {
	text := fmt.Sprintf(c.format, figure)
	if strings.Trim(text, "-0.") == "" {
		return strings.TrimPrefix(text, "-")
	}
	return text
}

var (
	operations = []string{"GetMe", "GetMeAtOne", "Refresh", "SignIn", "Connect", "Publish", "Revoke"}

	costs = []column{
		{"nodes µs", "node-µs/op", "%.0f"}, {"PostgreSQL µs", "postgres-µs/op", "%.0f"}, {"Redis µs", "redis-µs/op", "%.0f"},
		{"statements", "statements/op", "%.1f"}, {"commits", "commits/op", "%.1f"}, {"Redis commands", "commands/op", "%.1f"},
		{"WAL bytes", "WAL-B/op", "%.0f"},
	}
	rest = []column{
		{"node ms/s", "node-ms/s", "%.1f"}, {"PostgreSQL ms/s", "postgres-ms/s", "%.1f"}, {"Redis ms/s", "redis-ms/s", "%.1f"},
		{"statements/s", "statements/s", "%.1f"}, {"Redis commands/s", "commands/s", "%.1f"}, {"RSS MiB", "RSS-MiB", "%.0f"},
	}
)

// writeCluster writes what BenchmarkCluster found: what a node costs by itself, and
// what each operation costs on that many nodes.
func writeCluster(out io.Writer, found figures) error {
	if err := grid(out, "by itself, for each node", []string{"Idle"}, rest, found); err != nil {
		return err
	}
	if err := grid(out, "one operation", operations, costs, found); err != nil {
		return err
	}
	for _, n := range nodeCounts {
		hash, err := found.of(name(n, "SignIn"), "argon2-µs/op")
		if err != nil {
			return err
		}
		all, err := found.of(name(n, "SignIn"), "node-µs/op")
		if err != nil {
			return err
		}
		_, _ = fmt.Fprintf(out, "\nSignIn with nodes=%d: one argon2id by itself takes %.0f µs, %.0f %% of what the nodes take.\n", n, hash, 100*hash/all)
	}
	return nil
}

func name(nodes int, operation string) string {
	return fmt.Sprintf("Cluster/nodes=%d/%s", nodes, operation)
}

func grid(out io.Writer, title string, rows []string, columns []column, found figures) error {
	head, rule := "| "+title+" | nodes |", "|---|---|"
	for _, c := range columns {
		head, rule = head+" "+c.head+" |", rule+"---|"
	}
	_, _ = fmt.Fprintf(out, "\n%s\n%s\n", head, rule)
	for _, operation := range rows {
		for _, n := range nodeCounts {
			_, _ = fmt.Fprintf(out, "| %s | %d |", operation, n)
			for _, c := range columns {
				got, err := found.of(name(n, operation), c.unit)
				if err != nil {
					return err
				}
				_, _ = fmt.Fprintf(out, " %s |", c.show(got))
			}
			_, _ = fmt.Fprintln(out)
		}
	}
	return nil
}
