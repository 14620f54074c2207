// Package journey tests the whole program from outside: it starts the App that
// users start and does what people do. It holds tests only. Start reading at
// TestMainJob.
package journey
