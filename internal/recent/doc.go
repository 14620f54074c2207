// Package recent keeps the values used last, within a bound.
//
// It decides what is forgotten when the bound is reached. It refuses to know
// whether a value is still true: whoever keeps one says how that is noticed.
//
// Start reading at Map.
package recent
