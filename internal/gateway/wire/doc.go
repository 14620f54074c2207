// Package wire is the server's side of RFC 6455: the opening handshake, frames
// in, frames out.
//
// It decides which bytes are a WebSocket message and answers every other byte
// with the close code the RFC names: 1002, 1007, 1009. It holds no buffer while
// nothing arrives, allocates no more than was really received, and counts what
// a hostile peer can multiply: bytes and frames of one message. Extensions, and
// with them compression, are not offered.
//
// It refuses to know what a message means, who sent it, and when a peer is too
// slow. Start reading at Reader.Next.
package wire
