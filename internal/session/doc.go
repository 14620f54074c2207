// Package session opens, renews, lists and ends sessions, and tells every node
// when one ended.
//
// It decides how refresh tokens rotate and what a reused one means (TK-07,
// TK-08), how long a session lives (TK-09), what a step-up changes, and in which
// order a revocation travels: durable row, this node's set and sockets, the bus,
// the sweep. It refuses to know factors: whether enough was proved is decided in
// package signin before Open is called. Start reading at Service and
// Revocations.
package session
