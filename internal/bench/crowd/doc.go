// Package crowd fills a migrated database with people by the hundred thousand, for
// tests and measurements of how the program behaves when its tables have grown.
//
// It decides how many rows of which table a person brings and how they lie in time:
// sessions and refresh tokens of the last month and week, single-use rows that are
// spent and not yet swept, an audit log of a year. It speaks SQL past the store, one
// statement a table, since a store's method is one transaction each. It refuses to
// know secrets: sealed columns hold bytes that do not open, and the hash chain of
// its audit rows does not verify.
//
// Start reading at Fill; tables.go lists what a person brings.
package crowd
