// Package cluster measures what a node costs that works beside others: 1, 2 and 4
// nodes, each a process of its own, on one PostgreSQL and one Redis
// (`make bench-cluster`).
//
// It decides what one operation is and whose processor time counts for it: the
// nodes', PostgreSQL's and Redis's, each from /proc, never the client's. It refuses
// to say how many operations a second the nodes manage together: they, their
// servers and the client share the cores of one machine. Package table turns the
// lines into a table.
//
// Start reading at BenchmarkCluster; usage_test.go reads the counters.
package cluster
