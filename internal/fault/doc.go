// Package fault holds the error kinds and the stable codes that clients see.
//
// It decides what a client may be told: every error that leaves the server
// carries one Code of the table in codes.go, and nothing outside this package
// defines a code. It refuses to know HTTP: one switch in internal/httpapi turns
// a Kind into a status, and whatever is not a *fault.Error leaves as
// CodeInternal with its text dropped.
//
// Start reading at Error.
package fault
