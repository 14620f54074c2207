// Package base64url reads base64url of which each value has one spelling.
//
// It decides which text that is. It refuses to know what the bytes are for. Start
// reading at Decode.
package base64url
