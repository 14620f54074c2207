// Package clock makes time an argument.
//
// Everything that expires, locks or steps takes a Clock, so tests move time
// instead of waiting. System is the only caller of time.Now in the program
// (lint refuses it elsewhere). Start reading at Clock.
package clock
