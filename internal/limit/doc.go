// Package limit refuses what comes too often: so many requests per time, per
// address, per account, per session.
//
// It decides when a request is one too many (a Rule says N per period), how
// long the caller has to wait, and what happens when the shared store is gone:
// every node goes on alone with its share of the limit, never without one
// (RL-11). It refuses to know what is limited: a rule has a name, a key is any
// text, and which routes take which rules is listed where routes are listed.
// The count of wrong passwords and codes per account is not kept here either:
// those live in the database (RL-03) and survive everything.
//
// The algorithm is the generic cell rate algorithm (GCRA): one instant per key,
// no windows, no background work. N requests may come at once; from then on one
// more every Per/N.
//
// Two limiters keep the same promises, proved by one suite in limittest:
// limit/memory for one node, limit/redis for many. Start reading at Limiter,
// then Rule.Spend, which is all the arithmetic there is.
package limit
