// Package toll decides whether one more SMS code may leave, because each costs
// money and fraudsters earn from numbers of their own.
//
// It decides the budgets (per number, account, client address and for the whole
// server, OT-06), the breaker that opens when the whole budget is used up, and
// the signs of pumping: many countries from one address, numbers whose codes
// nobody types, runs of neighbouring numbers (OT-07). It refuses to know where
// past sends are kept: the store answers through Book, under a lock, so that two
// nodes never count past each other. Start reading at Budget.Judge.
package toll
