// Package github signs in with GitHub, which speaks OAuth 2.0 and has an API
// instead of ID tokens.
//
// It decides who it is by the numeric id, which no renaming changes, and which
// address counts: the primary one, if GitHub has verified it (OA-06, OA-07).
// GitHub runs no mailboxes, so its word about an address is never the last one.
// GitHub Enterprise Server has other addresses and is the same. Start reading at
// Provider.Redeem.
package github
