// Package timing measures whether the time of an answer tells who has an account
// (`make timing`): it asks the running program about addresses of every kind, in
// random order, and compares how long the answers take.
//
// It decides when two sets of times count as alike, which requests are measured
// and about whom. It refuses to measure in `make test`: machines are shared, so
// there only a few requests of each kind are made, which keeps the bench in
// order, and their times are not judged.
//
// Start reading at Compare; docs/timing.md says how to run it and what it showed.
package timing
