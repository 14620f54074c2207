// Package provider lets people sign in with an account they hold elsewhere:
// Google, Microsoft, GitHub, any OpenID Connect provider.
//
// The host keeps what every provider shares, so that no plug-in can forget it:
// the state and its binding to one browser, PKCE, the nonce, where a person is
// sent afterwards, the bounds of outgoing calls, which local account an identity
// belongs to, and the one-time code that is handed to the front end. A plug-in
// knows two things only: the address its sign-in starts at, and how an answer
// becomes an Identity.
//
// It refuses to decide whether a second factor is due and to open sessions: what
// an exchange returns goes to package signin like a password that was right.
//
// Start reading at Provider, then Decide, then Host.Start, Host.Callback and
// Host.Exchange in the order in which they happen.
package provider
