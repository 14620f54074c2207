// Package apptest builds the whole program for tests of the rooms inside it: on
// both engines, with a clock that stands still, and nobody listening on a port.
//
// It decides how such a program is set up, how a test gets a person into it, how
// it reads the messages that wait, and how a program answers for as long as a test
// runs (Serve). It refuses to know what is asked by HTTP: package journey looks at
// the program from outside. Start reading at OnBoth.
package apptest
