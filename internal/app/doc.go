// Package app is the switchboard: it builds everything from the settings and
// knows everyone.
//
// It decides which adapter stands behind which interface, and in which order
// things start and stop. It refuses to hold rules: every decision about people
// lies in the room it belongs to. An App is a value; tests start exactly the
// program that users start. Start reading at Open and Serve.
package app
