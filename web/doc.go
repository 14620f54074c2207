// Package web carries the pages that browsers get, inside the binary.
//
// It decides which files are there, how long they may be cached and what their
// entity tags are. It refuses to know the API: pages talk to it as every other
// client does, and the security headers are set by the HTTP layer for all
// answers alike.
//
// `make web` builds the pages into dist/; a build without them works and says
// so. Start reading at Handler.
package web
