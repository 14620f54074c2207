// Package bustest proves that a bus keeps the promises of bus.Bus: one call of
// Run per implementation. Its Listener is of use in other tests of a bus too. It
// is for tests only. Start reading at Run.
package bustest
