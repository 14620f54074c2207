// Package vectortest runs published test vectors (Wycheproof) through a room's
// own code and counts what came of each. It is for tests only.
//
// It decides how a set is read and what may come of a vector: it is accepted, it
// is refused, it is good but our policy refuses it, or our format cannot carry
// it. The last two name their rule. No vector goes uncounted, and the figures
// must be those of docs/vectors.md. It refuses to know what is verified: each
// room judges its own vectors. Start reading at Tally.
package vectortest
