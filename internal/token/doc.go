// Package token signs and verifies access tokens: JWT of RFC 9068, with keys
// that rotate without a single false refusal (TK-06) and are published as JWKS.
//
// It decides which algorithms, headers and claims are accepted (RFC 8725,
// TK-01 to TK-05) and keeps a bounded cache of tokens already verified. It
// refuses to know sessions: whether a token was revoked is asked of the
// Revocations it is handed. Start reading at Claims and Verifier.
package token
