// Package httpapi is the server's face towards HTTP.
//
// It decides how a request becomes a call and how an error becomes an answer:
// which routes exist (routes.go is the table of contents), who may call them,
// which limits they cost, how strictly a body is read (OP-04) and that every
// refusal is an RFC 9457 problem document with a stable code. It refuses to know
// the rules of signing in: a handler calls a package below and returns its
// error.
//
// A route cannot be forgotten half-way: Register and RegisterPlain refuse one
// that states no authentication, no limit or no documentation, and Build hands
// every such refusal back at start.
//
// Start reading at Route, then API, then Problems; the folder middleware holds
// what wraps the whole server, one file each.
package httpapi
