package fault

import "sort"

// Code is a stable, machine-readable reason. Clients switch on it; a code is
// never renamed once released.
type Code string

// The codes. docs/errors.md is generated from this table.
const (
	CodeInternal           Code = "internal_error"
	CodeInvalidRequest     Code = "invalid_request"
	CodeMalformed          Code = "malformed_request"
	CodeUnauthenticated    Code = "unauthenticated"
	CodeInvalidToken       Code = "invalid_token"
	CodeInvalidCredentials Code = "invalid_credentials"
	CodeInvalidCode        Code = "invalid_code"
	CodeAttemptExpired     Code = "attempt_expired"
	CodeChallengeExpired   Code = "challenge_expired"
	CodeForbidden          Code = "forbidden"
	CodeEmailNotVerified   Code = "email_not_verified"
	CodeStepUpRequired     Code = "step_up_required"
	CodeEnrolmentRequired  Code = "mfa_enrollment_required"
	CodeUserVerification   Code = "user_verification_required"
	CodeCrossOrigin        Code = "cross_origin_refused"
	CodeOriginNotAllowed   Code = "origin_not_allowed"
	CodeNotFound           Code = "not_found"
	CodeMethodNotAllowed   Code = "method_not_allowed"
	CodeNotAcceptable      Code = "not_acceptable"
	CodeRequestTimeout     Code = "request_timeout"
	CodeConflict           Code = "conflict"
	CodeLastFactor         Code = "last_factor"
	CodeLastSignInMethod   Code = "last_sign_in_method"
	CodeAlreadyEnrolled    Code = "already_enrolled"
	CodeNothingPending     Code = "nothing_pending"
	CodeTooLarge           Code = "request_too_large"
	CodeUnsupportedMedia   Code = "unsupported_media_type"
	CodeWeakPassword       Code = "password_refused"
	CodeLinkExpired        Code = "link_expired"
	CodeRateLimited        Code = "rate_limited"
	CodeUnavailable        Code = "temporarily_unavailable"
	CodeBusy               Code = "server_busy"
)

// meaning is one row of the table: the kind, a title that never changes with
// the occurrence, and the sentence sent when the error brings none.
type meaning struct {
	kind   Kind
	title  string
	detail string
}

var meanings = map[Code]meaning{
	CodeInternal:           {Internal, "Internal error", "Something failed on our side. Quote the request id when you report it."},
	CodeInvalidRequest:     {Invalid, "Invalid request", "A value in the request is not acceptable; fields names it."},
	CodeMalformed:          {Malformed, "Malformed request", "The request could not be read as it stands."},
	CodeUnauthenticated:    {Unauthenticated, "Sign-in required", "This needs an access token in the Authorization header."},
	CodeInvalidToken:       {Unauthenticated, "Invalid token", "The token is not valid here: expired, revoked, malformed or made for another purpose."},
	CodeInvalidCredentials: {Unauthenticated, "Wrong credentials", "The e-mail address or the password is wrong."},
	CodeInvalidCode:        {Unauthenticated, "Wrong code", "The code is wrong, already used or no longer valid."},
	CodeAttemptExpired:     {Unauthenticated, "Sign-in expired", "This sign-in has expired or is already finished; start again."},
	CodeChallengeExpired:   {Unauthenticated, "Challenge expired", "This challenge has expired or is used up; ask for a new one."},
	CodeForbidden:          {Forbidden, "Not allowed", "Your account may not do this."},
	CodeEmailNotVerified:   {Forbidden, "E-mail address not verified", "Open the link we sent to your e-mail address first, or ask for a new one."},
	CodeStepUpRequired:     {Forbidden, "Fresh proof required", "Confirm it is you: this action needs a recent proof of your strongest factor."},
	CodeEnrolmentRequired:  {Forbidden, "Second factor required", "A second factor has to be set up before this sign-in can finish."},
	CodeUserVerification:   {Forbidden, "Passkey did not check who you are", "Unlock the passkey with its PIN, fingerprint or face, or sign in another way."},
	CodeCrossOrigin:        {Forbidden, "Cross-origin request refused", "A browser sent this from another site, which is not on the list of allowed origins."},
	CodeOriginNotAllowed:   {Forbidden, "Origin not allowed", "WebSocket connections from this origin are not on the list of allowed origins."},
	CodeNotFound:           {NotFound, "Not found", "There is nothing here."},
	CodeMethodNotAllowed:   {MethodNotAllowed, "Method not allowed", "This address exists, but not for that method; see the Allow header."},
	CodeNotAcceptable:      {NotAcceptable, "Not acceptable", "This server answers application/json."},
	CodeRequestTimeout:     {Timeout, "Request timed out", "The request body did not arrive in time."},
	CodeConflict:           {Conflict, "Conflict", "The present state does not allow this."},
	CodeLastFactor:         {Conflict, "Last second factor", "A second factor is required for this account; set up another before removing this one."},
	CodeLastSignInMethod:   {Conflict, "Last way to sign in", "Removing this would leave no way to sign in; add another first."},
	CodeAlreadyEnrolled:    {Conflict, "Already set up", "This factor is already set up."},
	CodeNothingPending:     {Conflict, "Nothing to confirm", "There is no set-up under way to confirm, or it has expired; start it again."},
	CodeTooLarge:           {TooLarge, "Request too large", "The request body is larger than this address accepts."},
	CodeUnsupportedMedia:   {UnsupportedMedia, "Unsupported media type", "Send the body as application/json."},
	CodeWeakPassword:       {Invalid, "Password refused", "Choose another password; fields says why."},
	CodeLinkExpired:        {Malformed, "Link no longer valid", "This link has expired, was already used or was replaced by a newer one."},
	CodeRateLimited:        {TooMany, "Too many tries", "Too many requests; wait as long as Retry-After says."},
	CodeUnavailable:        {Unavailable, "Temporarily unavailable", "A part this needs does not answer; try again shortly."},
	CodeBusy:               {Unavailable, "Server busy", "The server is at its limit; try again shortly."},
}

// Kind returns the kind of c; Internal for a code that is not in the table.
func (c Code) Kind() Kind { return meanings[c].kind }

// Title returns the short text that names the code to people.
func (c Code) Title() string {
	if m, ok := meanings[c]; ok {
		return m.title
	}
	return meanings[CodeInternal].title
}

// Sentence returns what is said when the error itself brings no detail.
func (c Code) Sentence() string {
	if m, ok := meanings[c]; ok {
		return m.detail
	}
	return meanings[CodeInternal].detail
}

// Codes returns every code in alphabetical order, for the documentation.
func Codes() []Code {
	out := make([]Code, 0, len(meanings))
	for c := range meanings {
		out = append(out, c)
	}
	sort.Slice(out, func(i, j int) bool { return out[i] < out[j] })
	return out
}
