// Command sallyport is an authentication server with a WebSocket gateway.
//
// This package reads the command line and nothing else: one small file per
// command, each of which asks internal/app. Start reading at run.
package main
