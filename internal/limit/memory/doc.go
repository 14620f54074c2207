// Package memory keeps rate limits in this process: the limiter of a single
// node, and what every node falls back to when the shared one is gone.
//
// It decides what to forget when it is full: never a key that is refusing at the
// moment, and of the others the one that has been free the longest (RL-12). So
// filling it up with fresh keys does not win back a try on a used one. It
// refuses to grow: past its size, with nothing left to forget, a new key is
// refused until the first of the old ones is free. Nothing survives a restart.
//
// Start reading at Limiter.Take, then shard.
package memory
