// Package faults breaks the running program on purpose and judges, from what its
// clients saw, whether it kept its promises (`make faults`).
//
// It decides what a history of calls may look like whatever was broken: a thing
// that works once worked at most once, what was acknowledged is there, what was
// revoked stays revoked. It refuses to know how the program keeps these promises,
// and it judges no call whose answer never came: that may have happened or not.
//
// Start reading at Check; the faults are the tests, one file each.
package faults
