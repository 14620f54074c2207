// Package bench measures what a request to the whole program costs, next to a
// reference in the same run: a bare net/http answer, one raw argon2id, one
// committed row. It holds benchmarks only; nothing imports it.
//
// It decides what is measured and against what. It refuses to judge: machines are
// shared, so no figure fails a test. Package table turns the output of
// `go test -bench` into ratios (`make bench`); package cluster measures many nodes.
//
// Start reading at bench_test.go; rig_test.go starts the program.
package bench
