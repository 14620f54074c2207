package token

import "errors"

// Refusal is why a token was refused: for metrics, the audit record and the log.
// The client is never told which; it gets fault.CodeInvalidToken for all of them.
type Refusal string

// The refusals. The list is closed: it is used as a metrics label.
const (
	TooLong         Refusal = "too_long"         // more than MaxSize bytes
	NotThreeParts   Refusal = "not_three_parts"  // not a JWS in compact form; a JWE has five parts
	BadEncoding     Refusal = "bad_encoding"     // not canonical base64url without padding
	BadJSON         Refusal = "bad_json"         // not one JSON object within the bounds
	DuplicateMember Refusal = "duplicate_member" // a name twice in one object
	WrongType       Refusal = "wrong_type"       // a header or claim of another JSON type
	ForbiddenHeader Refusal = "forbidden_header" // jku, jwk, x5u, x5c, crit and their like
	WrongTyp        Refusal = "wrong_typ"        // not at+jwt
	WrongAlg        Refusal = "wrong_alg"        // not the algorithm of the key
	BadKeyID        Refusal = "bad_key_id"       // kid absent or not of the allowed shape
	UnknownKey      Refusal = "unknown_key"      // no such key
	RetiredKey      Refusal = "retired_key"      // the key is out of use
	BadSignature    Refusal = "bad_signature"    // the signature does not fit
	MissingClaim    Refusal = "missing_claim"    // a required claim is absent or empty
	WrongIssuer     Refusal = "wrong_issuer"     // issued by somebody else
	WrongAudience   Refusal = "wrong_audience"   // meant for somebody else
	LivesTooLong    Refusal = "lives_too_long"   // exp - iat beyond the bound, or not positive
	Expired         Refusal = "expired"          // exp has passed
	NotYetValid     Refusal = "not_yet_valid"    // nbf has not come
	IssuedInFuture  Refusal = "issued_in_future" // iat has not come
	Revoked         Refusal = "revoked"          // taken back
)

// Error is the reason, for the log.
func (r Refusal) Error() string { return "token refused: " + string(r) }

// Reason returns the Refusal in err's chain as text, "" when there is none.
func Reason(err error) string {
	var r Refusal
	if errors.As(err, &r) {
		return string(r)
	}
	return ""
}
