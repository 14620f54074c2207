// Package oidc signs in with any OpenID Connect provider, found by its issuer
// (OpenID Connect Core and Discovery 1.0), and is what the packages of OpenID
// Connect providers with manners of their own are made of.
//
// It decides which ID tokens are acceptable (OA-04), how long what a provider
// publishes is kept and when it is asked for again (OA-13). It refuses to know
// states, cookies and users: the host keeps those. Start reading at Settings and
// Provider.Redeem; claims.go holds the checks.
package oidc
