// Package walls is where the repository tests itself. It holds tests only.
//
// It decides which room may import which (map_test.go is the map of the house)
// and a few customs that keep it readable: every package says what it is for, no
// package is called util, nothing runs before main, no test is skipped. It reads
// the source files and builds nothing. Each rule is also shown refusing a small
// tree that breaches it.
//
// Start reading at levels and sideways in map_test.go.
package walls
