// Package ident makes the identifiers of rows: UUIDv7 (RFC 9562 §5.7), which
// sort by the time they were made. An identifier is a name, never a secret;
// what must not be guessed comes from package opaque. Start reading at New.
package ident
