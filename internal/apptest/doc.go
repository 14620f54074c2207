// Package apptest builds the whole program for tests of the rooms inside it: on
// both engines, with a clock that stands still, and nobody listening on a port.
//
// It decides how such a program is set up, how a test gets a person into it and
// how it reads the messages that wait. It refuses to answer HTTP: package journey
// looks at the program from outside. Start reading at OnBoth.
package apptest
