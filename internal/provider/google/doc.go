// Package google signs in with Google, which speaks OpenID Connect.
//
// It decides when Google's word about an address is the last one: for Gmail, and
// for the addresses of a Workspace domain. Everything else is package oidc.
// Start reading at New.
package google
