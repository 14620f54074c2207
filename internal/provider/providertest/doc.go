// Package providertest holds small stand-ins for providers: an OpenID provider
// that can be made to lie in every detail, Microsoft's manners on top of it, and
// GitHub. They follow what the providers document and verify PKCE and the
// client's secret themselves. It is for tests only. Start reading at OP and
// GitHub.
package providertest
