// Package memory is the bus of a single node: messages go from one part of the
// process to another. Two nodes in one process, as in tests, share one Bus.
//
// It decides how much history is kept for subscribers that are slow or come
// back: the last messages of each topic, a fixed number. It refuses to make a
// publisher wait for anybody. Nothing survives the process.
//
// Start reading at Bus.Subscribe.
package memory
