// Package gateway keeps WebSockets open for people who are signed in, and
// closes them when that ends: GET /api/v1/ws.
//
// It decides who may open a socket and with which proof, how many one user, one
// address and the node may hold, when a socket has been silent, slow or noisy
// for too long, and with which code it closes (the one table in closecodes.go).
// Its promise is that a socket is authenticated for its whole life: a
// revocation or the token's expiry closes it and no further frame leaves.
//
// It refuses to know how tokens are verified, where tickets and revocations are
// kept, how addresses are found behind proxies and what an HTTP error looks
// like: those are handed in (Parts). Bytes on the wire belong to package wire.
//
// One connection is one goroutine that waits in Read with a buffer of 192
// bytes; a second one exists only while something is queued to be written. All
// deadlines of all connections are looked at by one loop (Run), so an idle
// connection has no timer. Start reading at Gateway.ServeHTTP (accept.go), then
// conn.go, read.go, write.go; docs/gateway.md is the protocol.
package gateway
