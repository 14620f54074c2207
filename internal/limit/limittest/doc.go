// Package limittest proves that a limiter keeps the promises of limit.Limiter:
// one call of Run per implementation, the same verdicts from all (RL-11). It is
// for tests only. Start reading at Run.
package limittest
