// Package growth measures what the program's requests and jobs cost when its tables
// have grown: the same operations on databases of several sizes, in turns, so that
// what else the machine does weighs on each of them alike. It holds tests only;
// nothing imports it.
//
// It decides what is measured and prints the ratios to the smallest size. It refuses
// to judge: machines are shared, so no figure fails a test. What a query reads is
// held by the plan tests of package store, which count.
//
// `make test` runs it on a few hundred people, to see that every operation works;
// `make bench-growth` on as many as GROWTH says.
//
// Start reading at growth_test.go; each ops file is one list of operations.
package growth
